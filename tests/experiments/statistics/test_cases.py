from typing import Any

import pytest

from apps.experiments.domain.statistics.cases.runner import METHODS, case_run, cases_run

A = {"n": 1000, "sum": 500.0, "sum_squares": 900.0}
B = {"n": 1000, "sum": 550.0, "sum_squares": 980.0}
RATIO = {
    "n": 50,
    "sum_m": 20,
    "sum_squares_m": 30,
    "sum_d": 80,
    "sum_squares_d": 200,
    "sum_md": 45,
}
RATIO_BEFORE = {
    "sum_m_pre": 20,
    "sum_squares_m_pre": 30,
    "sum_d_pre": 80,
    "sum_squares_d_pre": 200,
    "sum_md_pre": 45,
    "sum_m_m_pre": 20,
    "sum_d_d_pre": 150,
    "sum_m_d_pre": 40,
    "sum_d_m_pre": 40,
}
QUANTILE = {"n": 1000, "quantile": 0.5, "estimate": 5.0, "lower": 4.8, "upper": 5.2}


def run(method: str, inputs: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    answer: dict[str, Any] = case_run(
        {"name": "case", "method": method, "inputs": inputs or {}, **top}
    )
    assert answer["name"] == "case"
    return answer


def result(method: str, inputs: dict[str, Any], **top: Any) -> dict[str, Any]:
    answer = run(method, inputs, **top)
    assert "result" in answer, answer
    body: dict[str, Any] = answer["result"]
    return body


def code(method: str, inputs: dict[str, Any], **top: Any) -> str:
    return str(run(method, inputs, **top)["error"]["code"])


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"control": {"n": 0, "sum": 0, "sum_squares": 0}, "treatment": B}, "no_data"),
        ({"control": {"n": 1, "sum": 1, "sum_squares": 1}, "treatment": B}, "too_few_units"),
        ({"control": {"n": 9, "sum": 9, "sum_squares": 9}, "treatment": B}, "zero_variance"),
        ({"control": {"n": 9, "sum": 0, "sum_squares": 5}, "treatment": B}, "zero_denominator"),
        (
            {"control": {"n": 2, "sum": 1396.87, "sum_squares": 52377.9767}, "treatment": B},
            "inconsistent_sums",
        ),
        ({"control": {"n": 9, "sum": 1e200, "sum_squares": 1e306}, "treatment": B}, None),
        ({"control": {"n": 10, "sum": 11}, "treatment": {"n": 10, "sum": 1}}, "inconsistent_sums"),
        ({"control": A, "treatment": RATIO}, "invalid_input"),
        ({"control": {**RATIO, "sum_d": 0}, "treatment": RATIO}, "zero_denominator"),
        (
            {
                "control": {**RATIO, **RATIO_BEFORE, "sum_d": 0, "sum_squares_d": 0},
                "treatment": {**RATIO, **RATIO_BEFORE},
            },
            "zero_denominator",
        ),
        ({"control": {"n": 2, "sum": 1e300, "sum_squares": 1e308}, "treatment": B}, None),
    ],
)
def test_what_cannot_be_computed_says_why(inputs: dict[str, Any], reason: str | None) -> None:
    for method in ("t_test", "sequential", "bayesian"):
        found = code(method, inputs)
        assert reason is None or found == reason


@pytest.mark.parametrize(
    ("method", "inputs", "top"),
    [
        ("t_test", {}, {}),
        ("t_test", {"control": A}, {}),
        ("t_test", {"control": A, "treatment": 3}, {}),
        ("t_test", {"control": A, "treatment": {"n": 1.5, "sum": 1}}, {}),
        ("t_test", {"control": {"n": 5}, "treatment": B}, {}),
        ("t_test", {"control": {"sum": 5}, "treatment": B}, {}),
        ("t_test", {"control": {**A, "sum": "many"}, "treatment": B}, {}),
        ("t_test", {"control": A, "treatment": B}, {"scale": "odd"}),
        ("t_test", {"control": A, "treatment": B}, {"scale": 3}),
        ("t_test", {"control": A, "treatment": B}, {"kind": "odd"}),
        ("t_test", {"control": A, "treatment": B}, {"alternative": "odd"}),
        ("t_test", {"control": A, "treatment": B}, {"one_sided": "yes"}),
        ("t_test", {"arms": [A]}, {}),
        ("bayesian", {"control": A, "treatment": B, "prior": {"mean": 1}}, {}),
        ("bayesian", {"control": A, "treatment": B, "prior": {"variance": 1, "scale": "x"}}, {}),
        ("beta_binomial", {"control": A, "treatment": B}, {}),
        ("non_inferiority", {"control": A, "treatment": B}, {}),
        ("pre_exposure_bias", {"control": RATIO, "treatment": RATIO}, {}),
        ("holm", {}, {}),
        ("srm", {"observed": 3}, {}),
        ("group_sequential", {"information": [0.5, 1], "spending": "fancy"}, {}),
        ("group_sequential", {}, {}),
        ("power", {"mean": 1, "relative_effect": 0.1}, {}),
        ("power", {"mean": 1, "variance": 1}, {}),
        ("post_stratification", {"strata": [{"control": QUANTILE, "treatment": A}]}, {}),
        ("post_stratification", {"strata": [{"control": A, "treatment": QUANTILE}]}, {}),
    ],
)
def test_what_cannot_be_read_is_invalid(
    method: str, inputs: dict[str, Any], top: dict[str, Any]
) -> None:
    assert code(method, inputs, **top) == "invalid_case"


