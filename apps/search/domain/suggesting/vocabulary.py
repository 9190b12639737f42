"""The lexicon's words by their beginnings, also mistyped ones."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from apps.common.domain.string_table import StringTable
from apps.search.domain.lexical.arrays import Field, Int32, LexicalIndex
from apps.search.domain.lexical.lexicon import Extension, Lexicon
from apps.search.domain.lexical.merging import blob_strings
from apps.search.domain.spelling.deletes import correctable, distance_allowed, spelling_build
from apps.search.domain.spelling.distances import distance
from apps.search.domain.spelling.index import SpellingIndex
from apps.search.domain.suggesting.phrases import WordForms
from apps.search.domain.suggesting.products import Remembered, StemGroup, postings_of

# Mistyped beginnings are looked for among the catalogue's, of so many letters.
FEWEST_LETTERS, _MOST_LETTERS = 4, 8
_MOST_PREFIXES = 3
_ABOVE = "\U0010ffff"
# As many as products and queries are looked for by: asked for once.
_LOOKED_FOR = 16
# As forms, as stems of products, and the stems themselves.
LastWord = tuple[WordForms, StemGroup, tuple[str, ...]]
_MOST_LASTS = 4_000
_RANGED = 2
_CHUNK = 4_000_000
_MOST_STARTING = 20_000
# Of so many stems the titles are remembered, where they are not very many: at most 16 MB.
_MOST_TITLES, _LONGEST_KEPT = 1_000, 4_096
_TITLE = np.uint8(1 << Field.TITLE)


@dataclass(frozen=True, slots=True, eq=False)
class Beginnings:
    """What suggestions need of a base beside its own arrays.

    Attributes:
        base: whose.
        title_df: int32[T], products that hold the stem in their title.
        prefixes: distinct beginnings of words that stand in titles.
        spelling: over them.
        ranges: where words begin and end that begin with the same two letters.
        groups: what was found in the base.
    """

    base: LexicalIndex
    title_df: Int32
    prefixes: StringTable
    spelling: SpellingIndex
    ranges: Mapping[str, tuple[int, int]]
    groups: Remembered = field(default_factory=Remembered)
    _sorted: list[tuple[Extension, list[str]]] = field(default_factory=list)
    _starting: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    _titles: dict[int, Int32] = field(default_factory=dict)
    _lasts: list[tuple[Extension, dict[str, LastWord]]] = field(default_factory=list)

    def read_once(self, lexicon: Lexicon, typed: str, read: Callable[[], LastWord]) -> LastWord:
        """How a last word was read, while base and deltas know the same words."""
        if not self._lasts or self._lasts[-1][0] is not lexicon.extension:
            self._lasts[:] = [(lexicon.extension, {})]
        known = self._lasts[-1][1]
        found = known.get(typed)
        if found is None:
            if len(known) >= _MOST_LASTS:
                known.clear()
            found = known[typed] = read()
        return found

    def title_docs(self, stem: int) -> Int32:
        """int32[d], ascending: the base's documents with the stem in the title."""
        found = self._titles.get(stem)
        if found is None:
            segment = self.base.segment
            begin, end = postings_of(segment, stem)
            found = segment.docs[begin:end][(segment.fields[begin:end] & _TITLE) > 0]
            if len(self._titles) >= _MOST_TITLES:
                self._titles.clear()
            if len(found) <= _LONGEST_KEPT:
                self._titles[stem] = found
        return found

    def starting(self, lexicon: Lexicon, prefix: str, most: int) -> tuple[str, ...]:
        """The most usual of the base's words that begin so; looked for once."""
        found = self._starting.get((prefix, most))
        if found is None:
            if len(self._starting) >= _MOST_STARTING:
                self._starting.clear()
            within = self.ranges.get(prefix[:_RANGED], (0, 0)) if len(prefix) >= _RANGED else None
            found = lexicon.lookup.words_starting(prefix, most, within)
            lexicon.lookup.stems_learn({word: lexicon.analysis.stem_of(word) for word in found})
            self._starting[prefix, most] = found
        return found

    def extension_words(self, lexicon: Lexicon) -> list[str]:
        """The deltas' words, sorted; made once for each state of them."""
        known = self._sorted[-1:]
        if not known or known[0][0] is not lexicon.extension:
            known = [(lexicon.extension, sorted(lexicon.extension.words))]
            self._sorted[:] = known
        return known[0][1]


