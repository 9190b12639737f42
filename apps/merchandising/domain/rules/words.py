"""Queries and conditions as words: one normal form, patterns, and rewriting what was typed."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from apps.merchandising.contracts_rules import Rewrite

Words = tuple[str, ...]

ANY_WORD = "*"
ANY_WORDS = "..."
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")


def words_normalise(text: str) -> Words:
    """Words without accents and in lower case, cut at whatever is no letter or digit.

    `USB-C` is usb, c; decimal numbers stay whole: `15.6`. Queries and conditions are both read
    by this, so they meet however they are written.
    """
    return tuple(word for word, _start, _end in _spans(unicodedata.normalize("NFKC", text)))


def _spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word, folded, and where it stands."""
    for match in _WORD.finditer(text):
        # Folding may cut a word: what is left of it counts as one.
        yield _fold(match.group()), match.start(), match.end()


def _fold(word: str) -> str:
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)) or word


def pattern_normalise(text: str) -> str:
    """A pattern's words, `*` and outer `...`, separated by one blank.

    Raises:
        ValueError: `*` or `...` stand where they mean nothing, or there is no word.
    """
    written = text.replace("\u2026", ANY_WORDS).strip()
    begins, ends = written.startswith(ANY_WORDS), written.endswith(ANY_WORDS)
    inner = written.strip(".").strip()
    if ANY_WORDS in inner:
        raise ValueError("'...' may only stand at the beginning and at the end.")
    parts: list[str] = [ANY_WORDS] if begins else []
    for run in inner.split():
        if run == ANY_WORD:
            parts.append(run)
        elif ANY_WORD in run:
            raise ValueError("'*' stands for one whole word, with blanks around it.")
        else:
            parts.extend(words_normalise(run))
    if not any(part not in {ANY_WORD, ANY_WORDS} for part in parts):
        raise ValueError("There is no word in it.")
    return " ".join([*parts, ANY_WORDS] if ends else parts)


def pattern_matches(pattern: Words, words: Words) -> bool:
    """Whether the query is as the pattern says.

    Args:
        pattern: as `pattern_normalise` writes it, split.
        words: normalised words of the query.
    """
    begins = pattern[:1] == (ANY_WORDS,)
    ends = len(pattern) > begins and pattern[-1] == ANY_WORDS
    inner = pattern[begins : len(pattern) - ends]
    room = len(words) - len(inner)
    if room < 0 or (room and not begins and not ends):
        return False
    first = 0 if not begins else (0 if ends else room)
    last = room if begins else 0
    return any(_fits(inner, words, start) for start in range(first, last + 1))


def _fits(inner: Words, words: Words, start: int) -> bool:
    return all(part in {ANY_WORD, word} for part, word in zip(inner, words[start:], strict=False))


def phrase_places(phrase: Words, words: Words) -> tuple[int, ...]:
    """Where the phrase begins in the query, every time."""
    length = len(phrase)
    return tuple(
        start
        for start in range(len(words) - length + 1)
        if words[start : start + length] == phrase
    )


def query_rewrite(text: str, rewrites: Sequence[Rewrite]) -> str:
    """The query with words replaced, all at once: what one puts in, no other takes out.

    Args:
        text: as typed.
        rewrites: in the order in which they have a say; each word is replaced once.
    """
    typed = unicodedata.normalize("NFKC", text)
    spans = tuple(_spans(typed))
    words = tuple(word for word, _start, _end in spans)
    taken: dict[int, tuple[int, str]] = {}
    busy: set[int] = set()
    for rewrite in rewrites:
        if not rewrite.find:
            return rewrite.replace
        phrase = words_normalise(rewrite.find)
        for start in phrase_places(phrase, words):
            places = range(start, start + len(phrase))
            if busy.isdisjoint(places):
                busy.update(places)
                taken[start] = (places[-1], rewrite.replace)
    for start, (last, replace) in sorted(taken.items(), reverse=True):
        typed = f"{typed[: spans[start][1]]}{replace}{typed[spans[last][2] :]}"
    return " ".join(typed.split()) if taken else text
