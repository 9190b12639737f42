from typing import Any

import pytest

from apps.experiments.domain.statistics.cases.runner import case_run

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
    ("spending", "same"),
    [
        ("alpha * t^2, two-sided", {"family": "power", "rho": 2}),
        ("alpha * t ** 3", "rho = 3"),
        ("alpha * t", {"family": "linear"}),
        ("alpha ln(1 + (e - 1) t)", "Pocock-like"),
        ("2 - 2 Phi(z / sqrt(t))", "O'Brien-Fleming-like"),
        ("kim_demets", {"name": "power", "rho": 2.0}),
        (None, "Lan-DeMets OBF"),
        ("pocock, one-sided", {"family": "pocock", "sides": 1}),
    ],
)
def test_spending_is_read_from_words_and_fields(spending: object, same: object) -> None:
    base = {"information": [0.5, 1.0]}
    left = result("group_sequential", {**base, "spending": spending})
    assert left["z"] == result("group_sequential", {**base, "spending": same})["z"]


def test_looks_so_far_are_read_against_their_boundaries() -> None:
    inputs = {"looks": 2, "rho": 2, "z_observed": [2.0, 2.1], "drift": 2.8}
    body = result("group_sequential", inputs)
    assert [look["crossed"] for look in body["looks"]] == [False, True]
    assert 0.7 < body["power"] < 0.9
    one = {"looks": 2, "effects": [0.1], "standard_errors": [0.01], "spending": "pocock one-sided"}
    assert result("group_sequential", one)["looks"][0]["ci"][1] is None
    assert code("group_sequential", {**one, "standard_errors": [0.0]}) == "zero_variance"
    assert code("group_sequential", {**one, "standard_errors": []}) == "invalid_input"


def test_plans_answer_whatever_their_inputs_allow() -> None:
    sized = result("sample_size", {"rate": 0.1, "relative_effect": 0.05, "daily_units": 1000})
    again = result(
        "power", {"rate": 0.1, "relative_effect": 0.05, "n_total": sized["sample_size"]}
    )
    assert again["power"] == pytest.approx(0.8, abs=1e-4)
    assert sized["runtime_days"] == -(-sized["sample_size"] // 1000)
    assert sized["n_per_arm"][0] * 2 >= sized["sample_size"]
    mde = result("mde", {"mean": 10, "stddev": 5, "n_per_arm": 1000, "kind": "mean"})
    assert mde["mde"] == mde["mde_at_80"] < mde["mde_at_90"]
    tiny = result("power", {"mean": 1, "variance": 100, "n_total": 10, "relative_effect": 0.1})
    assert tiny["mde"] is None
    assert tiny["mde_unavailable"]["code"] == "no_solution"
    assert code("mde", {"mean": 1, "variance": 100, "n_total": 10}) == "no_solution"
    none = result("power", {"mean": 1, "variance": 1, "absolute_effect": 0, "n_total": 10})
    assert none["sample_size"] is None
    from_sums = result(
        "power", {"baseline": RATIO, "effect": 0.1, "weights": [0.5, 0.25, 0.25], "n": 500}
    )
    assert 0 < from_sums["power"] < 1
    by_quantile = result("power", {"baseline": QUANTILE, "effect": 0.1, "n": 1000})
    assert 0 < by_quantile["power"] < 1
    kind = {"mean": 0.1, "kind": "binomial", "relative_effect": 0.05, "n_total": 1000}
    assert (
        result("power", kind)["power"]
        == result("power", {"rate": 0.1, "relative_effect": 0.05, "n_total": 1000})["power"]
    )
    sequence = {**kind, "tuning_n": 5000}
    assert result("power", sequence) == result("sequential_power", kind)
    many = result("power", {**kind, "looks": 3, "spending": "pocock"})
    assert many["power"] == many["power_at_look"]


def test_checks_and_trends_have_their_cases() -> None:
    assert result("srm", {"observed": [500, 500]})["p_value"] == 1.0
    assert result("srm", {"observed": [600, 400], "weights": [6, 4]})["p_value"] == 1.0
    assert result("multiple_exposure", {"units": 1000, "multiple": 20})["alarm"]
    assert (
        result("non_inferiority", {"control": A, "treatment": B, "margin": -0.02})["margin"]
        == 0.02
    )
    assert not result("pre_exposure_bias", {"control": A, "treatment": B})["biased"]
    days = [{"day": d, "effect": 1 - 0.1 * d, "standard_error": 0.01} for d in range(5)]
    assert result("novelty", {"days": days})["fading"]
    phase = {"control": A, "treatment": B}
    assert not result("simpson", {"phases": [phase, phase], "pooled": phase})["reversal"]
    assert (
        result(
            "two_proportions",
            {"control": {"n": 9, "sum": 3, "sum_squares": 3}, "treatment": {"n": 9, "sum": 4}},
        )["p_value"]
        > 0.5
    )
    rates = {"control": {"n": 9, "sum": 3}, "treatment": {"n": 9, "sum": 4}}
    assert 0.5 < result("beta_binomial", rates)["chance_to_win"] < 0.8
    assert code("holm", {"p_values": []}) == "no_data"
    values = {"control": [1.0, 2.0, 3.0, 4.0] * 30, "treatment": [2.0, 3.0, 4.0, 5.0] * 30}
    assert result("quantile_bootstrap", {**values, "quantile": 0.4})["effect"] > 0
    clusters = {
        "clusters": 400,
        "sum_s": 900,
        "sum_squares_s": 2800,
        "sum_n": 1000,
        "sum_squares_n": 3000,
        "sum_sn": 2750,
    }
    summary = {
        "control": {**QUANTILE, "clusters": clusters},
        "treatment": QUANTILE,
        "quantile": 0.9,
    }
    assert result("quantile", summary)["effect"] == 0
    strata = [phase, phase]
    assert result("post_stratification", {"strata": strata})["effect"] == pytest.approx(0.1)
    assert code("post_stratification", {"strata": []}) == "no_data"