def beginnings_of(base: LexicalIndex) -> Beginnings:
    """Look through a base once: about a second for 200,000 words."""
    title_df = _title_frequencies(base)
    counts: dict[str, int] = defaultdict(int)
    firsts: dict[str, int] = {}
    used = title_df[base.stem_of_word] > 0
    for row, (raw, held, in_title) in enumerate(
        zip(blob_strings(base.words), base.word_counts.tolist(), used.tolist(), strict=True)
    ):
        firsts.setdefault(raw.decode()[:_RANGED], row)
        word = raw.decode() if in_title else ""
        if len(word) >= FEWEST_LETTERS and word.isalpha():
            for length in range(FEWEST_LETTERS, min(len(word), _MOST_LETTERS) + 1):
                counts[word[:length]] += held
    texts = sorted(counts)
    numbers = np.array([counts[each] for each in texts], dtype=np.int64)
    weights = np.minimum(numbers, np.iinfo(np.int32).max).astype(np.int32)
    table = StringTable.build(texts)
    spelling = SpellingIndex(spelling_build(texts, weights), table, weights)
    bounds = [*firsts.values(), len(base.words)]
    ranges = dict(zip(firsts, pairwise(bounds), strict=True))
    return Beginnings(base, title_df, table, spelling, ranges)


def _title_frequencies(base: LexicalIndex) -> Int32:
    segment, found = base.segment, np.zeros(len(base.stems), dtype=np.int32)
    bounds = segment.offsets
    start = 0
    while start < len(found):
        stop = int(np.searchsorted(bounds, bounds[start] + _CHUNK, side="right")) - 1
        stop = min(max(stop, start + 1), len(found))
        first = int(bounds[start])
        held = (segment.fields[first : int(bounds[stop])] & _TITLE) > 0
        sums = np.concatenate([[0], np.cumsum(held)])
        places = bounds[start : stop + 1] - first
        found[start:stop] = sums[places[1:]] - sums[places[:-1]]
        start = stop
    return found


def has_prefix(lexicon: Lexicon, beginnings: Beginnings, prefix: str) -> bool:
    """Whether any word of the catalogue begins so."""
    added = beginnings.extension_words(lexicon)
    at = bisect_left(added, prefix)
    if at < len(added) and added[at].startswith(prefix):
        return True
    return bool(beginnings.starting(lexicon, prefix, _LOOKED_FOR))


def prefixes_meant(lexicon: Lexicon, beginnings: Beginnings, typed: str) -> tuple[str, ...]:
    """The beginning as typed where any word begins so; else those that may have been meant.

    Args:
        lexicon: the words.
        beginnings: of its base.
        typed: beginning of a word, folded.

    Returns:
        Nearest first; none where nothing is near.
    """
    if has_prefix(lexicon, beginnings, typed):
        return (typed,)
    if len(typed) < FEWEST_LETTERS or not correctable(typed):
        return ()
    if len(typed) <= _MOST_LETTERS:
        near = beginnings.spelling.suggest(typed, 2 * _MOST_PREFIXES)
        # Of as many letters as typed before the others: they say where typing stands.
        ordered = sorted(near, key=lambda each: (each.distance, -each.count))
        return tuple(each.word for each in ordered[:_MOST_PREFIXES])
    return _long_meant(lexicon, beginnings, typed)


def _long_meant(lexicon: Lexicon, beginnings: Beginnings, typed: str) -> tuple[str, ...]:
    """Beginnings of whole words of which the first letters, and then all of them, are near."""
    allowed = distance_allowed(len(typed))
    heads = [each.word for each in beginnings.spelling.suggest(typed[:_MOST_LETTERS], 8)]
    found: dict[str, int] = {}
    for word in (word for head in heads for word in lexicon.lookup.words_starting(head, 12)):
        cuts = {word[: len(typed) + more] for more in range(-allowed, allowed + 1)}
        best = min(cuts, key=lambda cut: (distance(typed, cut), -len(cut)))
        away = distance(typed, best)
        if away <= allowed:
            found[best] = away
    return tuple(sorted(found, key=lambda each: (found[each], each))[:_MOST_PREFIXES])


def words_meant(lexicon: Lexicon, spelling: SpellingIndex, word: str) -> tuple[str, ...]:
    """The complete word where any product holds it; else the nearest that products do hold."""
    if lexicon.document_frequency(word) > 0:
        return (word,)
    return tuple(each.word for each in spelling.suggest(word, 2))


def words_beginning(
    lexicon: Lexicon, beginnings: Beginnings, prefix: str, most: int
) -> tuple[str, ...]:
    """The most usual words that begin so, the base's first."""
    added = beginnings.extension_words(lexicon)
    at = bisect_left(added, prefix)
    end = bisect_left(added, prefix + _ABOVE, at)
    found = dict.fromkeys(beginnings.starting(lexicon, prefix, most))
    found.update(dict.fromkeys(added[at : min(end, at + most)]))
    return tuple(found)
