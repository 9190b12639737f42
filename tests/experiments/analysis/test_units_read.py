"""Whose values are read: quantiles of a scope, and pasts of units that nobody selected."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from apps.experiments.contracts.design import AnalysisPlan, ExperimentKind, Horizon
from apps.experiments.contracts.metrics import MetricKind
from apps.experiments.contracts.results import MetricResult
from apps.experiments.contracts.rollups import QuantileRollup
from apps.experiments.domain.analysis.analyse import experiment_analyse
from apps.experiments.domain.analysis.sums import covariates_usable
from tests.experiments.analysis.factory import design, metric, phase, simulated, sums

RNG = np.random.default_rng(11)
VALUES = QuantileRollup(
    "revenue",
    {name: tuple(np.sort(RNG.normal(mean, 1, 300))) for name, mean in
     (("control", 5.0), ("treatment", 6.0))},
)  # fmt: skip


def _quantile(plan: AnalysisPlan, **fields: Any) -> MetricResult:
    kind = fields.pop("kind", ExperimentKind.AB)
    base = replace(
        simulated(design=design(plan=plan, kind=kind)),
        metrics=(metric("revenue", MetricKind.QUANTILE),),
        quantiles={"revenue": VALUES},
    )
    return experiment_analyse(replace(base, **fields)).metrics[0]


@pytest.mark.parametrize("horizon", [Horizon.FIXED, Horizon.CONFIDENCE_SEQUENCE])
def test_quantiles_are_read_once_or_at_any_time(horizon: Horizon) -> None:
    row = _quantile(AnalysisPlan(horizon=horizon, planned_units=10))
    assert row.comparisons[0].state is None
    assert row.comparisons[0].relative is not None
    assert row.arms[0].value == pytest.approx(5.0, abs=0.3)


def test_a_quantile_has_no_planned_looks() -> None:
    row = _quantile(AnalysisPlan(horizon=Horizon.GROUP_SEQUENTIAL, planned_units=1000))
    [comparison] = row.comparisons
    assert comparison.state is not None
    assert "no planned looks" in comparison.state.message
    assert (comparison.relative, comparison.p_value, comparison.significant) == (None, None, False)
    assert row.arms[0].value is None
    assert row.arms[0].state == comparison.state


def test_a_bandit_s_quantile_is_that_of_one_phase() -> None:
    phases = (phase(1), phase(2, salt_version=2, weights=(0.2, 0.8)))
    plan = AnalysisPlan(planned_units=10)
    row = _quantile(plan, kind=ExperimentKind.BANDIT, phases=phases)
    [comparison] = row.comparisons
    assert comparison.state is not None
    assert "one phase" in comparison.state.message
    alone = _quantile(plan, kind=ExperimentKind.BANDIT, phases=phases, phase=2, salt_version=2)
    assert alone.comparisons[0].state is None


def test_a_past_that_the_treatment_may_have_selected_is_no_covariate() -> None:
    x = RNG.gamma(2.0, 3.0, (100, 1))
    row = sums(x[:, 0] + 1, x=x)
    everyone = metric("own").definition
    assert covariates_usable(everyone, [row, row])
    chosen = metric("own", missing_is_zero=False).definition
    assert not covariates_usable(chosen, [row, row])
