"""Which category a query is about: how often search tells it, on queries held back.

Truth of a judged icecat query: the deepest category that holds half of its relevant products'
ratings; none where none does. A guess is scored by hierarchical F1 over the paths to the root
(both "none": 1) and as exact. Constants are chosen on four fifths of the queries and measured on
the rest, over and over; the first slice's rule (60 % of the fifty best, each counted alike) runs
beside it, and the difference is paired. Clicks are simulated: drawn from the relevant products,
none or a third of them from any category instead. Uses the database `endcap_eval`, and fills it
when it is empty.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.bench_search import ICECAT, _prepare

if TYPE_CHECKING:
    from apps.catalog.contracts import CategoryTree

FOLDS, REPEATS, SEED = 5, 20, 20_260_101
AT_LEAST = 0.05
NOISES = (0.0, 1 / 3)
Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A query with what search found for it.

    Attributes:
        query: as judged.
        codes: int32[k], categories of the best candidates.
        scores: float32[k].
        named: categories that the query names.
        truth: code of the right category; None: none holds half.
        relevant: codes of the relevant products, one a rating point.
    """

    query: str
    codes: NDArray[np.int32]
    scores: NDArray[np.float32]
    named: tuple[str, ...]
    truth: int | None
    relevant: tuple[int, ...]


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    from apps.features.selectors import serving_snapshot

    tree = serving_snapshot().tree
    judged = _judged(tree)
    print(f"{len(judged)} queries with relevant products")
    before = _scored(judged, tree, _first_rule(judged, tree))
    print(f"{'the first rule':28} F1 {before[0].mean():.3f}  exact {before[1].mean():.3f}")
    now = _scored(judged, tree, _guesses(judged, tree))
    print(f"{'as shipped (constants seen)':28} F1 {now[0].mean():.3f}  exact {now[1].mean():.3f}")
    held_f1, held_exact = _held_back(judged, tree)
    print(f"{'held back':28} F1 {held_f1.mean():.3f}  exact {held_exact.mean():.3f}")
    difference = held_f1 - before[0]
    low, high = _interval(difference)
    print(f"held back - first rule: {difference.mean():+.3f} ({low:+.3f} … {high:+.3f})")
    _confidence(judged, tree)
    _clicks(judged, tree)
    passed = low > 0.0 and difference.mean() >= AT_LEAST
    print(f"{'passed' if passed else 'MISSED'}: held back better by >= {AT_LEAST}, surely")
    return 0 if passed else 1


