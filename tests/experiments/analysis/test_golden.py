import json
from pathlib import Path
from typing import Any

import pytest

from apps.experiments.contracts.design import (
    AnalysisPlan,
    ExperimentKind,
    Horizon,
    Method,
    MetricRole,
    MetricUse,
)
from apps.experiments.contracts.metrics import MetricKind
from apps.experiments.contracts.results import Comparison
from apps.experiments.contracts.rollups import RollupKey, RollupSums
from apps.experiments.domain.analysis.analyse import experiment_analyse
from tests.experiments.analysis.factory import context, day_of, design, metric, phase

GOLDEN = Path(__file__).parents[2] / "golden" / "analysis.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text())["cases"]
PLANS: dict[str, dict[str, Any]] = {
    "t_test": {},
    "sequential": {"horizon": Horizon.CONFIDENCE_SEQUENCE},
    "bayesian": {"method": Method.BAYESIAN},
    "periods": {},
}


def _row(arm: dict[str, float]) -> RollupSums:
    if "sum_m" in arm:
        found: dict[str, Any] = {
            "m": arm["sum_m"], "mm": arm["sum_squares_m"], "d": arm["sum_d"],
            "dd": arm["sum_squares_d"], "md": arm["sum_md"],
        }  # fmt: skip
        if "sum_m_pre" in arm:
            found |= {
                "x": (arm["sum_m_pre"],), "xx": (arm["sum_squares_m_pre"],),
                "z": arm["sum_d_pre"], "zz": arm["sum_squares_d_pre"], "xz": arm["sum_md_pre"],
                "mx": (arm["sum_m_m_pre"],), "dx": (arm["sum_d_m_pre"],),
                "mz": arm["sum_m_d_pre"], "dz": arm["sum_d_d_pre"],
            }  # fmt: skip
        return RollupSums(n=int(arm["n"]), rows=1, **found)
    row: dict[str, Any] = {"m": arm["sum"], "mm": arm.get("sum_squares", arm["sum"])}
    if "sum_x" in arm:
        row |= {
            "x": (arm["sum_x"],),
            "xx": (arm["sum_squares_x"],),
            "mx": (arm["sum_xy"],),
            "dx": (0.0,),
        }
    return RollupSums(n=int(arm["n"]), rows=1, **row)


def _compared(case: dict[str, Any]) -> Comparison:
    prior = case.get("prior_variance")
    plan = AnalysisPlan(
        alpha=case["alpha"],
        tuning_n=case.get("tuning_n") or 5000,
        prior_sd=None if prior is None else prior**0.5,
        planned_units=10,
        **PLANS[case["method"]],
    )
    phases = case.get("phases") or [case["arms"]]
    rows = {
        RollupKey(number, name, "own", "", "", day_of(0)): _row(arm)
        for number, arms in enumerate(phases, start=1)
        for name, arm in arms.items()
    }
    kind = ExperimentKind.BANDIT if len(phases) > 1 else ExperimentKind.AB
    results = experiment_analyse(
        context(
            rows,
            (metric("own", MetricKind(case["kind"])),),
            design=design(MetricUse("own", MetricRole.PRIMARY, 1), plan=plan, kind=kind),
            phases=tuple(
                phase(number, salt_version=number) for number in range(1, len(phases) + 1)
            ),
        )
    )
    return results.metrics[0].comparisons[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_published_numbers_stand_on_the_page(case: dict[str, Any]) -> None:
    assert case["source"]
    found = _compared(case)
    effect = found.relative if case["scale"] == "relative" else found.absolute
    expected, near = case["expected"], {"abs": case["tolerance"]}
    if (
        case["method"] == "bayesian"
        and case["kind"] == "proportion"
        and not case["prior_variance"]
    ):
        # Rates under a flat prior are read by their exact Beta posteriors, not the normal one.
        assert found.chance_to_win == pytest.approx(expected["chance_to_win"], abs=0.005)
        return
    assert effect is not None
    if "effect" in expected:
        assert effect.estimate == pytest.approx(expected["effect"], **near)
    if "ci" in expected:
        assert effect.ci == pytest.approx(tuple(expected["ci"]), **near)
    error = expected.get("posterior_sd", expected.get("standard_error"))
    if error is not None:
        assert effect.standard_error == pytest.approx(error, **near)
    # The page's p-value is of the relative effect.
    if case["scale"] == "relative" and "p_value" in expected:
        assert found.p_value == pytest.approx(expected["p_value"], **near)
    if "chance_to_win" in expected and case["scale"] == "relative":
        assert found.chance_to_win == pytest.approx(expected["chance_to_win"], **near)
        assert found.expected_loss == pytest.approx(expected["risk"][1], **near)
