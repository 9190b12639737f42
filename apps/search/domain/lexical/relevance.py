"""How well products answer a query: BM25F times coverage, lifted where their category is meant.

What was tried, what helped and what did not: docs/adr/0018.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import CategoryTree
from apps.search.domain.detection import category_detect
from apps.search.domain.lexical.arrays import Field, Float32, Int32
from apps.search.domain.lexical.querying import Evidence, LexicalMatches

BoolArray = NDArray[np.bool_]
# A product that holds only a piece of a compound still says something.
_LEAST_COVERAGE = 0.1
_BRAND = np.uint8(1 << Field.BRAND)


# Languages whose compounds end with what they are: a laptop bag, a Laptoptasche.
HEAD_LAST = frozenset((
    "danish", "dutch", "english", "finnish", "german", "hungarian", "norwegian", "porter",
    "swedish", "turkish",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Intent:
    """What the query's head noun, its last word, says.

    Attributes:
        lift: what a product of the head's category gains, as a share of its score.
        share: of the products whose title is about the head; less says nothing.
        depth: so many of the best products are asked.
        brand: a head that is the brand of this share of them is no noun.
        noun: how much more the last word counts in coverage.
    """

    lift: float = 0.15
    share: float = 0.6
    depth: int = 300
    brand: float = 0.5
    noun: float = 2.0

    @classmethod
    def of(cls, language: str) -> "Intent":
        """For a language, as PostgreSQL calls it; where the noun comes first nothing is read."""
        return cls() if language in HEAD_LAST else cls(lift=0.0, noun=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class HeadWords:
    """What to look for in titles.

    Attributes:
        stems: int32, ids of the last word of the query and of what may stand for it.
        numbers: bool by stem id: which stems have a digit.
    """

    stems: Int32
    numbers: BoolArray


@dataclass(frozen=True, slots=True)
class HeadCategory:
    """The category that the query's head noun stands for.

    Attributes:
        start, end: its codes, from the first to before the last.
        share: of the products that are about the head, in [0, 1].
    """

    start: int
    end: int
    share: float


def covered(matches: LexicalMatches, intent: Intent) -> Float32:
    """float32[m] in [0, 1): the score times the share of the query's weight that is matched.

    A product about half of the query is less than half an answer: it is about something else.
    The last word is the noun: of `laptop bag` a bag is the better half.

    Args:
        matches: what was found.
        intent: how much more the noun counts.
    """
    if not matches.every or bool(matches.strict.all()):
        return matches.scores
    weights = np.array(matches.shares, dtype=np.float32)
    weights[-1] *= np.float32(intent.noun)
    weights /= weights.sum()
    coverage = np.zeros(len(matches), dtype=np.float32)
    for group, weight in enumerate(weights):
        coverage += weight * (matches.groups >> np.uint32(group) & np.uint32(1))
    found: Float32 = matches.scores * coverage.clip(min=_LEAST_COVERAGE).astype(np.float32)
    return found


def best_places(scores: Float32, count: int) -> NDArray[np.int64]:
    """Where the `count` best stand, in no order."""
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(scores, len(scores) - count)[-count:]


def head_category(
    found: Evidence, heads: HeadWords, codes: Int32, tree: CategoryTree, intent: Intent
) -> HeadCategory | None:
    """Where the products stand whose title is about the query's head noun.

    In English, and in most titles, the noun comes last, before sizes and model numbers: a
    title is about the word that ends it or that a number follows. `Notebook 15.6"` is one,
    `Notebook sleeve` is not.

    Args:
        found: of the best products.
        heads: of the query.
        codes: int32[k], categories of the same products, -1 for none.
        tree: the codes'.
        intent: from which shares on.
    """
    held = found.fields[:, -1] > 0
    branded = found.fields[:, -1] & _BRAND > 0
    if np.count_nonzero(branded) >= intent.brand * (int(np.count_nonzero(held)) or 1):
        return None
    about = np.unique(places_about(found, heads))
    inside = codes[about]
    category = category_detect(inside[inside >= 0], tree, intent.share)
    node = None if category is None else tree.by_path(category.path)
    if category is None or node is None:
        return None
    return HeadCategory(node.code, node.end, category.share)


def places_about(found: Evidence, heads: HeadWords) -> NDArray[np.int64]:
    """int64: the products (places in the evidence) whose title a head ends, or before a number."""
    # A query has few heads: comparing with each is faster than looking up in all.
    held = np.zeros(len(found.titles), dtype=np.bool_)
    for stem in heads.stems.tolist():
        held |= found.titles == stem
    at = np.flatnonzero(held)
    product = np.searchsorted(found.title_offsets, at, side="right") - 1
    last = at + 1 == found.title_offsets[product + 1]
    following = found.titles.take(at + 1, mode="clip")
    about: NDArray[np.int64] = product[last | heads.numbers[following]]
    return about


def lifted(
    scores: Float32,
    codes: Int32,
    head: HeadCategory | None,
    named: tuple[int, int] | None,
    intent: Intent,
) -> Float32:
    """float32[m] in [0, 1): scores with what the categories say.

    Args:
        scores: float32[m] in [0, 1).
        codes: int32[m], categories, -1 for none.
        head: what the head noun stands for; its products gain a little.
        named: codes of the category that the query names outright; its products come first.
        intent: how much the head's products gain.
    """
    if head is not None:
        inside = (codes >= head.start) & (codes < head.end)
        most = np.float32(1.0 + intent.lift)
        gain = np.where(inside, np.float32(1.0 + intent.lift * head.share), np.float32(1.0))
        scores = (scores * (gain / most)).astype(np.float32)
    if named is not None:
        inside = (codes >= named[0]) & (codes < named[1])
        scores = ((scores + inside) * np.float32(0.5)).astype(np.float32)
    return scores
