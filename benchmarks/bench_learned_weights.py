"""Do learned weights find the planted ones? `python -m benchmarks.bench_learned_weights`.

The demo's shoppers, whose utility has known weights in each category (`ShopperConfig`), click on
lists that the default weights ranked; 5 % of the lists exchange two neighbours. What is learnt is
measured by its L1 distance to the planted weights, scaled to sum 1 (0 is found, 2 is the worst).
Two large categories of 1, 2, 5 … thousand searches, and two small ones with a tenth of them.

naive      clicks as they are
standard   divided by the standard curve, position ^ -1 (the shoppers' own is ^ -0.75)
own        divided by what swaps, lists and the standard say together: what is shipped
known      divided by the shoppers' own curve: what perfect propensities would give
"""

import argparse
import sys
from collections.abc import Mapping

import numpy as np

from apps.demo.contracts import ShopperConfig
from apps.demo.domain.ranked_lists import RankedPlay, lists_play, truth_of
from apps.features.domain.examined.lists import Lists, Propensities, Source
from apps.features.domain.examined.propensities import FLOOR, propensities_estimate
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS, GLOBAL_SUBJECT
from apps.ranking_weights.domain.learning.hierarchy import (
    COUNTS_AS,
    Live,
    sets_learn,
    weights_apart,
)
from apps.ranking_weights.domain.learning.values import Learned, LearningRefused

LARGE, SMALL = ("electronics", "fashion"), ("books", "home")
SIZES = (300, 1_000, 3_000, 10_000, 30_000)
SMALLER, SWAP_SHARE, SHOWN = 10, 0.05, 20
REPEATS = 5
"""Worlds per size; figures are means over them."""
CONFIG = ShopperConfig()
LARGEST_ERROR = 0.12
"""At the largest size, with what is shipped, a large category is at most this far off."""

Errors = dict[str, dict[str, float]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    repeats = parser.parse_args().repeats
    untouched = {path: weights_apart(DEFAULT_WEIGHTS, truth_of(path, CONFIG)) for path in
                 (*LARGE, *SMALL)}  # fmt: skip
    print("L1 distance to the planted weights; the default weights' own: "
          + ", ".join(f"{path} {apart:.2f}" for path, apart in untouched.items()))  # fmt: skip
    _header("large categories", ("naive", "standard", "own", "known"))
    found: dict[int, Errors] = {}
    for size in SIZES:
        found[size] = _mean([_errors(size, seed) for seed in range(repeats)])
        _row(size, found[size], "large", ("naive", "standard", "own", "known"))
    _header("small categories", ("naive", "own, shrunk", "own, alone", "parent's"))
    for size in SIZES:
        _row(size // SMALLER, found[size], "small", ("naive", "own", "alone", "parent"))
    best = found[SIZES[-1]]["large"]
    better = best["own"] < best["naive"] / 2
    print(f"\nat {SIZES[-1]:,}: {best['own']:.3f} (at most {LARGEST_ERROR}), naive"
          f" {best['naive']:.3f}; exponent {best['exponent']:.2f} (planted 0.75)")  # fmt: skip
    return 0 if best["own"] <= LARGEST_ERROR and better else 1


def _errors(size: int, seed: int) -> Errors:
    """Method to mean error, of large and of small categories, in one world."""
    rng = np.random.Generator(np.random.PCG64([size, seed]))
    small = dict.fromkeys(SMALL, size // SMALLER)
    searches = {**dict.fromkeys(LARGE, size), **small}
    lists = lists_play(
        rng, RankedPlay(searches, DEFAULT_WEIGHTS, shown=SHOWN, swap_share=SWAP_SHARE), CONFIG
    )
    own = propensities_estimate(lists)
    ways = {
        "naive": (_curve(0.0), COUNTS_AS),
        "standard": (_curve(1.0), COUNTS_AS),
        "own": (own, COUNTS_AS),
        "known": (_curve(CONFIG.examination_eta), COUNTS_AS),
        "alone": (own, 0.0),
    }
    found: Errors = {"large": {"exponent": own.exponent}, "small": {}}
    for name, (propensities, counts_as) in ways.items():
        sets = _learned(lists, propensities, counts_as)
        for group, paths in (("large", LARGE), ("small", SMALL)):
            found[group][name] = float(np.mean([_off(sets, path, path) for path in paths]))
        if name == "own":
            found["small"]["parent"] = float(
                np.mean([_off(sets, GLOBAL_SUBJECT, path) for path in SMALL])
            )
    return found


def _learned(lists: Lists, propensities: Propensities, counts_as: float) -> Mapping[str, Learned]:
    live = Live(frozenset(), dict.fromkeys((GLOBAL_SUBJECT, *LARGE, *SMALL), DEFAULT_WEIGHTS))
    try:
        learnt = sets_learn(lists, live, counts_as=counts_as, propensities=propensities)
    except LearningRefused as refused:
        raise SystemExit(f"refused: {refused}") from refused
    return {each.subject: each for each in learnt.sets}


def _off(sets: Mapping[str, Learned], subject: str, path: str) -> float:
    return weights_apart(sets[subject].weights, truth_of(path, CONFIG))


def _curve(exponent: float) -> Propensities:
    values = np.arange(1, SHOWN + 1, dtype=np.float64) ** -exponent
    return Propensities(values, Source.STANDARD, exponent, None, 0, FLOOR)


def _mean(worlds: list[Errors]) -> Errors:
    return {
        group: {name: float(np.mean([world[group][name] for world in worlds])) for name in figures}
        for group, figures in worlds[0].items()
    }


def _header(title: str, names: tuple[str, ...]) -> None:
    print(f"\n{title}\n{'searches':>10}" + "".join(f"{name:>16}" for name in names))


def _row(size: int, found: Errors, group: str, names: tuple[str, ...]) -> None:
    print(f"{size:>10,}" + "".join(f"{found[group][name]:>16.3f}" for name in names), flush=True)


if __name__ == "__main__":
    sys.exit(main())
