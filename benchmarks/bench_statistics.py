"""Calibration of the statistics alone: A/A and planted effects, seeded, no database.

    python benchmarks/bench_statistics.py [experiments]

Each experiment has two arms of skewed revenue per unit (one in five buys), read on 14 days.
The path through assignment, events and roll-ups has a benchmark of its own.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from apps.experiments.contracts.statistics import MeanSums, PlanInputs, Scale, Spending
from apps.experiments.contracts.statistics import SpendingPlan as Plan
from apps.experiments.contracts.statistics_results import EffectEstimate, TestResult
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.frequentist import t_test_of
from apps.experiments.domain.statistics.group_sequential import boundaries_compute
from apps.experiments.domain.statistics.power import mde_compute
from apps.experiments.domain.statistics.sequential import sequence_of

DAYS = 14
UNITS_A_DAY = 400
ALPHA = 0.05


def _revenue(rng: np.random.Generator, lift: float) -> NDArray[np.float64]:
    """One arm's units, day by day."""
    size = (DAYS, UNITS_A_DAY)
    revenue = (rng.random(size) < 0.2) * rng.gamma(2.0, 25.0, size)
    return np.asarray(revenue * (1 + lift), dtype=np.float64)


def _looks(a: NDArray[np.float64], b: NDArray[np.float64]) -> list[EffectEstimate]:
    """The relative effect after each day."""
    sums = []
    for arm in (a, b):
        total, square = arm.sum(axis=1).cumsum(), (arm**2).sum(axis=1).cumsum()
        pairs = zip(total, square, strict=True)
        rows = [
            MeanSums((day + 1) * UNITS_A_DAY, float(t), float(q))
            for day, (t, q) in enumerate(pairs)
        ]
        sums.append(rows)
    return [effect_compute(x, y, Scale.RELATIVE) for x, y in zip(*sums, strict=True)]


def _excludes(answer: TestResult, value: float = 0.0) -> bool:
    return not answer.ci[0] <= value <= answer.ci[1]


def _rates(count: int, lift: float, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    information = [(day + 1) / DAYS for day in range(DAYS)]
    design = boundaries_compute(information, ALPHA, Plan(Spending.OBRIEN_FLEMING))
    hits = dict.fromkeys(("fixed", "not covered", "t peeked", "sequence", "group sequential"), 0)
    for _ in range(count):
        looks = _looks(_revenue(rng, 0.0), _revenue(rng, lift))
        last = t_test_of(looks[-1], alpha=ALPHA)
        hits["fixed"] += _excludes(last)
        hits["not covered"] += _excludes(last, lift)
        hits["t peeked"] += any(_excludes(t_test_of(e, alpha=ALPHA)) for e in looks)
        hits["sequence"] += any(_excludes(sequence_of(e, alpha=ALPHA)) for e in looks)
        z = np.array([e.effect / e.standard_error for e in looks])
        hits["group sequential"] += bool((np.abs(z) >= np.array(design.z)).any())
    return {name: hit / count for name, hit in hits.items()}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    started = time.perf_counter()
    for name, rate in _rates(count, 0.0, seed=1).items():
        print(f"A/A, {count} experiments: {name:18s} {100 * rate:5.2f} %")
    # Revenue: share 0.2 of Gamma(2, 25): mean 10, second moment 0.2 * 25² * 6.
    inputs = PlanInputs(10.0, 0.2 * 625 * 6 - 100.0, alpha=ALPHA)
    lift = mde_compute(inputs, power=0.8, n_total=2.0 * DAYS * UNITS_A_DAY)
    for name, rate in _rates(count, lift, seed=2).items():
        print(f"planned power 80 % at {lift:.4f}: {name:18s} {100 * rate:5.2f} %")
    print(f"{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
