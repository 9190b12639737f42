"""What the page shows can be computed again from what it says it was computed from."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from apps.experiments.contracts.design import (
    AnalysisPlan,
    ExperimentKind,
    Horizon,
    MetricRole,
    MetricUse,
)
from apps.experiments.contracts.metrics import MetricKind
from apps.experiments.contracts.results import Comparison, Effect
from apps.experiments.contracts.rollups import QuantileRollup, RollupKey
from apps.experiments.contracts.statistics import Spending, SpendingPlan
from apps.experiments.domain.analysis.analyse import experiment_analyse
from apps.experiments.domain.statistics.group_sequential import boundaries_compute
from tests.experiments.analysis.factory import (
    context,
    day_of,
    design,
    metric,
    phase,
    ratio_before,
    simulated,
    sums,
)

RNG = np.random.default_rng(7)
N = 400


def _units(kind: MetricKind, lift: float) -> Any:
    """One arm's row of a kind, with covariates."""
    x: Any = RNG.gamma(2.0, 3.0, (N, 2))
    y = lift * (x[:, 0] + RNG.gamma(2.0, 2.0, N))
    if kind is MetricKind.PROPORTION:
        return sums((y > 9).astype(float), x=(x > 5).astype(float))
    if kind is MetricKind.RATIO:
        d, z = RNG.poisson(5, N) + 1.0, RNG.poisson(5, N) + 1.0
        x = (x[:, :1] + z[:, None]) / 2
        y = RNG.poisson(d * 0.3 * lift) + 0.0
        return ratio_before(sums(y, d=d, x=x), x[:, 0], z, y, d)
    return sums(y, x=x)


def _rows(kind: MetricKind, *, phases: int = 1, value: str = "", adjusted: bool = True) -> Any:
    rows = {}
    for number in range(1, phases + 1):
        for name, lift in (("control", 1.0), ("treatment", 1.15)):
            row = _units(kind, lift)
            if not adjusted:
                row = replace(
                    row, x=(), xx=(), mx=(), dx=(), z=0.0, zz=0.0, xz=0.0, mz=0.0, dz=0.0
                )
            dimension = "device" if value else ""
            rows[RollupKey(number, name, "own", dimension, value, day_of(0))] = row
    return rows


def _read(
    rows: Any, kind: MetricKind, plan: AnalysisPlan | None = None, **fields: Any
) -> Comparison:
    plan = plan or AnalysisPlan(planned_units=10)
    own = design(MetricUse("own", MetricRole.PRIMARY, 1), plan=plan, **fields.pop("design", {}))
    found = context(rows, (metric("own", kind),), design=own, **fields)
    return experiment_analyse(found).metrics[0].comparisons[0]


def _arm(shown: Any, name: str, kind: MetricKind) -> tuple[int, np.ndarray, np.ndarray]:
    """Means and covariance of (y or m, d) and covariates from the shown sums alone."""
    n, m, mm = shown[f"{name}.n"], shown[f"{name}.m"], shown[f"{name}.mm"]
    width = shown.get(f"{name}.covariates", 0)
    totals, squares = [m], [[mm]]
    if kind is MetricKind.RATIO:
        totals = [m, shown[f"{name}.d"]]
        squares = [[mm, shown[f"{name}.md"]], [shown[f"{name}.md"], shown[f"{name}.dd"]]]
        if width:
            x0, z = shown[f"{name}.x0"], shown[f"{name}.z"]
            totals += [x0, z]
            cross = [
                [shown[f"{name}.mx0"], shown[f"{name}.mz"]],
                [shown[f"{name}.dx0"], shown[f"{name}.dz"]],
            ]
            before = [
                [shown[f"{name}.xx00"], shown[f"{name}.xz"]],
                [shown[f"{name}.xz"], shown[f"{name}.zz"]],
            ]
            squares = np.block(
                [[np.array(squares), np.array(cross)], [np.array(cross).T, np.array(before)]]
            ).tolist()
    else:
        for place in range(width):
            totals.append(shown[f"{name}.x{place}"])
        whole = np.zeros((1 + width, 1 + width))
        whole[0, 0] = mm
        for place in range(width):
            whole[0, place + 1] = whole[place + 1, 0] = shown[f"{name}.mx{place}"]
            for other in range(place, width):
                whole[place + 1, other + 1] = whole[other + 1, place + 1] = shown[
                    f"{name}.xx{place}{other}"
                ]
        squares = whole.tolist()
    t, s = np.array(totals), np.array(squares)
    # A rate's variance is p (1 - p); all others are the sample's.
    ddof = 0 if kind is MetricKind.PROPORTION else 1
    return n, t / n, (s - np.outer(t, t) / n) / (n - ddof)


def _value(z: np.ndarray, theta: np.ndarray, kind: MetricKind) -> float:
    if kind is MetricKind.RATIO:
        found = z[0] / z[1]
        return float(found - theta[0] * z[2] / z[3]) if theta.size else float(found)
    return float(z[0] - theta @ z[1:]) if theta.size else float(z[0])


