"""The catalogue's words near a word that it does not have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.spelling.deletes import (
    Array,
    Codes,
    correctable,
    distance_allowed,
    form_hashes,
)
from apps.search.domain.spelling.distances import distance, distances

MOST_SUGGESTIONS = 10
# So many candidates are measured one by one; more of them together.
_FEW = 16


class Words(Protocol):
    """Words by their numbers: a `StringTable`."""

    def get(self, row: int) -> str:
        """The word of that number."""
        ...


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A word of the catalogue that may have been meant.

    Attributes:
        word: as the catalogue has it, folded.
        distance: edits away, swapped neighbours counting one.
        count: products that hold it.
    """

    word: str
    distance: int
    count: int


class SpellingIndex:
    """Suggestions over the arrays of `spelling_build`.

    Attributes:
        arrays: of `spelling_build`.
        words: the vocabulary they were built over.
        counts: int32[words], products that hold each.
    """

    def __init__(
        self,
        arrays: Mapping[str, Array],
        words: Words,
        counts: NDArray[np.int32],
    ) -> None:
        self._hashes = np.asarray(arrays["hashes"], dtype=np.uint64)
        self._starts = np.asarray(arrays["starts"], dtype=np.uint32)
        self._forms = np.asarray(arrays["forms"], dtype=np.int32)
        self._ids = np.asarray(arrays["ids"], dtype=np.int32)
        self._letters: Codes = np.asarray(arrays["letters"], dtype=np.uint16)
        self._letter_starts = np.asarray(arrays["letter_starts"], dtype=np.uint32)
        ends = self._letter_starts.astype(np.int64)
        self._lengths = ends[1:] - ends[:-1]
        self._words = words
        self._counts = counts

    def suggest(self, word: str, most: int = MOST_SUGGESTIONS) -> tuple[Suggestion, ...]:
        """The nearest words, nearest first, of equally near ones the most usual first.

        Args:
            word: folded, lower case.
            most: at most so many.

        Returns:
            Words within one edit of a word of 4 to 6 letters, within two of a longer one; with
            the word itself (distance 0) where the vocabulary has it; none for words of fewer
            than 4 letters or with anything but letters.
        """
        within = distance_allowed(len(word))
        if not within or not correctable(word):
            return ()
        numbers = self._meeting(form_hashes(word))
        lengths = self._lengths[numbers]
        near = np.abs(lengths - len(word)) <= within
        numbers = numbers[near]
        if len(numbers) <= _FEW:
            found = self._few(word, numbers.tolist())
        else:
            found = self._many(word, numbers, lengths[near])
        found = [each for each in found if each.distance <= within]
        found.sort(key=lambda each: (each.distance, -each.count, each.word))
        return tuple(found[:most])

    def _meeting(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Numbers of the words that share a form, each once."""
        first = np.searchsorted(self._hashes, hashes)
        last = np.searchsorted(self._hashes, hashes, side="right")
        met: set[int] = set()
        for at in first[first < last].tolist():
            met.update(self._forms[self._starts[at] : self._starts[at + 1]].tolist())
        return np.array(list(met), dtype=np.int64)

    def _few(self, word: str, numbers: list[int]) -> list[Suggestion]:
        found: list[Suggestion] = []
        for number in numbers:
            row = int(self._ids[number])
            other = self._words.get(row)
            found.append(Suggestion(other, distance(word, other), int(self._counts[row])))
        return found

    def _many(
        self, word: str, numbers: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> list[Suggestion]:
        starts = self._letter_starts[numbers].astype(np.int64)
        edits = distances(word, self._codes(starts, lengths), lengths)
        near = np.flatnonzero(edits <= distance_allowed(len(word)))
        rows = self._ids[numbers[near]]
        counts = self._counts[rows]
        return [
            Suggestion(self._words.get(row), away, count)
            for row, away, count in zip(
                rows.tolist(), edits[near].tolist(), counts.tolist(), strict=True
            )
        ]

    def _codes(self, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Codes:
        """uint16[c, l]: letters of the words, zeros behind their ends."""
        steps = np.arange(lengths.max())
        inside = steps < lengths[:, None]
        places = np.where(inside, starts[:, None] + steps, 0)
        return np.where(inside, self._letters[places], np.uint16(0))
