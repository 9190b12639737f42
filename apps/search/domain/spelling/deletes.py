"""Symmetric deletes: every short form of a word, hashed, so that a typo meets the word it meant.

Two words within distance d have a form in common that is left when at most d letters are
taken from each. Only the first seven letters are looked at, and what meets is measured
afterwards, so a hash that two forms share costs a look and no wrong answer.

Source: Wolf Garbe, "1000x faster spelling correction algorithm" (SymSpell), 2012; the prefix
of seven letters, 2017.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

PREFIX = 7
FEWEST_LETTERS = 3
MOST_LETTERS = 32
# FNV-1a, 64 bits, over code points instead of bytes.
_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1
_GREATEST_CODE = 0xFFFF

Codes = NDArray[np.uint16]
Array = NDArray[np.uint64] | NDArray[np.uint32] | NDArray[np.int32] | NDArray[np.uint16]


def distance_allowed(letters: int) -> int:
    """Edits that a typed word of so many letters may be away from what was meant."""
    return 0 if letters <= FEWEST_LETTERS else 1 if letters < PREFIX else 2


def correctable(word: str) -> bool:
    """Whether spelling looks at the word: letters only, not too few, not too many."""
    return FEWEST_LETTERS <= len(word) <= MOST_LETTERS and word.isalpha()


def form_hashes(word: str) -> NDArray[np.uint64]:
    """uint64[f]: hashes of the forms of a typed word, each once."""
    # By how many letters are left out: hashes of the forms of the letters so far.
    forms: list[set[int]] = [{_OFFSET}, *(set() for _ in range(distance_allowed(len(word))))]
    for letter in word[:PREFIX]:
        code = ord(letter)
        kept = [{((each ^ code) * _PRIME) & _MASK for each in group} for group in forms]
        for left_out in range(1, len(forms)):
            kept[left_out] |= forms[left_out - 1]
        forms = kept
    return np.array(list(set().union(*forms)), dtype=np.uint64)


def spelling_build(words: Sequence[str], counts: NDArray[np.int32]) -> dict[str, Array]:
    """The arrays of a `SpellingIndex` over `words`.

    Args:
        words: the vocabulary, folded, lower case, each once; those with digits, of one or two
            letters, or that nothing holds are left out.
        counts: int32[len(words)], products that hold each.

    Returns:
        `hashes` uint64[h], sorted; `starts` uint32[h + 1] into `forms`; `forms` int32[f], places
        in `ids`; `ids` int32[w], numbers of the words kept; `letters` uint16[l], their code
        points one after the other; `letter_starts` uint32[w + 1].
    """
    kept = [
        at
        for at, word in enumerate(words)
        if counts[at] > 0 and correctable(word) and max(map(ord, word)) <= _GREATEST_CODE
    ]
    texts = [words[at] for at in kept]
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    letters = np.frombuffer("".join(texts).encode("utf-16-le"), dtype="<u2").astype(np.uint16)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    hashes, forms = _forms(letters, starts[:-1], lengths)
    places = np.flatnonzero(np.diff(hashes, prepend=hashes[:1] + np.uint64(1)))
    return {
        "hashes": hashes[places],
        "starts": np.append(places, len(hashes)).astype(np.uint32),
        "forms": forms,
        "ids": np.array(kept, dtype=np.int32),
        "letters": letters,
        "letter_starts": starts.astype(np.uint32),
    }


def _forms(
    letters: Codes, starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """All forms of all words: hashes, sorted, and the words' numbers, each pair once."""
    hashes = [np.zeros(0, np.uint64)]
    numbers = [np.zeros(0, np.int32)]
    for size in range(FEWEST_LETTERS, PREFIX + 1):
        group = np.flatnonzero(np.minimum(lengths, PREFIX) == size).astype(np.int32)
        codes = letters[starts[group][:, None] + np.arange(size)].astype(np.uint64)
        for left_out in _left_out(size, distance_allowed(size)):
            value = np.full(len(group), _OFFSET, dtype=np.uint64)
            for at in range(size):
                if at not in left_out:
                    value = (value ^ codes[:, at]) * np.uint64(_PRIME)
            hashes.append(value)
            numbers.append(group)
    flat, owners = np.concatenate(hashes), np.concatenate(numbers)
    order = np.lexsort((owners, flat))
    flat, owners = flat[order], owners[order]
    first = np.ones(len(flat), dtype=np.bool_)
    first[1:] = (flat[1:] != flat[:-1]) | (owners[1:] != owners[:-1])
    return flat[first], owners[first]


def _left_out(letters: int, most: int) -> list[tuple[int, ...]]:
    """Places left out, at most `most` of them, in every way."""
    return [each for take in range(most + 1) for each in combinations(range(letters), take)]