def test_unknown_methods_and_odd_inputs_are_said() -> None:
    assert code("magic", {}) == "unknown_method"
    answer: dict[str, Any] = case_run({"name": "x", "method": "holm", "inputs": 3})
    assert answer["error"]["code"] == "invalid_case"
    assert cases_run([]) == []
    assert "t_test" in METHODS


def test_levels_come_by_several_names() -> None:
    inputs = {"control": A, "treatment": B}
    ninety = result("t_test", inputs, confidence=0.9)["ci"]
    assert ninety == result("t_test", inputs, alpha=1 - 0.9)["ci"]
    assert code("t_test", inputs, alpha=1.5) == "invalid_input"


@pytest.mark.parametrize(
    ("top", "alternative"),
    [
        ({"alternative": "two-sided"}, "two-sided"),
        ({"alternative": "larger"}, "greater"),
        ({"alternative": "less"}, "less"),
        ({"sides": 1}, "greater"),
        ({"one_sided": True, "lower_is_better": True}, "less"),
        ({"two_sided": False}, "greater"),
        ({"alternative": "one-sided"}, "greater"),
    ],
)
def test_sides_come_by_several_names(top: dict[str, Any], alternative: str) -> None:
    assert result("t_test", {"control": A, "treatment": B}, **top)["alternative"] == alternative


def test_means_may_come_as_mean_and_spread() -> None:
    by_sums = result("t_test", {"control": A, "treatment": B})
    arms = {}
    for name, arm in (("control", A), ("treatment", B)):
        mean = arm["sum"] / arm["n"]
        variance = (arm["sum_squares"] - arm["sum"] * mean) / (arm["n"] - 1)
        arms[name] = {"users": arm["n"], "mean": mean, "variance": variance}
    by_spread = result("t_test", arms)
    assert by_spread["p_value"] == pytest.approx(by_sums["p_value"], rel=1e-9)
    arms["control"]["sd"] = arms["control"].pop("variance") ** 0.5
    assert result("t_test", arms)["p_value"] == pytest.approx(by_sums["p_value"], rel=1e-9)
    assert code("t_test", {**arms, "control": {"n": 0, "mean": 1, "sd": 1}}) == "no_data"


def test_several_treatments_are_compared_and_adjusted() -> None:
    body = result(
        "t_test",
        {"control": A, "treatments": [B, {"n": 1000, "sum": 600.0, "sum_squares": 1100.0}]},
    )
    assert [row["name"] for row in body["comparisons"]] == ["treatment_1", "treatment_2"]
    assert len(body["holm"]) == 2
    named = result(
        "t_test", {"arms": [A, {**B, "name": "blue"}, {"n": 0, "sum": 0, "sum_squares": 0}]}
    )
    assert named["comparisons"][0]["name"] == "blue"
    assert named["comparisons"][1]["error"]["code"] == "no_data"
    assert "holm" not in named


def test_covariates_one_or_several() -> None:
    x = {"sum_x": 300.0, "sum_squares_x": 400.0, "sum_xy": 250.0}
    one = result("cuped", {"control": {**A, **x}, "treatment": {**B, **x}})
    lists = {"sum_x": [300.0], "sum_xx": [[400.0]], "sum_xy": [250.0]}
    same = result("cuped", {"control": {**A, **lists}, "treatment": {**B, **lists}})
    assert same == one
    constant = {
        "sum_x": [300.0, 1000.0],
        "sum_xx": [[400.0, 300.0], [300.0, 1000.0]],
        "sum_xy": [250.0, 500.0],
    }
    other = {**constant, "sum_xy": [250.0, 550.0]}
    two = result("cuped", {"control": {**A, **constant}, "treatment": {**B, **other}})
    assert two["theta"] == [pytest.approx(one["theta"]), 0.0]
    ragged = {**constant, "sum_xy": [250.0]}
    assert (
        code("cuped", {"control": {**A, **ragged}, "treatment": {**B, **ragged}})
        == "invalid_input"
    )
    mixed = {"control": {**A, **lists}, "treatment": {**B, **other}}
    assert code("cuped", mixed) == "invalid_input"


def test_priors_in_their_shapes() -> None:
    inputs = {"control": A, "treatment": B}
    flat = result("bayesian", inputs)
    for prior in ("flat", {"mean": 1, "variance": 1, "proper": False}):
        assert result("bayesian", {**inputs, "prior": prior}) == flat
    by_sd = result("bayesian", {**inputs, "prior": {"mean": 0, "stddev": 0.1}})
    assert by_sd == result("bayesian", {**inputs, "prior": {"mean": 0, "variance": 0.1**2}})
    absolute = {"mean": 0, "variance": (0.1 * 0.5) ** 2, "scale": "absolute"}
    same = result("bayesian", {**inputs, "prior": absolute})
    assert same["effect"] == pytest.approx(by_sd["effect"], rel=1e-12)
    assert code("bayesian", {**inputs, "prior": {"mean": 0, "variance": 0}}) == "invalid_input"
    zero = {
        "control": {"n": 9, "sum": 0, "sum_squares": 5},
        "treatment": B,
        "prior": {"variance": 1},
    }
    assert code("bayesian", zero, scale="absolute") == "zero_denominator"
