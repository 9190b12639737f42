"""Which category a query is about: where its best stand, what it names, what was clicked.

Each candidate votes for its category, the more the nearer its search score is to the best one's.
Categories that the query names take a share of the vote; clicks that the same query led to are
counted beside it, as a Dirichlet prior of so many votes takes them. Then the tree is walked down
as long as one child holds enough. ADR 22 has what was tried.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

import numpy as np

from apps.catalog.contracts import CategoryTree
from apps.ranking.contracts import Float32, Float64, Int32
from apps.search.contracts import DetectedCategory

TEMPERATURE = 0.07
"""A candidate whose search score lies this far below the best one's votes e times less."""
NAMED_SHARE = 0.2
"""The share of the vote that goes to categories which the query names."""
ENOUGH = 0.55
"""From this share on a category is said; above one half, so that only one of a level can be."""
VOTE_CLICKS = 10.0
"""The vote counts as much as so many clicks."""

STRAY_SHARE, STRAY_CLICKS = 0.05, 2.0
"""A category with less than either of a query's clicks was hit by people who strayed."""

Clicks = Mapping[str, float]
"""Path of a category → its clicks, weighted and decayed."""


def query_category(
    *,
    codes: Int32,
    scores: Float32,
    tree: CategoryTree,
    named: Sequence[str] = (),
    clicks: Clicks | None = None,
) -> DetectedCategory | None:
    """The deepest category that holds enough of the votes; None: none does.

    Args:
        codes: int32[k], categories of the best candidates, -1 for none (votes for nothing).
        scores: float32[k], their search scores.
        tree: descendants of a code are the codes up to its `end`.
        named: paths that the query names; those that are not in the tree count for nothing.
        clicks: what the same query led to before; likewise.
    """
    votes = _votes(codes, scores)
    _name(votes, tree, named)
    if clicks:
        _click(votes, tree, clicks)
    return _descended(votes, tree)


def _votes(codes: Int32, scores: Float32) -> dict[int, float]:
    """Code → its share of the candidates' vote."""
    if not len(codes):
        return {}
    weights: Float64 = np.exp((scores.astype(np.float64) - float(scores.max())) / TEMPERATURE)
    weights /= weights.sum()
    votes: dict[int, float] = {}
    # Some fifty candidates in a handful of categories: a dictionary is quicker than arrays.
    for code, weight in zip(codes.tolist(), weights.tolist(), strict=True):
        votes[code] = votes.get(code, 0.0) + weight
    votes.pop(-1, None)
    return votes


def _name(votes: dict[int, float], tree: CategoryTree, named: Iterable[str]) -> None:
    """Give named categories their share, among them as the candidates vote."""
    nodes = [node for path in dict.fromkeys(named) if (node := tree.by_path(path)) is not None]
    if not nodes:
        return
    inside = [
        {code: share for code, share in votes.items() if node.code <= code < node.end}
        for node in nodes
    ]
    # A thousandth each, so that a named category without candidates is not nothing.
    masses = [sum(one.values()) + 1e-3 for one in inside]
    for code in votes:
        votes[code] *= 1.0 - NAMED_SHARE
    for node, shares, mass in zip(nodes, inside, masses, strict=True):
        given, held = NAMED_SHARE * mass / sum(masses), sum(shares.values())
        for code, share in (shares or {node.code: 1.0}).items():
            votes[code] = votes.get(code, 0.0) + given * share / (held or 1.0)


def _click(votes: dict[int, float], tree: CategoryTree, clicks: Clicks) -> None:
    """Count clicks beside the votes.

    Strays are many and each somewhere else: counted, they would keep every category below what
    is enough.
    """
    known = {
        node.code: count
        for path, count in clicks.items()
        if (node := tree.by_path(path)) is not None
    }
    least = max(STRAY_CLICKS, STRAY_SHARE * sum(known.values()))
    known = {code: count for code, count in known.items() if count >= least}
    whole = VOTE_CLICKS + sum(known.values())
    for code in votes:
        votes[code] *= VOTE_CLICKS / whole
    for code, count in known.items():
        votes[code] = votes.get(code, 0.0) + count / whole


def _descended(votes: Mapping[int, float], tree: CategoryTree) -> DetectedCategory | None:
    codes = sorted(votes)
    before = [0.0, *accumulate(votes[code] for code in codes)]
    found: DetectedCategory | None = None
    code, end = 0, len(tree)
    while code < end:
        node = tree.categories[code]
        held = before[bisect_left(codes, node.end)] - before[bisect_left(codes, code)]
        if held >= ENOUGH:
            found = DetectedCategory(node.path, min(held, 1.0))
            code, end = code + 1, node.end
        else:
            code = node.end
    return found
