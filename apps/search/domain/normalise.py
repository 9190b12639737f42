"""What a shopper typed, made comparable: one normal form, words, part numbers, folded accents."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

_WORD_CHARACTERS = re.compile(r"[^\W_]+")
_NOT_PART = re.compile(r"[^a-z0-9]+")
_PART_MIN, _PART_MAX = 4, 40
_PART_WINDOW = 6


def normalise(query: str) -> str:
    """NFKC, lower case, control characters out, single spaces."""
    text = unicodedata.normalize("NFKC", query)
    if not text.isascii() or not text.isprintable():
        text = "".join(" " if unicodedata.category(each)[0] == "C" else each for each in text)
    return " ".join(text.lower().split())


def words(normalised: str) -> tuple[str, ...]:
    """Words split at spaces, those without a letter or digit left out."""
    return tuple(each for each in normalised.split() if _WORD_CHARACTERS.search(each))


def pieces(word: str) -> tuple[str, ...]:
    """Runs of letters and digits: `usb-c` is usb, c."""
    return tuple(_WORD_CHARACTERS.findall(word))


def part_number_spans(query_words: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """What may be a part number: joined words, letters and digits only, and where they stand.

    One to six words, `query_words[start:end]`, that come to 4 to 40 characters and a digit, so
    that `dv7 1211 ea` finds DV7-1211EA.
    """
    bare = [_NOT_PART.sub("", word) for word in query_words]
    for start in range(len(bare)):
        joined = ""
        for end, piece in enumerate(bare[start : start + _PART_WINDOW], start + 1):
            joined += piece
            if len(joined) > _PART_MAX:
                break
            if len(joined) >= _PART_MIN and any(each.isdigit() for each in joined):
                yield joined, start, end


def part_number_windows(query_words: tuple[str, ...]) -> tuple[str, ...]:
    """What may be a part number: one to six words joined, each once."""
    return tuple(dict.fromkeys(joined for joined, _, _ in part_number_spans(query_words)))
