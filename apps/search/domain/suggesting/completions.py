"""Queries made of the titles' own words, for a shop whose shoppers have asked little yet."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.search.domain.lexical.arrays import Int32, Segment
from apps.search.domain.lexical.found import common
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.suggesting.products import postings_of
from apps.search.domain.suggesting.vocabulary import Beginnings, words_beginning

_CANDIDATES, _VERIFIED, _EXTENDED, _NEXT = 16, 5, 2, 2
_FEWEST_LETTERS, _ENOUGH = 3, 4
# A pair of neighbours that only one title has is no query.
_LEAST_PAIR = 2


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
    # What is longer finds less: it is looked for where little else is found.
    for each, docs in ended[:_EXTENDED] if len(ended) < _ENOUGH else ():
        found += _longer(lexicon, beginnings, each, docs)
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
    pairs = _pairs(lexicon, earlier[-1], [word for word in words if word not in earlier])
    likely = sorted(pairs, key=lambda word: (-pairs[word], -lexicon.count(word)))[:_VERIFIED]
    if len(earlier) == 1 and sum(pairs[word] >= _LEAST_PAIR for word in likely) >= _ENOUGH:
        # Titles hold both words next to each other: nothing is left to be looked up.
        return [
            (Completion(f"{text} {word}", pairs[word]), None) for word in likely if pairs[word]
        ]
    told = [word for word in earlier if word not in lexicon.analysis.stop_words]
    held = _titles(
        lexicon, beginnings, [lexicon.stem_id(lexicon.analysis.stem_of(word)) for word in told]
    )
    both = [(word, _together(held, beginnings.title_docs(stems[word]))) for word in likely]
    found = [(Completion(f"{text} {word}", len(docs)), docs) for word, docs in both if len(docs)]
    return _sorted(found)


def _pairs(lexicon: Lexicon, first: str, others: Sequence[str]) -> dict[str, int]:
    """How often titles of the base hold each of the others right after the first."""
    at = lexicon.lookup.word(first)
    if at < 0 or not others:
        return dict.fromkeys(others, 0)
    keys, counts = lexicon.base.pair_keys, lexicon.base.pair_counts
    numbers = np.array([max(lexicon.lookup.word(other), 0) for other in others], dtype=np.uint64)
    wanted = numbers | np.uint64(at << 32)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    held = np.where(keys[places] == wanted, counts[places], 0) if len(keys) else wanted * 0
    return dict(zip(others, held.tolist(), strict=True))


def _sorted(
    found: list[tuple[Completion, Int32 | None]],
) -> list[tuple[Completion, Int32 | None]]:
    return sorted(found, key=lambda each: (-each[0].products, each[0].text))


def _longer(
    lexicon: Lexicon, beginnings: Beginnings, ended: Completion, docs: Int32 | None
) -> list[Completion]:
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
            products = len(_together(docs, beginnings.title_docs(stem)))
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


def _titles(lexicon: Lexicon, beginnings: Beginnings, stems: Sequence[int]) -> Int32:
    """int32[d], ascending: the base's documents with all stems in the title."""
    held = sorted((beginnings.title_docs(stem) for stem in stems), key=len)
    if not held:
        return np.arange(len(lexicon.base.segment), dtype=np.int32)
    docs = held[0]
    for other in held[1:]:
        docs = docs[common(docs, other)[0]]
    return docs


def _together(first: Int32, second: Int32) -> Int32:
    if len(first) > len(second):
        first, second = second, first
    return first[common(first, second)[0]]


def completions_anywhere(
    lexicon: Lexicon,
    beginnings: Beginnings,
    earlier: Sequence[str],
    prefixes: Sequence[str],
    most: int,
) -> list[str]:
    """Ends of the last word that any text of a product has together with the other words.

    Args:
        lexicon: whose base is looked at.
        beginnings: of the base.
        earlier: complete words that the catalogue has, folded.
        prefixes: beginnings of the last word.
        most: how many.
    """
    segment, analysis = lexicon.base.segment, lexicon.analysis
    told = [word for word in earlier if word not in analysis.stop_words]
    held = [_docs(segment, lexicon.stem_id(analysis.stem_of(word))) for word in told]
    found: dict[int, str] = {}
    for word in (
        w for p in prefixes for w in words_beginning(lexicon, beginnings, p, _CANDIDATES)
    ):
        stem = lexicon.stem_id(analysis.stem_of(word))
        if stem in found or word in earlier or not _tells(lexicon, word):
            continue
        docs = _docs(segment, stem)
        for other in held:
            docs = _together(docs, other)
        if len(docs) >= _LEAST_PAIR:
            found[stem] = " ".join((*earlier, word))
    return list(found.values())[:most]


def _docs(segment: Segment, stem: int) -> Int32:
    begin, end = postings_of(segment, stem)
    docs: Int32 = segment.docs[begin:end]
    return docs
