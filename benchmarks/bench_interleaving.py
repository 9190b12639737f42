"""Units for the same power, interleaved and split: `python -m benchmarks.bench_interleaving`.

The demo's shoppers (position-based examination, clicks by utility, some far more active than
others) search; two rankings order the same products, the better one with less noise about what
a shopper wants. Half of the units see one ranking and half the other (A/B: clicks per unit and
share of units that buy, Welch's t), or every unit sees team-drafts of both (sign test over
units). The units that each needs for 80 % power follow from a large simulation, and the power
at those sizes is measured by resampling.
"""

import argparse
import math
import sys
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import stats

from apps.demo.contracts import NO_EFFECT, Behaviour, ShopperConfig
from apps.demo.domain.shopper import behave, effect_rows, gumbel_noise
from apps.demo.domain.visits import ACTIVITY_SIGMA
from apps.experiments.domain.interleaving import team_draft

CANDIDATES, SHOWN = 40, 8
SEARCHES_MEAN = 4.0
INTENT = 1.0
"""Spread of what a search is worth to its unit; activity spreads as the demo's shoppers do."""
SCORE_NOISE = (1.0, 0.8)
"""Noise of (control's, treatment's) score about utility: the treatment knows more."""
ALPHA, POWER = 0.05, 0.8
RESAMPLES = 1_000
LEAST_GAIN = 5.0
"""Interleaving must need at most a fifth of the A/B's units on clicks."""

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """Searches s of n units.

    owner int64[s]: whose; utilities float64[s, c]; control, treatment int64[s, SHOWN]: rankings.
    """

    units: int
    owner: Ints
    utilities: Array
    control: Ints
    treatment: Ints

    def per_unit(self, found: Array) -> Array:
        """Sums of each unit's searches, float64[n]."""
        summed: Array = np.bincount(
            self.owner, weights=found.sum(axis=1), minlength=self.units
        ).astype(np.float64)
        return summed


def searches_draw(rng: Generator, units: int) -> Searches:
    rate = (SEARCHES_MEAN - 1) * rng.lognormal(-(ACTIVITY_SIGMA**2) / 2, ACTIVITY_SIGMA, units)
    owner = np.repeat(np.arange(units), 1 + rng.poisson(rate))
    shape = (len(owner), CANDIDATES)
    wanted = rng.normal(2.4, 1.0, shape) + rng.normal(0, INTENT, (len(owner), 1))
    control, treatment = (
        np.argsort(-(wanted + rng.normal(0, noise, shape)), axis=1)[:, :SHOWN]
        for noise in SCORE_NOISE
    )
    noise = gumbel_noise(rng, shape, ShopperConfig().noise_scale)
    return Searches(units, owner, wanted + noise, control, treatment)


def played(rng: Generator, found: Searches, shown: Ints) -> Behaviour:
    """What the demo's shoppers do with these rows."""
    rows = len(shown)
    return behave(
        rng,
        np.take_along_axis(found.utilities, shown, axis=1),
        positions=np.tile(np.arange(1, SHOWN + 1), (rows, 1)),
        return_chances=np.zeros(shown.shape),
        prices=np.ones(shown.shape),
        effects=effect_rows([NO_EFFECT], np.zeros(rows, np.int64)),
        config=ShopperConfig(),
    )


def interleaved(rng: Generator, found: Searches) -> tuple[Ints, Ints]:
    """Drafts of every search: rows and teams int64[s, SHOWN]."""
    seeds = rng.integers(0, 2**62, len(found.owner))
    drafts = [
        team_draft(one, other, seed=int(seed), k=SHOWN)
        for one, other, seed in zip(found.control, found.treatment, seeds, strict=True)
    ]
    rows, teams = zip(*drafts, strict=True)
    return np.array(rows), np.array(teams, dtype=np.int64)


def units_split(control: Array, treatment: Array) -> float:
    """Total units of a 50/50 split for the wanted power (two-sided t)."""
    z = stats.norm.ppf(1 - ALPHA / 2) + stats.norm.ppf(POWER)
    effect = treatment.mean() - control.mean()
    return float(2 * z**2 * (control.var() + treatment.var()) / effect**2)


def units_interleaved(leads: Array) -> float:
    """Units for the wanted power of the sign test; ties carry no direction."""
    decided = leads[leads != 0]
    share = float((decided > 0).mean())
    spread = stats.norm.ppf(1 - ALPHA / 2) / 2
    spread += stats.norm.ppf(POWER) * math.sqrt(share * (1 - share))
    return float((spread / (share - 0.5)) ** 2 / (len(decided) / len(leads)))


def power_split(rng: Generator, control: Array, treatment: Array, units: int) -> float:
    """Share of resampled tests that are significant in the right direction."""
    half = units // 2
    hits = 0
    for _ in range(RESAMPLES):
        a, b = rng.choice(control, half), rng.choice(treatment, half)
        test = stats.ttest_ind(b, a, equal_var=False)
        hits += bool(test.pvalue <= ALPHA and test.statistic > 0)
    return hits / RESAMPLES


def power_interleaved(rng: Generator, leads: Array, units: int) -> float:
    """The same for the exact sign test over units."""
    drawn = rng.choice(leads, (RESAMPLES, units))
    wins, losses = (drawn > 0).sum(axis=1), (drawn < 0).sum(axis=1)
    decided = wins + losses
    p_values = np.minimum(1.0, 2 * stats.binom.cdf(np.minimum(wins, losses), decided, 0.5))
    return float(((p_values <= ALPHA) & (wins > losses)).mean())


def leads_of(rng: Generator, found: Searches) -> Array:
    """Each unit's clicks on the treatment's items less those on the control's."""
    shown, teams = interleaved(rng, found)
    clicked = played(rng, found, shown).clicked
    return found.per_unit(np.where(clicked, np.where(teams == 1, 1.0, -1.0), 0.0))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=30_000, help="simulated a design")
    units = parser.parse_args().units
    rng = np.random.default_rng(20_080_826)
    found = searches_draw(rng, units)
    arms = [played(rng, found, shown) for shown in (found.control, found.treatment)]
    metrics = {
        "clicks per unit": [found.per_unit(arm.clicked.astype(float)) for arm in arms],
        "units that buy": [
            (found.per_unit(arm.bought.astype(float)) > 0).astype(float) for arm in arms
        ],
    }
    leads = leads_of(rng, found)
    blended = units_interleaved(leads)
    power = power_interleaved(rng, leads, round(blended))
    wins, losses = int((leads > 0).sum()), int((leads < 0).sum())
    print(f"{units} units, {len(found.owner)} searches; interleaved: {wins} prefer the "
          f"treatment, {losses} the control, {units - wins - losses} neither")  # fmt: skip
    print(f"interleaving needs {blended:,.0f} units for {POWER:.0%}; measured {power:.1%}")
    gains, powers = [], [power]
    for name, (control, treatment) in metrics.items():
        split = units_split(control, treatment)
        powers.append(power_split(rng, control, treatment, round(split)))
        gains.append(split / blended)
        effect = treatment.mean() / control.mean() - 1
        print(f"A/B of {name} ({control.mean():.3f}, {effect:+.1%}) needs {split:,.0f}; "
              f"measured {powers[-1]:.1%}: {gains[-1]:.0f} times as many")  # fmt: skip
    passed = gains[0] >= LEAST_GAIN and all(abs(each - POWER) < 0.05 for each in powers)
    print("ok" if passed else "MISSED")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
