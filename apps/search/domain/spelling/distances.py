"""Edit distances of one word to many at once: adjacent letters swapped count as one edit.

Optimal string alignment: the least insertions, deletions, substitutions and swaps of adjacent
letters where no part is edited twice.

Source: H. Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit
distances", Nordic Journal of Computing 10 (2003), section 4; here one column step works on all
candidates.
"""

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.spelling.deletes import MOST_LETTERS, Codes

_ONE = np.uint64(1)


def distances(word: str, letters: Codes, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[c]: edits between `word` and each candidate.

    Args:
        word: at most 32 letters.
        letters: uint16[c, l], code points of the candidates, zeros behind their ends.
        lengths: int64[c], how many of them count.

    Raises:
        ValueError: a longer word, which the bits could not hold.
    """
    if not 0 < len(word) <= MOST_LETTERS:
        raise ValueError(f"a word has 1 to {MOST_LETTERS} letters")
    matches = _matches(word, letters)
    last = np.uint64(len(word) - 1)
    found = np.full(len(letters), len(word), dtype=np.int64)
    up = np.full(len(letters), (1 << len(word)) - 1, dtype=np.uint64)
    down, diagonal, before = (np.zeros(len(letters), dtype=np.uint64) for _ in range(3))
    for at, match in enumerate(matches):
        swapped = ((~diagonal & match) << _ONE) & before
        diagonal = (((match & up) + up) ^ up) | match | down | swapped
        right_up = down | ~(diagonal | up)
        right_down = diagonal & up
        step = ((right_up >> last) & _ONE).astype(np.int64)
        step -= ((right_down >> last) & _ONE).astype(np.int64)
        found += np.where(at < lengths, step, 0)
        right_up = (right_up << _ONE) | _ONE
        up = (right_down << _ONE) | ~(diagonal | right_up)
        down = right_up & diagonal
        before = match
    return found


def distance(word: str, other: str) -> int:
    """Edits between two words: for a few candidates this is faster."""
    masks: dict[str, int] = {}
    for at, letter in enumerate(word):
        masks[letter] = masks.get(letter, 0) | 1 << at
    whole, last = (1 << len(word)) - 1, 1 << (len(word) - 1)
    up, down, diagonal, before, found = whole, 0, 0, 0, len(word)
    for letter in other:
        match = masks.get(letter, 0)
        swapped = ((~diagonal & match) << 1) & before
        diagonal = ((((match & up) + up) ^ up) | match | down | swapped) & whole
        right_up = (down | ~(diagonal | up)) & whole
        right_down = diagonal & up
        found += bool(right_up & last) - bool(right_down & last)
        right_up = right_up << 1 | 1
        up = (right_down << 1 | ~(diagonal | right_up)) & whole
        down = right_up & diagonal
        before = match
    return found


def _matches(word: str, letters: Codes) -> NDArray[np.uint64]:
    """uint64[l, c]: bit i is set where the candidate has the word's letter i at that place."""
    columns = np.ascontiguousarray(letters.T)
    masks = dict.fromkeys(word, 0)
    for at, letter in enumerate(word):
        masks[letter] |= 1 << at
    found = np.zeros(columns.shape, dtype=np.uint64)
    for letter, mask in masks.items():
        found[columns == ord(letter)] = mask
    return found
