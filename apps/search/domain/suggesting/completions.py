"""Queries made of the titles' own words, for a shop whose shoppers have asked little yet."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.search.domain.lexical.arrays import Field, Int32
from apps.search.domain.lexical.found import common
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.suggesting.vocabulary import Beginnings, words_beginning

_CANDIDATES, _VERIFIED, _EXTENDED, _NEXT = 24, 6, 3, 2
_FEWEST_LETTERS = 3
# A pair of neighbours that only one title has is no query.
_LEAST_PAIR = 2
_TITLE = np.uint8(1 << Field.TITLE)


@dataclass(frozen=True, slots=True)
class Completion:
    """A query that finds something.

    Attributes:
        text: folded words.
        products: about how many titles hold them.
    """

    text: str
    products: int


def completions(
    lexicon: Lexicon,
    beginnings: Beginnings,
    earlier: Sequence[str],
    prefixes: Sequence[str],
    most: int,
) -> list[Completion]:
    """Ends of the last word, and words that titles have after it, most products first.

    Args:
        lexicon: whose base's titles are looked at.
        beginnings: of the base.
        earlier: complete words that the catalogue has, folded.
        prefixes: beginnings of the last word.
        most: how many.
    """
    words = _words(lexicon, beginnings, prefixes)
    ended = _ended(lexicon, beginnings, earlier, words)
    found = ended + [
        longer
        for each in ended[:_EXTENDED]
        for longer in _longer(lexicon, each, alone=not earlier)
    ]
    found.sort(key=lambda each: (-each.products, each.text))
    return found[:most]


def _words(lexicon: Lexicon, beginnings: Beginnings, prefixes: Sequence[str]) -> list[str]:
    """Words of titles that begin so, each stem once: the most usual of its words."""
    found: dict[int, str] = {}
    for prefix in prefixes:
        for word in sorted(
            words_beginning(lexicon, beginnings, prefix, _CANDIDATES),
            key=lambda each: -lexicon.count(each),
        ):
            if _tells(lexicon, word):
                found.setdefault(lexicon.stem_id(lexicon.analysis.stem_of(word)), word)
    return [word for stem, word in found.items() if _in_titles(beginnings, stem)]


def _tells(lexicon: Lexicon, word: str) -> bool:
    return (
        len(word) >= _FEWEST_LETTERS
        and not word[0].isdigit()
        and word not in lexicon.analysis.stop_words
    )


def _in_titles(beginnings: Beginnings, stem: int) -> int:
    return int(beginnings.title_df[stem]) if 0 <= stem < len(beginnings.title_df) else 0


def _ended(
    lexicon: Lexicon, beginnings: Beginnings, earlier: Sequence[str], words: Sequence[str]
) -> list[Completion]:
    """The query with its last word ended."""
    stems = {word: lexicon.stem_id(lexicon.analysis.stem_of(word)) for word in words}
    if not earlier:
        return _sorted(
            [Completion(word, _in_titles(beginnings, stem)) for word, stem in stems.items()]
        )
    text = " ".join(earlier)
    likely = sorted(
        (word for word in words if word not in earlier),
        key=lambda word: (-lexicon.pair_count(earlier[-1], word), -lexicon.count(word)),
    )[:_VERIFIED]
    told = [word for word in earlier if word not in lexicon.analysis.stop_words]
    held = _titles(lexicon, [lexicon.stem_id(lexicon.analysis.stem_of(word)) for word in told])
    counted = [
        Completion(f"{text} {word}", _together(held, _title_docs(lexicon, stems[word])))
        for word in likely
    ]
    return _sorted([each for each in counted if each.products])


def _sorted(found: list[Completion]) -> list[Completion]:
    return sorted(found, key=lambda each: (-each.products, each.text))


def _longer(lexicon: Lexicon, ended: Completion, *, alone: bool) -> list[Completion]:
    """The query with the words that titles most often have next."""
    *_, last = ended.text.split()
    base, at = lexicon.base, lexicon.lookup.word(last)
    if at < 0:
        return []
    first, stop = np.searchsorted(base.pair_keys, np.array([at << 32, (at + 1) << 32], np.uint64))
    counts = base.pair_counts[first:stop]
    best = np.argsort(-counts, kind="stable")[: 4 * _NEXT].tolist()
    found: list[Completion] = []
    for each in best:
        word = base.words.get(int(base.pair_keys[first + each]) & 0xFFFFFFFF)
        products = min(int(counts[each]), ended.products)
        # After more than one word the pair's count says nothing of all of them together.
        products = products if alone else _products(lexicon, ended.text, word)
        if products >= _LEAST_PAIR and _tells(lexicon, word) and word not in ended.text.split():
            found.append(Completion(f"{ended.text} {word}", products))
    return found[:_NEXT]


def _products(lexicon: Lexicon, text: str, word: str) -> int:
    words = [each for each in text.split() if each not in lexicon.analysis.stop_words]
    stems = [lexicon.stem_id(lexicon.analysis.stem_of(each)) for each in (*words, word)]
    return len(_titles(lexicon, stems))


def _titles(lexicon: Lexicon, stems: Sequence[int]) -> Int32:
    """int32[d], ascending: the base's documents with all stems in the title."""
    held = sorted((_title_docs(lexicon, stem) for stem in stems), key=len)
    if not held:
        return np.arange(len(lexicon.base.segment), dtype=np.int32)
    docs = held[0]
    for other in held[1:]:
        docs = docs[common(docs, other)[0]]
    return docs


def _title_docs(lexicon: Lexicon, stem: int) -> Int32:
    segment = lexicon.base.segment
    begin, end = segment.postings(stem)
    docs: Int32 = segment.docs[begin:end][(segment.fields[begin:end] & _TITLE) > 0]
    return docs


def _together(first: Int32, second: Int32) -> int:
    if len(first) > len(second):
        first, second = second, first
    return len(common(first, second)[0])