def _gradient(z: np.ndarray, theta: np.ndarray, kind: MetricKind) -> np.ndarray:
    """By finite differences: nothing of the code under test."""
    steps = np.eye(z.size) * 1e-6 * np.maximum(1.0, np.abs(z))
    return np.array(
        [
            (_value(z + step, theta, kind) - _value(z - step, theta, kind)) / (2 * step.sum())
            for step in steps
        ]
    )


def _absolute(shown: Any, kind: MetricKind, theta: np.ndarray) -> tuple[float, float, float]:
    """Effect, standard error, degrees of freedom of the difference."""
    parts = []
    for name in ("control", "treatment"):
        n, z, s = _arm(shown, name, kind)
        z = z if kind is MetricKind.RATIO else z[: 1 + theta.size]
        g = _gradient(z, theta, kind)
        parts.append((n, _value(z, theta, kind), float(g @ s[: z.size, : z.size] @ g)))
    (na, va, sa), (nb, vb, sb) = parts
    a, b = sa / na, sb / nb
    return vb - va, math.sqrt(a + b), (a + b) ** 2 / (a**2 / (na - 1) + b**2 / (nb - 1))


def _theta(shown: Any, kind: MetricKind) -> np.ndarray:
    """θ from both arms thrown together (means), by the delta method (ratios)."""
    if not shown.get("control.covariates"):
        return np.zeros(0)
    arms = [_arm(shown, name, kind) for name in ("control", "treatment")]
    if kind is MetricKind.RATIO:
        cross = before = 0.0
        for _, z, s in arms:
            g = np.array([1 / z[1], -z[0] / z[1] ** 2])
            h = np.array([1 / z[3], -z[2] / z[3] ** 2])
            cross += float(g @ s[:2, 2:] @ h)
            before += float(h @ s[2:, 2:] @ h)
        return np.array([cross / before])
    ddof = 0 if kind is MetricKind.PROPORTION else 1
    squares = sum(s * (n - ddof) + n * np.outer(z, z) for n, z, s in arms)
    n = sum(count for count, _, _ in arms)
    mean = sum(count * z for count, z, _ in arms) / n
    whole = squares - n * np.outer(mean, mean)
    return np.linalg.solve(whole[1:, 1:], whole[1:, 0])


@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("kind", [MetricKind.MEAN, MetricKind.PROPORTION, MetricKind.RATIO])
def test_fixed_numbers_follow_from_the_shown_sums(kind: MetricKind, adjusted: bool) -> None:
    found = _read(_rows(kind, adjusted=adjusted), kind)
    assert found.origin is not None
    assert found.absolute is not None
    assert found.relative is not None
    assert found.cuped is adjusted
    shown: Any = found.origin.inputs
    effect, error, degrees = _absolute(shown, kind, _theta(shown, kind))
    reach = stats.t.isf(found.origin.level / 2, degrees) * error
    assert found.absolute.estimate == pytest.approx(effect, rel=1e-6)
    assert found.absolute.standard_error == pytest.approx(error, rel=1e-5)
    assert found.absolute.ci == pytest.approx((effect - reach, effect + reach), rel=1e-4)
    base = shown["control.m"] / (
        shown["control.d"] if kind is MetricKind.RATIO else shown["control.n"]
    )
    assert found.relative.estimate == pytest.approx(effect / base, rel=1e-6)
    p_value = 2 * stats.t.sf(abs(found.relative.estimate / found.relative.standard_error), degrees)
    assert found.p_value == pytest.approx(p_value, rel=1e-4)


def test_relative_interval_is_the_delta_method() -> None:
    found = _read(_rows(MetricKind.MEAN, adjusted=False), MetricKind.MEAN)
    assert found.origin is not None
    assert found.relative is not None
    (na, a, sa), (nb, b, sb) = (
        (n, z[0], s[0, 0])
        for n, z, s in (
            _arm(found.origin.inputs, name, MetricKind.MEAN) for name in ("control", "treatment")
        )
    )
    error = math.sqrt(sb / nb / a**2 + sa / na * b**2 / a**4)
    assert found.relative.standard_error == pytest.approx(error, rel=1e-9)


def test_sequence_follows_from_the_shown_tuning() -> None:
    plan = AnalysisPlan(horizon=Horizon.CONFIDENCE_SEQUENCE, tuning_n=700)
    found = _read(_rows(MetricKind.MEAN), MetricKind.MEAN, plan)
    assert found.origin is not None
    assert found.relative is not None
    shown: Any = found.origin.inputs
    alpha = found.origin.level
    n, tuning = shown["control.n"] + shown["treatment.n"], shown["tuning_n"]
    log = -2 * math.log(alpha)
    rho2 = (log + math.log(log + 1)) / tuning
    growth = n * rho2 + 1
    reach = math.sqrt(2 * growth / (growth - 1) * math.log(math.sqrt(growth) / alpha))
    _holds(found.relative, reach)


def _holds(effect: Effect, reach: float) -> None:
    half = reach * effect.standard_error
    assert effect.ci == pytest.approx((effect.estimate - half, effect.estimate + half), rel=1e-9)


