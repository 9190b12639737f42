"""What was typed, marked in what is suggested: escaped, then `<mark>`."""

import re
from collections.abc import Callable, Collection
from html import escape

from apps.search.domain.lexical.analysis import fold

_TOKEN = re.compile(r"[^\W_]+")


def marked(
    text: str, stems: Collection[str], prefixes: Collection[str], stem: Callable[[str], str]
) -> str:
    """The text, HTML-escaped, with `<mark>` around what answers the typed words.

    Args:
        text: as it is shown.
        stems: of the complete words.
        prefixes: beginnings of the last one, folded.
        stem: from a folded word to its stem.
    """
    parts: list[str] = []
    end = 0
    begins, plain = tuple(prefixes), text.isascii()
    folded_text = text.lower() if plain else ""
    for match in _TOKEN.finditer(text):
        start, stop = match.span()
        folded = folded_text[start:stop] if plain else fold(match.group())
        if stems and stem(folded) in stems:
            length = stop - start
        elif begins and folded.startswith(begins):
            length = _begun(folded, begins, stop - start)
        else:
            continue
        parts += (escape(text[end:start]), f"<mark>{escape(text[start : start + length])}</mark>")
        end = start + length
    return "".join((*parts, escape(text[end:])))


def _begun(folded: str, prefixes: Collection[str], length: int) -> int:
    """How many letters of a token are marked, from its first."""
    # A letter that folds to two would put the end elsewhere.
    if len(folded) != length:
        return length
    return max(len(each) for each in prefixes if folded.startswith(each))
