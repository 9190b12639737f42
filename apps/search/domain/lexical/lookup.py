"""Finding a word among a million: by bisection, and the same one again from memory."""

from bisect import bisect_left
from collections.abc import Mapping

import numpy as np

from apps.common.domain.string_table import TextBlob
from apps.search.domain.lexical.arrays import LexicalIndex

_REMEMBERED = 20_000
_ABOVE = "\U0010ffff"


class Lookup:
    """Words, stems and pairs of a base; remembers what was asked, up to a bound."""

    def __init__(self, index: LexicalIndex) -> None:
        """Look into `index`."""
        self._index = index
        self._words: dict[str, int] = {}
        self._stems: dict[str, int] = {}

    def word(self, word: str) -> int:
        """The number of a word; -1 for none."""
        return _remembered(self._words, self._index.words, word)

    def stem(self, stem: str) -> int:
        """The id of a stem; -1 for none."""
        return _remembered(self._stems, self._index.stems, stem)

    def pair_count(self, first: str, second: str) -> int:
        """How often titles hold both, neighbours in this order."""
        at, after = self.word(first), self.word(second)
        if at < 0 or after < 0:
            return 0
        keys = self._index.pair_keys
        key = np.uint64(at << 32 | after)
        place = int(np.searchsorted(keys, key))
        if place == len(keys) or keys[place] != key:
            return 0
        return int(self._index.pair_counts[place])

    def words_starting(
        self, prefix: str, most: int, within: tuple[int, int] | None = None
    ) -> tuple[str, ...]:
        """The `most` words in most products that begin so, in no order.

        Args:
            prefix: of the words.
            most: how many.
            within: numbers between which all of them stand; None: anywhere.
        """
        words = self._index.words
        start, end = within or (0, len(words))
        first, last = _place(words, prefix, start, end), _place(words, prefix + _ABOVE, start, end)
        counts = self._index.word_counts[first:last]
        if len(counts) > most:
            best = np.argpartition(-counts, most - 1)[:most]
        else:
            best = np.arange(len(counts))
        rows = [first + int(each) for each in best]
        found = {words.get(row): row for row in rows}
        # Whoever asks for words by their beginning asks for these next.
        _room(self._words).update(found)
        return tuple(found)

    def stems_learn(self, stems: Mapping[str, str]) -> None:
        """Spare looking up the stems of words just found: their ids stand beside the words."""
        ids = self._index.stem_of_word
        _room(self._stems).update(
            (stem, int(ids[self._words[word]]))
            for word, stem in stems.items()
            if word in self._words
        )


def _place(table: TextBlob, text: str, start: int, end: int) -> int:
    return bisect_left(range(start, end), text.encode(), key=table.raw) + start


def _remembered(cache: dict[str, int], table: TextBlob, text: str) -> int:
    found = cache.get(text)
    if found is None:
        found = table.found(text, 0, len(table))
        _room(cache)[text] = found
    return found


def _room(cache: dict[str, int]) -> dict[str, int]:
    if len(cache) >= _REMEMBERED:
        cache.clear()
    return cache
