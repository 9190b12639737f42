"""Ranking on icecat's judgements: what each part is worth, and what that says of other queries.

Every figure comes from the code that answers shoppers: lexicon, semantic list, fusion. Single
parts are changed one at a time against what is shipped (paired test); nested cross-validation
over queries chooses among all settings on some queries and measures on the others; whole
kinds of products are left out; and queries are written in other ways. Uses the database
`endcap_eval` of the embedded server, and fills it when it is empty.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.bench_search import ICECAT, _prepare

if TYPE_CHECKING:
    from benchmarks.relevance_bench import Bench

FOLDS, REPEATS, SEED = 5, 20, 20_260_101
AT_LEAST = 0.80

Grid = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to rank.

    Attributes:
        fields: which index: `shipped`, or how its BM25F differs.
        lift: of the head noun's category.
        named: whether the products of a category that the query names come first.
        semantic: what a semantic rank counts.
        score: what the keyword score adds.
        noun: how much more the last word counts in coverage.
    """

    fields: str = "shipped"
    lift: float = 0.15
    named: bool = True
    semantic: float = 0.5
    score: float = 0.5
    noun: float = 2.0


SHIPPED = Setting()
CHOICES = [
    Setting(*values)
    for values in product(
        ("shipped", "equal weights", "title only"),
        (0.0, 0.15, 0.3),
        (True, False),
        (0.25, 0.5, 1.0),
        (0.0, 0.5, 1.0),
    )
]
ALONE = {
    "equal field weights": replace(SHIPPED, fields="equal weights"),
    "title alone": replace(SHIPPED, fields="title only"),
    "no length normalisation": replace(SHIPPED, fields="no lengths"),
    "no head noun": replace(SHIPPED, lift=0.0),
    "head noun twice as strong": replace(SHIPPED, lift=0.3),
    "named category as any": replace(SHIPPED, named=False),
    "noun as any other word": replace(SHIPPED, noun=1.0),
    "neither": replace(SHIPPED, lift=0.0, named=False),
    "ranks alone (score 0)": replace(SHIPPED, score=0.0),
    "meaning trusted as words": replace(SHIPPED, semantic=1.0),
    "meaning trusted a quarter": replace(SHIPPED, semantic=0.25),
    "no meaning": replace(SHIPPED, semantic=0.0),
}


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    from benchmarks.relevance_bench import Bench

    bench = Bench.of(ICECAT / "judgements.csv")
    shipped = bench.ndcg(SHIPPED)
    print(f"{len(bench.queries)} queries, NDCG@10 as shipped {shipped.mean():.3f}")
    print(f"  unjudged removed {bench.ndcg(SHIPPED, judged_only=True).mean():.3f}\n")
    _ablation(bench, shipped)
    held_out = _cross_validation(bench, shipped)
    _kinds_left_out(bench, shipped)
    _perturbed(bench, shipped)
    passed = float(shipped.mean()) >= AT_LEAST and held_out >= AT_LEAST
    print("passed" if passed else "MISSED")
    return 0 if passed else 1


def _ablation(bench: "Bench", shipped: Grid) -> None:
    from apps.common.domain.relevance import NotComputable, paired_difference

    print("one part changed             NDCG@10  judged only  difference (95 % interval, p)")
    for name, setting in ALONE.items():
        found = bench.ndcg(setting)
        kinder = bench.ndcg(setting, judged_only=True).mean()
        test = paired_difference(found.tolist(), shipped.tolist(), seed=SEED)
        if isinstance(test, NotComputable):
            continue
        print(
            f"{name:28} {found.mean():.3f}    {kinder:.3f}        {test.difference:+.3f} "
            f"({test.low:+.3f} … {test.high:+.3f}, p {test.p_value:.2f})"
        )
    print()


def _cross_validation(bench: "Bench", shipped: Grid) -> float:
    """The mean over held-out queries of what the others chose."""
    grid = bench.grid(CHOICES)
    chosen: Counter[Setting] = Counter()
    means = []
    for repeat in range(REPEATS):
        held_out = np.zeros(len(shipped))
        for test in _folds(len(shipped), repeat):
            best = _best_without(grid, test)
            chosen[CHOICES[best]] += 1
            held_out[test] = grid[best, test]
        means.append(float(held_out.mean()))
    best = int(grid.mean(axis=1).argmax())
    print(f"best of {len(CHOICES)} settings on its own queries {grid[best].mean():.3f}")
    print(
        f"nested {FOLDS}-fold cross-validation, {REPEATS} times: {np.mean(means):.3f} "
        f"± {np.std(means):.3f} over repeats"
    )
    for setting, count in chosen.most_common(3):
        print(f"  chosen in {count} of {FOLDS * REPEATS}: {setting}")
    print()
    return float(np.mean(means))


def _folds(size: int, repeat: int) -> Iterator[NDArray[np.int64]]:
    order = np.random.default_rng(SEED + repeat).permutation(size)
    for fold in range(FOLDS):
        yield order[fold::FOLDS]


def _best_without(grid: Grid, test: NDArray[np.int64]) -> int:
    return int(np.delete(grid, test, axis=1).mean(axis=1).argmax())


def _kinds_left_out(bench: "Bench", shipped: Grid) -> None:
    grid, kinds = bench.grid(CHOICES), bench.kinds
    total = np.zeros(len(shipped))
    print("kind of product left out while choosing: queries, chosen by the others, as shipped")
    for kind, count in Counter(kinds).most_common():
        test = np.array([at for at, each in enumerate(kinds) if each == kind])
        total[test] = grid[_best_without(grid, test), test]
        line = f"{total[test].mean():.3f}  {shipped[test].mean():.3f}"
        print(f"  {kind:28} {count:3}  {line}")
    print(f"  {'all':28} {len(kinds):3}  {total.mean():.3f}  {shipped.mean():.3f}\n")


def _perturbed(bench: "Bench", shipped: Grid) -> None:
    print("queries written otherwise: NDCG@10, of those that changed: before → after")
    ways: Mapping[str, Callable[[Sequence[str]], str]] = {
        "words turned round": lambda words: " ".join(reversed(words)),
        "last word singular or plural": lambda words: " ".join([*words[:-1], _other(words[-1])]),
        "in capitals": lambda words: " ".join(words).upper(),
    }
    for name, way in ways.items():
        texts = [way(query.split()) for query in bench.queries]
        changed = [at for at, text in enumerate(texts) if text != bench.queries[at]]
        found = bench.ndcg_of(texts)[changed]
        print(f"  {name:30} {len(changed):3}  {shipped[changed].mean():.3f} → {found.mean():.3f}")
    print()


def _other(word: str) -> str:
    """`speakers` for `speaker`, and the other way round; numbers and `x` stay."""
    if len(word) < 3 or not word.isalpha():
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


if __name__ == "__main__":
    sys.exit(main())