def _judged(tree: "CategoryTree") -> list[Judged]:
    from apps.features.selectors import serving_snapshot
    from apps.search.contracts import SearchRequest
    from apps.search.domain.detection import best_places
    from apps.search.selectors.configuration import search_settings
    from apps.search.selectors.retrieval import lists_found, lists_fused
    from apps.search.services.core import understood

    ratings: dict[str, dict[str, int]] = defaultdict(dict)
    with (ICECAT / "judgements.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            ratings[row["query"]][row["product_id"]] = int(row["rating"])
    columns, settings = serving_snapshot().columns, search_settings()
    found = []
    for query, given in ratings.items():
        good = [(product, rating) for product, rating in given.items() if rating > 0]
        if not good:
            continue
        rows = columns.product_ids.rows_of([product for product, _ in good])
        relevant = [
            int(columns.category[row])
            for row, (_, rating) in zip(rows.tolist(), good, strict=True)
            for _ in range(rating)
            if row >= 0
        ]
        understanding = understood(SearchRequest(query=query), settings)
        candidates = lists_fused(lists_found(understanding, semantic=True), settings).candidates
        best = best_places(candidates)
        found.append(
            Judged(
                query=query,
                codes=columns.category[candidates.rows[best]],
                scores=candidates.search_score[best],
                named=tuple(e.value for e in understanding.extracted if e.field == "category"),
                truth=_truth(relevant, tree),
                relevant=tuple(code for code in relevant if code >= 0),
            )
        )
    return found


def _truth(relevant: list[int], tree: "CategoryTree") -> int | None:
    from apps.search.domain.detection import category_detect

    held = category_detect(np.array(relevant, np.int32), tree, 0.5 + 1e-9)
    node = None if held is None else tree.by_path(held.path)
    return None if node is None else node.code


def _first_rule(judged: list[Judged], tree: "CategoryTree") -> list[str | None]:
    from apps.search.domain.detection import category_detect

    found = [category_detect(each.codes, tree) for each in judged]
    return [one.path if one else None for one in found]


def _guesses(
    judged: list[Judged],
    tree: "CategoryTree",
    setting: tuple[float, float, float] | None = None,
    clicks: Mapping[str, Mapping[str, float]] | None = None,
) -> list[str | None]:
    from apps.search.domain import query_category as rule

    shipped = rule.TEMPERATURE, rule.NAMED_SHARE, rule.ENOUGH
    try:
        rule.TEMPERATURE, rule.NAMED_SHARE, rule.ENOUGH = setting or shipped
        found = [
            rule.query_category(
                codes=each.codes,
                scores=each.scores,
                tree=tree,
                named=each.named,
                clicks=(clicks or {}).get(each.query),
            )
            for each in judged
        ]
    finally:
        rule.TEMPERATURE, rule.NAMED_SHARE, rule.ENOUGH = shipped
    return [one.path if one else None for one in found]


def _scored(
    judged: list[Judged], tree: "CategoryTree", guesses: list[str | None]
) -> tuple[Float, Float]:
    """(hierarchical F1, exact) of each query."""
    figures, exact = [], []
    for each, guess in zip(judged, guesses, strict=True):
        node = tree.by_path(guess) if guess else None
        ours = {node.code, *tree.ancestors(node.code)} if node else set[int]()
        right = set() if each.truth is None else {each.truth, *tree.ancestors(each.truth)}
        both = len(ours) + len(right)
        figures.append(2 * len(ours & right) / both if both else 1.0)
        exact.append(float(ours == right))
    return np.array(figures), np.array(exact)


def _held_back(judged: list[Judged], tree: "CategoryTree") -> tuple[Float, Float]:
    """Means over repeated five-fold cross-validation, by query."""
    grid = [
        (temperature, named, enough)
        for temperature in (0.02, 0.04, 0.07, 0.1, 0.2)
        for named in (0.0, 0.2, 0.4)
        for enough in (0.51, 0.55, 0.6, 0.7)
    ]
    scored = [_scored(judged, tree, _guesses(judged, tree, setting)) for setting in grid]
    f1, exact = np.array([one[0] for one in scored]), np.array([one[1] for one in scored])
    random, size = np.random.default_rng(SEED), len(judged)
    totals = np.zeros((2, size))
    for _ in range(REPEATS):
        order = random.permutation(size)
        for fold in range(FOLDS):
            held = order[fold::FOLDS]
            chosen = int(np.delete(f1, held, axis=1).mean(axis=1).argmax())
            totals[:, held] += f1[chosen, held], exact[chosen, held]
    return totals[0] / REPEATS, totals[1] / REPEATS


def _confidence(judged: list[Judged], tree: "CategoryTree") -> None:
    from apps.search.domain.query_category import query_category

    told, right = [], []
    for each in judged:
        found = query_category(codes=each.codes, scores=each.scores, tree=tree, named=each.named)
        if found is None:
            continue
        node = tree.by_path(found.path)
        holds = 0.0
        if node is not None and each.relevant:
            holds = float(np.mean([node.code <= code < node.end for code in each.relevant]))
        told.append(found.share)
        right.append(holds)
    shares, held = np.array(told), np.array(right)
    print("\nsaid share   queries   mean share   of relevant products inside")
    for low, high in ((0.55, 0.7), (0.7, 0.9), (0.9, 1.01)):
        inside = (shares >= low) & (shares < high)
        print(f"{low:.2f} … {min(high, 1.0):.2f}  {inside.sum():7}  {shares[inside].mean():11.2f}"
              f"   {held[inside].mean():.2f}")  # fmt: skip


def _clicks(judged: list[Judged], tree: "CategoryTree") -> None:
    print("\nsimulated clicks   strays   F1      exact")
    for noise in NOISES:
        random = np.random.default_rng(SEED)
        for many in (0, 3, 10, 30, 100):
            history = {each.query: _drawn(each, many, noise, tree, random) for each in judged}
            f1, exact = _scored(judged, tree, _guesses(judged, tree, clicks=history))
            print(f"{many:16}   {noise:6.2f}   {f1.mean():.3f}   {exact.mean():.3f}")
    print()


def _drawn(
    each: Judged, many: int, noise: float, tree: "CategoryTree", random: np.random.Generator
) -> dict[str, float]:
    drawn: dict[str, float] = defaultdict(float)
    for _ in range(many if each.relevant else 0):
        stray = random.random() < noise
        code = int(random.integers(len(tree)) if stray else random.choice(each.relevant))
        drawn[tree.categories[code].path] += 1.0
    return drawn


def _interval(differences: Float) -> tuple[float, float]:
    random = np.random.default_rng(SEED)
    drawn = random.choice(differences, (10_000, len(differences))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    sys.exit(main())