def test_post_stratified_effect_follows_from_the_shown_strata() -> None:
    rows = _rows(MetricKind.MEAN, adjusted=False)
    strata = {value: _rows(MetricKind.MEAN, value=value, adjusted=False) for value in ("a", "b")}
    whole = {}
    for name in ("control", "treatment"):
        parts = [
            strata[value][RollupKey(1, name, "own", "device", value, day_of(0))]
            for value in ("a", "b")
        ]
        key = RollupKey(1, name, "own", "", "", day_of(0))
        whole[key] = replace(
            rows[key],
            n=sum(p.n for p in parts),
            m=sum(p.m for p in parts),
            mm=sum(p.mm for p in parts),
        )
    rows |= whole
    for each in strata.values():
        rows |= each
    plan = AnalysisPlan(planned_units=10, post_stratify_by="device")
    found = _read(rows, MetricKind.MEAN, plan, design={"dimensions": ("device",)})
    assert found.origin is not None
    assert found.absolute is not None
    shown: Any = found.origin.inputs
    assert shown["estimator"] == "post_stratified"
    total = {
        value: sum(shown[f"{arm}[{value}].n"] for arm in ("control", "treatment"))
        for value in ("a", "b")
    }
    effect = sum(
        n / sum(total.values())
        * (shown[f"treatment[{v}].m"] / shown[f"treatment[{v}].n"] - shown[f"control[{v}].m"] / shown[f"control[{v}].n"])
        for v, n in total.items()
    )  # fmt: skip
    assert found.absolute.estimate == pytest.approx(effect, rel=1e-9)
    assert found.variance_reduction is not None


def test_period_stratified_effect_follows_from_the_shown_phases() -> None:
    rows = _rows(MetricKind.MEAN, phases=3)
    phases = tuple(phase(number, salt_version=number) for number in (1, 2, 3))
    found = _read(rows, MetricKind.MEAN, phases=phases, design={"kind": ExperimentKind.BANDIT})
    assert found.origin is not None
    assert found.absolute is not None
    shown: Any = found.origin.inputs
    assert shown["estimator"] == "period_stratified"
    assert [shown[f"phase {number} units"] for number in (1, 2, 3)] == [2 * N] * 3
    assert found.cuped


@pytest.mark.parametrize("spending", [Spending.OBRIEN_FLEMING, Spending.POWER])
def test_group_sequential_interval_and_p_follow_from_every_shown_look(spending: Spending) -> None:
    plan = AnalysisPlan(
        horizon=Horizon.GROUP_SEQUENTIAL, planned_units=4000, looks=5, alpha=0.1,
        spending=spending, spending_rho=1.5, minimum_runtime_days=1,
    )  # fmt: skip
    found = experiment_analyse(simulated(lift=0.1, design=design(plan=plan)))
    comparison = found.metrics[0].comparisons[0]
    assert comparison.origin is not None
    shown: Any = comparison.origin.inputs
    places = range(1, shown["looks taken"] + 1)
    assert len(places) > 1
    information = tuple(shown[f"look {place} information"] for place in places)
    own = SpendingPlan(Spending(shown["spending"]), shown["spending rho"], 2)

    def bounds(alpha: float) -> tuple[float, ...]:
        return boundaries_compute(information, alpha, own).z

    z = bounds(shown["alpha"])
    assert z == pytest.approx([shown[f"look {place} boundary"] for place in places])
    assert comparison.relative is not None
    reach = z[-1] * comparison.relative.standard_error
    assert comparison.relative.ci == pytest.approx(
        (comparison.relative.estimate - reach, comparison.relative.estimate + reach)
    )
    assert shown[f"look {len(places)} z"] == pytest.approx(
        comparison.relative.estimate / comparison.relative.standard_error
    )
    # p is the least level whose boundary some look passed: by bisection, from the shown z alone.
    low, high = 1e-9, 0.999
    for _ in range(40):
        middle = math.sqrt(low * high)
        passed = any(
            abs(shown[f"look {place} z"]) >= bound
            for place, bound in zip(places, bounds(middle), strict=True)
        )
        low, high = (low, middle) if passed else (middle, high)
    assert comparison.p_value == pytest.approx(high, rel=0.05)
    assert comparison.p_value == min(shown[f"look {place} p"] for place in places)


def test_quantile_follows_from_the_shown_order_statistics() -> None:
    values = {
        name: tuple(sorted(RNG.gamma(2.0, size, N)))
        for name, size in (("control", 3.0), ("treatment", 4.0))
    }
    rows = _rows(MetricKind.MEAN)
    found = _read(rows, MetricKind.QUANTILE, quantiles={"own": QuantileRollup("own", values)})
    assert found.origin is not None
    assert found.absolute is not None
    shown: Any = found.origin.inputs
    z = stats.norm.isf(0.025)
    errors = [
        (shown[f"{name}.upper"] - shown[f"{name}.lower"]) / (2 * z)
        for name in ("control", "treatment")
    ]
    assert found.absolute.estimate == shown["treatment.estimate"] - shown["control.estimate"]
    assert found.absolute.standard_error == pytest.approx(math.hypot(*errors), rel=2e-3)
