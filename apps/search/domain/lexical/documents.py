"""Products as flat arrays of words: the first step of an index, a chunk of products at a time."""

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from apps.common.domain.string_table import TextBlob
from apps.search.domain.lexical.analysis import run_compounds
from apps.search.domain.lexical.arrays import SEPARATOR, Field, Int32, Int64
from apps.search.domain.lexical.runs import runs_of

# Runs remembered within a chunk: most of a catalogue's text is the same few thousand.
_MOST_RUNS = 200_000
_NOT_PART, _DIGIT = re.compile(r"[^a-z0-9]+"), re.compile(r"[0-9]")
_PART_LEAST, _PART_MOST = 4, 40
_LONGEST_TITLE = 65_535
# Frequencies are packed into 8 bits a field, with room to add up words of one stem.
_MOST_FREQUENCY = 31
FIELD_BITS = 8


@dataclass(frozen=True, slots=True)
class ProductText:
    """What of a product is searched.

    Attributes:
        pk: the product.
        fields: one text for each `Field`, in its order.
        part_numbers: as written: what a shopper may type to find just this product.
        version: the transaction that wrote it; 0 when that is not known.
    """

    pk: int
    fields: tuple[str, str, str, str, str, str]
    part_numbers: tuple[str, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some products, in words of their own numbering.

    Attributes:
        pks: int32[n].
        words: by word number, sorted by their bytes.
        posting_words, posting_docs: int32[p], sorted by word, then document of the chunk.
        frequencies: uint64[p], how often by field, 8 bits each, title lowest.
        lengths: int32[n, fields], words (of any kind) by field.
        text_offsets: int64[n + 1] into text_words.
        text_words: int32[tokens], words in order, SEPARATOR between fields and values.
        title_lengths: uint16[n].
        part_keys: normalised part numbers, sorted.
        part_docs: int32[len(part_keys)], the document of each.
    """

    pks: Int32
    words: TextBlob
    posting_words: Int32
    posting_docs: Int32
    frequencies: NDArray[np.uint64]
    lengths: Int32
    text_offsets: Int64
    text_words: Int32
    title_lengths: NDArray[np.uint16]
    part_keys: TextBlob
    part_docs: Int32

    def __len__(self) -> int:
        """How many products."""
        return len(self.pks)


@dataclass(slots=True)
class _Taken:
    """A chunk while it grows; word numbers are those of first sight."""

    stop_words: frozenset[str]
    numbers: dict[str, int] = field(default_factory=dict)
    runs: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    pks: "array[int]" = field(default_factory=lambda: array("i"))
    text: "array[int]" = field(default_factory=lambda: array("i"))
    joined: "array[int]" = field(default_factory=lambda: array("i"))
    # By product and field: where its words end in `text`, its joined forms in `joined`.
    text_ends: "array[int]" = field(default_factory=lambda: array("q"))
    joined_ends: "array[int]" = field(default_factory=lambda: array("q"))
    part_keys: list[tuple[bytes, int]] = field(default_factory=list)

    def add(self, product: ProductText) -> None:
        document = len(self.pks)
        self.pks.append(product.pk)
        title, *others = product.fields
        for text in (" ".join(title.split()), *others):
            self._field(text)
        keys = {part_key(each) for each in product.part_numbers} - {""}
        self.part_keys += [(key.encode(), document) for key in keys]

    def _field(self, text: str) -> None:
        runs, words = self.runs, self.text
        for line in text.split("\n"):
            for run in line.split():
                found = runs.get(run)
                if found is None:
                    found = self._run(run)
                words.extend(found[0])
                self.joined.extend(found[1])
            words.append(SEPARATOR)
        self.text_ends.append(len(words))
        self.joined_ends.append(len(self.joined))

    def _run(self, run: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        compounds = run_compounds(run)
        words = [w for each in compounds for w in each.words if w not in self.stop_words]
        joined = [each.joined for each in compounds if each.joined]
        found = tuple(map(self._number, words)), tuple(map(self._number, joined))
        if len(self.runs) >= _MOST_RUNS:
            self.runs.clear()
        self.runs[run] = found
        return found

    def _number(self, word: str) -> int:
        return self.numbers.setdefault(word, len(self.numbers))


def part_key(text: str) -> str:
    """A part number without separators, in lower case; empty when it cannot be one.

    What a query's windows can be: 4 to 40 characters with a digit.
    """
    key = _NOT_PART.sub("", text.lower())
    fits = _PART_LEAST <= len(key) <= _PART_MOST and _DIGIT.search(key)
    return key if fits else ""


def chunk_build(products: Iterable[ProductText], stop_words: frozenset[str]) -> Chunk:
    """Products in words, postings sorted.

    Args:
        products: some thousands; each text field may hold values on lines of their own.
        stop_words: left out.
    """
    taken = _Taken(stop_words)
    for product in products:
        taken.add(product)
    encoded = [word.encode() for word in taken.numbers]
    order = sorted(range(len(encoded)), key=encoded.__getitem__)
    # The last place keeps SEPARATOR what it is.
    sorted_number = np.full(len(order) + 1, SEPARATOR, dtype=np.int32)
    sorted_number[order] = np.arange(len(order), dtype=np.int32)
    text = sorted_number[np.array(taken.text, dtype=np.int32)]
    joined = sorted_number[np.array(taken.joined, dtype=np.int32)]
    text_ends = np.array(taken.text_ends, dtype=np.int64).reshape(-1, len(Field))
    joined_ends = np.array(taken.joined_ends, dtype=np.int64).reshape(-1, len(Field))
    keys, frequencies = _postings(text, text_ends, joined, joined_ends)
    parts = sorted(taken.part_keys)
    return Chunk(
        pks=np.array(taken.pks, dtype=np.int32),
        words=TextBlob.of_bytes([encoded[each] for each in order]),
        posting_words=(keys >> 32).astype(np.int32),
        posting_docs=(keys & 0xFFFFFFFF).astype(np.int32),
        frequencies=frequencies,
        lengths=_lengths(text, text_ends),
        text_offsets=np.concatenate([np.zeros(1, np.int64), text_ends[:, -1]]),
        text_words=text,
        title_lengths=_titles(text_ends),
        part_keys=TextBlob.of_bytes([key for key, _ in parts]),
        part_docs=np.array([document for _, document in parts], dtype=np.int32),
    )


def _postings(
    text: Int32, text_ends: Int64, joined: Int32, joined_ends: Int64
) -> tuple[Int64, NDArray[np.uint64]]:
    """(word << 32 | document, frequencies by field), ascending."""
    words = np.concatenate([text, joined]).astype(np.int64)
    places = np.concatenate([_places(text_ends), _places(joined_ends)])
    real = words >= 0
    words, places = words[real], places[real]
    # Three bits of field below the document keep one sort enough.
    keys = np.sort(words << 35 | (places // len(Field)) << 3 | places % len(Field))
    first = runs_of(keys)
    counts = np.diff(np.append(first, len(keys))).clip(max=_MOST_FREQUENCY)
    each, fields = keys[first] >> 3, (keys[first] & 7).astype(np.uint64)
    packed = counts.astype(np.uint64) << (fields * np.uint64(FIELD_BITS))
    first = runs_of(each)
    if not len(first):
        return each, packed
    return each[first], np.bitwise_or.reduceat(packed, first)


def _places(ends: Int64) -> Int64:
    """By word: its product times the number of fields, plus its field."""
    flat = ends.reshape(-1)
    return np.repeat(np.arange(len(flat)), np.diff(flat, prepend=0))


def _lengths(text: Int32, ends: Int64) -> Int32:
    """int32[n, fields]: words by field, without separators."""
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(text >= 0)])
    return np.diff(before[ends.reshape(-1)], prepend=0).reshape(ends.shape).astype(np.int32)


def _titles(ends: Int64) -> NDArray[np.uint16]:
    """uint16[n]: words of each title, its closing SEPARATOR not among them."""
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1, -1]])[: len(ends)]
    lengths = ends[:, Field.TITLE] - starts - 1
    titles: NDArray[np.uint16] = lengths.clip(max=_LONGEST_TITLE).astype(np.uint16)
    return titles
