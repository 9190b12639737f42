"""What the lexicon found, as one ranked list."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import CategoryTree
from apps.search.contracts import RankedList
from apps.search.domain.fusion import DEEPEST_RANK
from apps.search.domain.keyword_list import ALL_TERMS, PART_NUMBER
from apps.search.domain.lexical.arrays import Float32, Int32
from apps.search.domain.lexical.category_names import CategoryNames
from apps.search.domain.lexical.evidence import evidence
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.querying import LexicalMatches, LexicalQuery, TermGroup
from apps.search.domain.lexical.relevance import (
    HeadWords,
    Intent,
    best_places,
    covered,
    head_category,
    lifted,
)

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """What ranking knows of the products beside their words.

    Attributes:
        pks: int32[n], by row of the serving snapshot.
        codes: int32[n], categories, -1 for none.
        tree: the codes'.
        names: what its categories are called.
        numbers: bool by stem id: which of the lexicon's stems have a digit.
        intent: how far categories lift.
    """

    pks: Int32
    codes: Int32
    tree: CategoryTree
    names: CategoryNames
    numbers: BoolArray
    intent: Intent = Intent()  # noqa: RUF009 - frozen


def stems_numbered(lexicon: Lexicon) -> BoolArray:
    """By stem id: which stems have a digit."""
    stems, more = lexicon.base.stems, lexicon.extension.stems
    digits = (stems.blob >= ord("0")) & (stems.blob <= ord("9"))
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(digits, dtype=np.int64)])
    found = np.zeros(len(stems) + len(more), dtype=np.bool_)
    found[: len(stems)] = np.diff(before[stems.offsets.astype(np.int64)]) > 0
    for text, stem in more.items():
        found[stem] = any(each.isdigit() for each in text)
    return found


def lexical_list(
    lexicon: Lexicon, query: LexicalQuery, matches: LexicalMatches, shelf: Shelf
) -> tuple[RankedList, int]:
    """The list, and how many of its first rows match firmly (every group, or a part number).

    Scores: 2 for a part number, 1 + relevance for all groups, relevance for some, with
    relevance in [0, 1). Equal scores stand in the order of their pk. From DEEPEST_RANK on the
    order is none: fusion counts these ranks as one.

    Args:
        lexicon: the one that was searched.
        query: what it was asked.
        matches: its answer.
        shelf: of the snapshot whose rows the matches name.
    """
    relevance, strict = _relevance(lexicon, query, matches, shelf), matches.strict
    scores = relevance + strict.astype(np.float32) * np.float32(ALL_TERMS)
    scores[matches.parts] = PART_NUMBER
    order = order_of_best(scores, shelf.pks[matches.rows], DEEPEST_RANK - 1)
    firm = int(np.count_nonzero(strict | matches.parts))
    return RankedList(matches.rows[order], scores[order]), firm


def _relevance(
    lexicon: Lexicon, query: LexicalQuery, matches: LexicalMatches, shelf: Shelf
) -> Float32:
    """float32[m] in [0, 1): what the words say, then what the categories do."""
    scores, codes = covered(matches, shelf.intent), shelf.codes[matches.rows]
    if not query.groups or not len(matches):
        return scores
    best = best_places(scores, shelf.intent.depth)
    ids = {lexicon.stem_id(stem) for stem in heads_of(query.groups[-1])} - {-1}
    heads = HeadWords(np.array(sorted(ids), dtype=np.int32), shelf.numbers)
    found = evidence(lexicon, matches, best)
    head = head_category(found, heads, codes[best], shelf.tree, shelf.intent)
    return lifted(scores, codes, head, shelf.names.named_by(query), shelf.intent)


def heads_of(group: TermGroup) -> set[str]:
    """The last stem of the group, of each way to satisfy it."""
    last = [choice.parts[-1] for choice in group.choices]
    return {part.stems[-1] if part.stems else part.joined for part in last}


def order_of_best(scores: Float32, pks: Int32, most: int) -> NDArray[np.int64]:
    """int64[m]: by descending score, then pk, the first `most` of them; the others behind, in any.

    One sort: the bits of positive scores compare as the scores do.
    """
    keys = (~scores.view(np.int32)).astype(np.int64) << 32 | pks
    if len(keys) <= most:
        order: NDArray[np.int64] = np.argsort(keys)
        return order
    order = np.argpartition(keys, most - 1)
    first = order[:most]
    order[:most] = first[np.argsort(keys[first])]
    return order
