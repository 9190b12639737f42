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
    for match in _TOKEN.finditer(text):
        length = _marked_letters(match.group(), stems, prefixes, stem)
        if length:
            start, stop = match.start(), match.start() + length
            parts += (escape(text[end:start]), f"<mark>{escape(text[start:stop])}</mark>")
            end = stop
    return "".join((*parts, escape(text[end:])))


def _marked_letters(
    token: str, stems: Collection[str], prefixes: Collection[str], stem: Callable[[str], str]
) -> int:
    """How many letters of a token are marked, from its first."""
    folded = fold(token)
    if stem(folded) in stems:
        return len(token)
    longest = max((len(each) for each in prefixes if folded.startswith(each)), default=0)
    # A letter that folds to two would put the end elsewhere.
    return longest if len(folded) == len(token) else len(token) if longest else 0
