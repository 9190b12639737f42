"""Queries made of the titles' own words, for a shop whose shoppers have asked little yet."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.search.domain.lexical.arrays import Field, Int32
from apps.search.domain.lexical.found import common
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.suggesting.products import postings_of
from apps.search.domain.suggesting.vocabulary import Beginnings, words_beginning

_CANDIDATES, _VERIFIED, _EXTENDED, _NEXT = 16, 5, 2, 2
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
    found = [each for each, _ in ended]
    for each, docs in ended[:_EXTENDED]:
        found += _longer(lexicon, each, docs)
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
) -> list[tuple[Completion, Int32 | None]]:
    """The query with its last word ended, and its documents where it has more words than that."""
    stems = {word: lexicon.stem_id(lexicon.analysis.stem_of(word)) for word in words}
    found: list[tuple[Completion, Int32 | None]]
    if not earlier:
        found = [
            (Completion(word, _in_titles(beginnings, stem)), None) for word, stem in stems.items()
        ]
        return _sorted(found)
    text = " ".join(earlier)
    likely = sorted(
        (word for word in words if word not in earlier),
        key=lambda word: (-lexicon.pair_count(earlier[-1], word), -lexicon.count(word)),
    )[:_VERIFIED]
    told = [word for word in earlier if word not in lexicon.analysis.stop_words]
    held = _titles(lexicon, [lexicon.stem_id(lexicon.analysis.stem_of(word)) for word in told])
    both = [(word, _together(held, _title_docs(lexicon, stems[word]))) for word in likely]
    found = [(Completion(f"{text} {word}", len(docs)), docs) for word, docs in both if len(docs)]
    return _sorted(found)


def _sorted(
    found: list[tuple[Completion, Int32 | None]],
) -> list[tuple[Completion, Int32 | None]]:
    return sorted(found, key=lambda each: (-each[0].products, each[0].text))


def _longer(lexicon: Lexicon, ended: Completion, docs: Int32 | None) -> list[Completion]:
    """The query with the words that titles most often have next."""
    words = ended.text.split()
    base, at = lexicon.base, lexicon.lookup.word(words[-1])
    if at < 0:
        return []
    first, stop = np.searchsorted(base.pair_keys, np.array([at << 32, (at + 1) << 32], np.uint64))
    counts = base.pair_counts[first:stop]
    found: list[Completion] = []
    for each in _greatest(counts, 2 * _NEXT):
        word = base.words.get(int(base.pair_keys[first + each]) & 0xFFFFFFFF)
        if counts[each] < _LEAST_PAIR or not _tells(lexicon, word) or word in words:
            continue
        products = min(int(counts[each]), ended.products)
        if docs is not None:
            # After more than one word the pair's count says nothing of all of them together.
            stem = lexicon.stem_id(lexicon.analysis.stem_of(word))
            products = len(_together(docs, _title_docs(lexicon, stem)))
        if products >= _LEAST_PAIR:
            found.append(Completion(f"{ended.text} {word}", products))
    return found[:_NEXT]


def _greatest(counts: Int32, most: int) -> list[int]:
    """Places of the greatest counts, greatest first."""
    if len(counts) > most:
        places = np.argpartition(-counts, most - 1)[:most]
    else:
        places = np.arange(len(counts))
    return sorted(places.tolist(), key=lambda place: (-int(counts[place]), place))


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
    begin, end = postings_of(segment, stem)
    docs: Int32 = segment.docs[begin:end][(segment.fields[begin:end] & _TITLE) > 0]
    return docs


def _together(first: Int32, second: Int32) -> Int32:
    if len(first) > len(second):
        first, second = second, first
    return first[common(first, second)[0]]
