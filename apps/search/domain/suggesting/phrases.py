"""Short texts that are found by the beginning of any of their words: queries, names."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from apps.search.domain.lexical.analysis import words_of
from apps.search.domain.lexical.arrays import Int32, Int64

_ABOVE = "\U0010ffff"
# So many of the heaviest are looked at for how they begin.
_LOOKED_AT = 32
# What beginning with what was typed is worth: as much as three times the weight.
_BEGINS = 3.0


@dataclass(frozen=True, slots=True)
class Phrase:
    """One text.

    Attributes:
        text: as it is shown.
        weight: above 0; how popular it is.
        key: what it stands for.
        context: more words that it is found by, but not by them alone: a category's parents.
    """

    text: str
    weight: float
    key: int = -1
    context: str = ""


@dataclass(frozen=True, slots=True)
class WordForms:
    """What a typed word may be, in any phrase.

    Attributes:
        words: complete words, folded: as typed, or corrected.
        prefixes: beginnings, folded; none for a complete word.
    """

    words: tuple[str, ...]
    prefixes: tuple[str, ...] = ()


class PhraseIndex:
    """Phrases by their words; immutable."""

    def __init__(self, phrases: Iterable[Phrase], stem: Callable[[str], str]) -> None:
        """Index them: number 0 is the heaviest.

        Args:
            phrases: in any order.
            stem: from a folded word to its stem; complete words meet by it.
        """
        self._phrases = sorted(phrases, key=lambda each: (-each.weight, each.text))
        self._own = [frozenset(words_of(each.text)) for each in self._phrases]
        self._starts = [" ".join(words_of(each.text)) for each in self._phrases]
        self._stem = stem
        postings: dict[str, list[int]] = defaultdict(list)
        for at, phrase in enumerate(self._phrases):
            for word in self._own[at].union(words_of(phrase.context)):
                postings[word].append(at)
        self._words = sorted(postings)
        sizes = [len(postings[word]) for word in self._words]
        self._offsets: Int64 = np.cumsum([0, *sizes], dtype=np.int64)
        self._numbers: Int32 = np.array(
            [at for word in self._words for at in postings[word]], dtype=np.int32
        )
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        for number, word in enumerate(self._words):
            self._by_stem[stem(word)].append(number)

    def __len__(self) -> int:
        """How many phrases."""
        return len(self._phrases)

    def heaviest(self, most: int) -> list[Phrase]:
        """The heaviest ones."""
        return self._phrases[:most]

    def found(self, words: Sequence[WordForms], most: int) -> list[Phrase]:
        """Phrases that hold every word, in any order, best first.

        Args:
            words: at least one.
            most: at most so many.
        """
        numbers = self._postings(words[-1])
        for each in words[:-1]:
            if not len(numbers):
                return []
            numbers = np.intersect1d(numbers, self._postings(each), assume_unique=True)
        begun = tuple(f" {prefix}" for each in words for prefix in each.prefixes)
        near = [at for at in numbers[:_LOOKED_AT].tolist() if self._own_word(at, words, begun)]
        beginnings = self._beginnings(words)
        near.sort(
            key=lambda at: (
                -self._phrases[at].weight
                * (_BEGINS if self._starts[at].startswith(beginnings) else 1.0)
            )
        )
        return [self._phrases[at] for at in near[:most]]

    def _beginnings(self, words: Sequence[WordForms]) -> tuple[str, ...]:
        before = " ".join((*(each.words[0] for each in words[:-1] if each.words), ""))
        before = before if len(words) > 1 else ""
        last = words[-1]
        return tuple(before + each for each in (last.prefixes or last.words))

    def _own_word(self, at: int, words: Sequence[WordForms], begun: tuple[str, ...]) -> bool:
        """Whether one of the words is in the text itself, not only in its context."""
        if not self._phrases[at].context:
            return True
        text, own = f" {self._starts[at]}", self._own[at]
        return any(each in text for each in begun) or any(
            not own.isdisjoint(each.words)
            or any(self._stem(word) in map(self._stem, own) for word in each.words)
            for each in words
        )

    def _postings(self, forms: WordForms) -> Int32:
        """Numbers of the phrases with any of the forms, ascending: the heaviest first."""
        runs = [self._range(prefix) for prefix in forms.prefixes]
        runs += [
            (number, number + 1)
            for word in forms.words
            for number in self._by_stem.get(self._stem(word), ())
        ]
        parts = [
            self._numbers[self._offsets[first] : self._offsets[last]]
            for first, last in runs
            if first < last
        ]
        if not parts:
            return np.zeros(0, np.int32)
        found: Int32 = np.unique(np.concatenate(parts))
        return found

    def _range(self, prefix: str) -> tuple[int, int]:
        first = bisect_left(self._words, prefix)
        return first, bisect_left(self._words, prefix + _ABOVE, first)
