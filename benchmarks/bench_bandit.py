"""Thompson sampling against fixed allocation, simulated: `python -m benchmarks.bench_bandit`.

Four variants, a conversion rate that drifts (a weekly wave and a trend that all variants share),
an update a day through the very function that the job calls. Printed: conversions given away
(regret) by either allocation, and how far the effect of the last variant is from the truth when
all days are thrown together (naive) and when they are stratified (what result pages show).
"""

import argparse
import math
import sys
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from apps.experiments.contracts.bandits import PeriodArms
from apps.experiments.contracts.statistics import ProportionSums, Scale
from apps.experiments.domain.analysis.periods import period_effect
from apps.experiments.domain.bandits import allocation_update
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.errors import NotComputable

VARIANTS = ("control", "b", "c", "d")
RATES = np.array([0.050, 0.048, 0.053, 0.058])
DAYS, UNITS_A_DAY = 28, 2_000
FLOOR, BURN_IN = 0.05, 200
Z = 1.959964
# The bandit must lose less than this share of what the fixed split loses.
REGRET_AT_MOST = 0.7
# Mean error of the stratified effect in standard errors of that mean.
BIAS_AT_MOST = 3.5
COVERAGE_WITHIN = 0.03

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Run:
    """One simulated month: conversions given away, and estimates as (effect, error)."""

    regret: float
    naive: tuple[float, float]
    stratified: tuple[float, float]


def baseline(day: int) -> float:
    """What all variants share: a wave of a week and a trend, relative."""
    return 1 + 0.15 * math.sin(2 * math.pi * day / 7) + 0.6 * day / DAYS


def month(rng: Generator, *, bandit: bool) -> Run:
    weights: tuple[float, ...] = (1 / len(VARIANTS),) * len(VARIANTS)
    periods: list[PeriodArms] = []
    regret = 0.0
    for day in range(DAYS):
        rates = RATES * baseline(day)
        units = rng.multinomial(UNITS_A_DAY, np.array(weights) / sum(weights))
        won = rng.binomial(units, rates)
        regret += float(units @ (rates.max() - rates))
        pairs = zip(units.tolist(), won.tolist(), strict=True)
        periods.append(PeriodArms(tuple(ProportionSums(n, k) for n, k in pairs)))
        if bandit:
            weights = allocation_update(
                VARIANTS, periods, weights, floor=FLOOR, burn_in_units=BURN_IN
            ).weights
    return Run(regret, naive_effect(periods), stratified_effect(periods))


def naive_effect(periods: list[PeriodArms]) -> tuple[float, float]:
    """The last variant against control, all days thrown together."""
    arms = []
    for place in (0, len(VARIANTS) - 1):
        sums = [period.arms[place] for period in periods]
        arms.append(
            ProportionSums(
                sum(each.n for each in sums if isinstance(each, ProportionSums)),
                sum(each.sum for each in sums if isinstance(each, ProportionSums)),
            )
        )
    found = effect_compute(arms[0], arms[1], Scale.RELATIVE)
    return found.effect, found.standard_error


def stratified_effect(periods: list[PeriodArms]) -> tuple[float, float]:
    """The same, stratified by day; days in which an arm has under 2 units are left out."""
    strata = [(period.arms[0], period.arms[-1], UNITS_A_DAY) for period in periods]
    try:
        found = period_effect(strata, Scale.RELATIVE)
    except NotComputable as error:
        raise SystemExit(f"no effect: {error.message}") from error
    return found.effect, found.standard_error


def judged(found: Array, truth: float) -> tuple[float, float, float]:
    """Bias, bias in standard errors of it, and coverage of the 95 % interval."""
    errors = found[:, 0] - truth
    bias = float(errors.mean())
    coverage = float((np.abs(errors) <= Z * found[:, 1]).mean())
    return bias, bias / float(errors.std(ddof=1) / math.sqrt(len(errors))), coverage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    runs = parser.parse_args().runs
    rng = np.random.default_rng(20_261_121)
    fixed = [month(rng, bandit=False) for _ in range(runs)]
    moving = [month(rng, bandit=True) for _ in range(runs)]
    lost = [float(np.mean([run.regret for run in each])) for each in (fixed, moving)]
    truth = float(RATES[-1] / RATES[0] - 1)
    print(f"{runs} months of {DAYS} days, {UNITS_A_DAY} units a day, {len(VARIANTS)} variants")
    print(f"conversions given away: fixed {lost[0]:.0f}, Thompson {lost[1]:.0f} "
          f"({lost[1] / lost[0]:.1%} of fixed)")  # fmt: skip
    print(f"effect of '{VARIANTS[-1]}' against control, truth {truth:+.2%}:")
    verdicts = {}
    for name, each in (("naive pooled", "naive"), ("period-stratified", "stratified")):
        found = np.array([getattr(run, each) for run in moving])
        bias, in_errors, coverage = verdicts[name] = judged(found, truth)
        print(f"  {name:18} bias {bias:+.2%} ({in_errors:+.1f} standard errors of the mean), "
              f"95 % interval holds it in {coverage:.1%}")  # fmt: skip
    _, in_errors, coverage = verdicts["period-stratified"]
    passed = (
        lost[1] <= REGRET_AT_MOST * lost[0]
        and abs(in_errors) <= BIAS_AT_MOST
        and abs(coverage - 0.95) <= COVERAGE_WITHIN
    )
    print("ok" if passed else "MISSED")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
