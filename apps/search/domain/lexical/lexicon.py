"""The lexicon: a large base that never changes, and small deltas that follow the catalogue."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.analysis import Analysis
from apps.search.domain.lexical.arrays import Int32, LexicalIndex, Segment
from apps.search.domain.lexical.documents import Chunk, ProductText, chunk_build
from apps.search.domain.lexical.impacts import FieldWeights, Scale
from apps.search.domain.lexical.lookup import Lookup
from apps.search.domain.lexical.merging import blob_strings
from apps.search.domain.lexical.postings import title_pairs
from apps.search.domain.lexical.segments import segment_of, segments_merge
from apps.search.domain.spelling.index import SpellingIndex

BoolArray = NDArray[np.bool_]
_UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Extension:
    """What deltas know that the base does not.

    Attributes:
        stems: new stem to its id; ids go on where the base's end.
        words: word to products of the deltas that hold it.
        pairs: neighbours in the deltas' titles to how often they stand.
    """

    stems: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=dict)
    pairs: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Every word of every active product; immutable. It is a `Vocabulary`.

    Attributes:
        base: built by the job, or in this process.
        analysis: of the base's language.
        lookup: finds the base's words and stems.
        deltas: products that changed since, newest last.
        current: by segment, the base first: bool[documents], False where a later segment
            holds the product, or nothing does any more.
        extension: the deltas' new words.
        spelling: of the base's words; None when the base was built without.
        horizon: catalogue transactions below this id are all included.
        recent: product to the transaction that wrote it as it is here, for later ones: a long
            transaction holds the horizon back, and what is read again need not be taken again.
        number: of the artifact; 0 when built in this process.
    """

    base: LexicalIndex
    analysis: Analysis
    lookup: Lookup
    deltas: tuple[Segment, ...]
    current: tuple[BoolArray, ...]
    extension: Extension
    spelling: SpellingIndex | None
    horizon: int
    recent: Mapping[int, int]
    number: int

    @classmethod
    def of(cls, base: LexicalIndex, analysis: Analysis, number: int = 0) -> "Lexicon":
        """A base without deltas."""
        spelling = base.spelling
        return cls(
            base=base,
            analysis=analysis,
            lookup=Lookup(base),
            deltas=(),
            current=(np.ones(len(base.segment), dtype=np.bool_),),
            extension=Extension(),
            spelling=SpellingIndex(spelling, base.words, base.word_counts) if spelling else None,
            horizon=base.horizon,
            recent=dict(zip(base.recent_pks.tolist(), base.recent_versions.tolist(), strict=True)),
            number=number,
        )

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The base's, then the deltas'."""
        return (self.base.segment, *self.deltas)

    @property
    def changed(self) -> int:
        """How many products of the deltas and of the base are other than the base has them."""
        replaced = len(self.current[0]) - int(np.count_nonzero(self.current[0]))
        return max(replaced, sum(map(len, self.deltas)))

    @property
    def products(self) -> int:
        """How many products there are."""
        return sum(int(np.count_nonzero(each)) for each in self.current)

    def stem_id(self, stem: str) -> int:
        """The id of a stem; -1 for one that no product holds."""
        found = self.lookup.stem(stem)
        return found if found >= 0 else self.extension.stems.get(stem, _UNKNOWN)

    def stem_text(self, stem: int) -> str:
        """The stem of an id."""
        if stem < len(self.base.stems):
            return self.base.stems.get(stem)
        return next(text for text, number in self.extension.stems.items() if number == stem)

    def stem_frequency(self, stem: int) -> int:
        """About how many products hold a stem: replaced ones still count until the next base."""
        if stem < 0:
            return 0
        known = int(self.base.df[stem]) if stem < len(self.base.df) else 0
        for segment in self.deltas:
            start, end = segment.postings(stem)
            known += end - start
        return known

    def stem_idf(self, stem: int) -> float:
        """In nats, positive.

        Source: Robertson and Zaragoza, The probabilistic relevance framework, 2009, with 1
            added inside the logarithm, as Lucene has it.
        """
        held, size = self.stem_frequency(stem), sum(map(len, self.segments))
        return math.log1p((max(size - held, 0) + 0.5) / (held + 0.5))

    def knows(self, word: str) -> bool:
        """Whether any product holds the word as written; stop words are known."""
        return word in self.analysis.stop_words or self.count(word) > 0

    def count(self, word: str) -> int:
        """How many products hold the word as written; 0 for a stop word."""
        at = self.lookup.word(word)
        known = int(self.base.word_counts[at]) if at >= 0 else 0
        return known + self.extension.words.get(word, 0)

    def pair_count(self, first: str, second: str) -> int:
        """How often titles hold both words next to each other, in this order."""
        return self.lookup.pair_count(first, second) + self.extension.pairs.get((first, second), 0)

    def document_frequency(self, word: str) -> int:
        """About how many products hold any word of the same stem; all, for a stop word."""
        if word in self.analysis.stop_words:
            return self.products
        return self.stem_frequency(self.stem_id(self.analysis.stem_of(word)))

    def informativeness(self, word: str) -> float:
        """Inverse document frequency of the word's stem, in nats; 0 for a stop word."""
        if word in self.analysis.stop_words:
            return 0.0
        return self.stem_idf(self.stem_id(self.analysis.stem_of(word)))

    def starting_with(self, prefix: str, most: int) -> tuple[tuple[str, int], ...]:
        """At most `most` words that begin so, with their counts, greatest count first."""
        found = {word: self.count(word) for word in self.lookup.words_starting(prefix, most)}
        found.update(
            (word, self.count(word)) for word in self.extension.words if word.startswith(prefix)
        )
        ordered = sorted(found.items(), key=lambda each: (-each[1], each[0]))
        return tuple(ordered[:most])


