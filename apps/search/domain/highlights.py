"""Where a text answers the query, marked for a page: escaped, then `<mark>`."""

import re
from collections.abc import Callable, Collection
from html import escape

from apps.search.domain.lexical.analysis import fold
from apps.search.domain.normalise import pieces

_TOKEN = re.compile(r"[^\W_]+")
_LOOKED_THROUGH = 2000  # characters of a description, from its start
_ELLIPSIS = "…"
# From a token as written to its stem: folding accents and case is part of it.
Stem = Callable[[str], str]

# PostgreSQL 18, english.stop: words that no text search query of ours ever holds.
STOP_WORDS = frozenset(
    _TOKEN.findall(
        """i me my myself we our ours ourselves you your yours yourself yourselves he him his
        himself she her hers herself it its itself they them their theirs themselves what
        which who whom this that these those am is are was were be been being have has had
        having do does did doing a an the and but if or because as until while of at by
        for with about against between into through during before after above below to
        from up down in out on off over under again further then once here there when
        where why how all any both each few more most other some such no nor not only own
        same so than too very s t can will just don should now"""
    )
)


def stems_of(
    query_words: Collection[str], stem: Stem, stop_words: Collection[str] = STOP_WORDS
) -> frozenset[str]:
    """Stems that the words come to, stop words left out."""
    tokens = (piece for word in query_words for piece in pieces(word))
    return frozenset(stem(token) for token in tokens if fold(token) not in stop_words)


def highlight(text: str, stems: Collection[str], stem: Stem) -> str | None:
    """The text, HTML-escaped, with `<mark>` around every word whose stem is asked for.

    Returns:
        None when nothing matches, so that an answer carries only what helps.
    """
    spans = [m.span() for m in _TOKEN.finditer(text) if stem(m.group()) in stems]
    if not spans:
        return None
    marked: list[str] = []
    end = 0
    for start, stop in spans:
        marked += (escape(text[end:start]), f"<mark>{escape(text[start:stop])}</mark>")
        end = stop
    return "".join((*marked, escape(text[end:]))).replace("</mark> <mark>", " ")


def snippet(text: str, stems: Collection[str], stem: Stem, length: int = 200) -> str | None:
    """About `length` characters around the first match, highlighted; None without a match."""
    for match in _TOKEN.finditer(text, 0, _LOOKED_THROUGH):
        if stem(match.group()) in stems:
            break
    else:
        return None
    start = max(0, match.start() - length // 4)
    if start:
        start = max(text.rfind(" ", 0, start) + 1, 0)
    stop = start + length
    if stop < len(text):
        stop = max(text.rfind(" ", start, stop), match.end())
    body = highlight(text[start:stop].strip(), stems, stem)
    return f"{_ELLIPSIS if start else ''}{body}{_ELLIPSIS if stop < len(text) else ''}"