def lexicon_follow(
    lexicon: Lexicon,
    changed: Sequence[ProductText],
    gone: Collection[int],
    *,
    horizon: int,
    parameters: FieldWeights | None = None,
) -> Lexicon:
    """The lexicon with the catalogue's changes; the old one stays as it is.

    Args:
        lexicon: of an earlier horizon.
        changed: active products as they are now.
        gone: pks of products that are inactive or deleted now.
        horizon: the new one.
        parameters: of BM25F; the base's.
    """
    recent = {each.pk: each.version for each in changed if each.version >= max(horizon, 1)}
    new = [
        each
        for each in changed
        if lexicon.recent.get(each.pk, 0) != each.version or not each.version
    ]
    if not new and not gone:
        return replace(lexicon, horizon=horizon, recent=recent)
    touched = np.array(sorted({*gone, *(each.pk for each in new)}), dtype=np.int32)
    current = [
        _without(segment, mask, touched)
        for segment, mask in zip(lexicon.segments, lexicon.current, strict=True)
    ]
    deltas, extension = list(lexicon.deltas), lexicon.extension
    if new:
        chunk = chunk_build(sorted(new, key=lambda each: each.pk), lexicon.analysis.stop_words)
        stems, extension = _extended(lexicon, chunk)
        scale = Scale(lexicon.base.average_lengths, parameters or FieldWeights())
        deltas.append(segment_of(chunk, stems, scale))
        current.append(np.ones(len(chunk), dtype=np.bool_))
    _compacted(deltas, current)
    return replace(
        lexicon,
        deltas=tuple(deltas),
        current=tuple(current),
        extension=extension,
        horizon=horizon,
        recent=recent,
    )


def _without(segment: Segment, mask: BoolArray, pks: Int32) -> BoolArray:
    """The mask without the documents of `pks`; the same object when it has none of them."""
    held = np.flatnonzero(np.isin(segment.pks, pks) & mask)
    if not len(held):
        return mask
    without = mask.copy()
    without[held] = False
    return without


def _compacted(deltas: list[Segment], current: list[BoolArray]) -> None:
    """Merge the last deltas while they are of a size: few segments, and little work a change."""
    while len(deltas) > 1 and len(deltas[-2]) <= 2 * len(deltas[-1]):
        second, first = deltas.pop(), deltas.pop()
        kept = np.concatenate([current[-2], current[-1]])
        del current[-2:]
        if kept.any():
            deltas.append(segments_merge(first, second, kept))
            current.append(np.ones(len(deltas[-1]), dtype=np.bool_))


def _extended(lexicon: Lexicon, chunk: Chunk) -> tuple[Int32, Extension]:
    """The stem id of each of the chunk's words, and the extension with what was new."""
    before = lexicon.extension
    stems, words = dict(before.stems), dict(before.words)
    pairs = dict(before.pairs)
    texts = [raw.decode() for raw in blob_strings(chunk.words)]
    ids = np.empty(len(texts), dtype=np.int32)
    for at, word in enumerate(texts):
        stem = lexicon.analysis.stem_of(word)
        known = lexicon.lookup.stem(stem)
        ids[at] = known if known >= 0 else stems.setdefault(stem, _next(lexicon, stems))
    counts = np.bincount(chunk.posting_words, minlength=len(texts)).tolist()
    for word, count in zip(texts, counts, strict=True):
        words[word] = words.get(word, 0) + count
    keys, found = title_pairs(chunk, np.arange(len(texts), dtype=np.int32))
    for key, count in zip(keys.tolist(), found.tolist(), strict=True):
        pair = texts[key >> 32], texts[key & 0xFFFFFFFF]
        pairs[pair] = pairs.get(pair, 0) + count
    return ids, Extension(stems, words, pairs)


def _next(lexicon: Lexicon, stems: Mapping[str, int]) -> int:
    return len(lexicon.base.stems) + len(stems)
