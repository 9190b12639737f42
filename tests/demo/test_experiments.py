"""The demo's experiments tell the truth that was planted, and are lived through once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng
from pytest_django import Settings

from apps.demo.contracts import Behaviour, Effect, ShopperConfig
from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.domain.lived_experiments import SEARCH_KEY
from apps.demo.domain.planted import (
    EARNING,
    MOST,
    NO_EFFECT_AA,
    PLANTED,
    RAMPED,
    TEAM_LIFT,
    behaviour_thinned,
    effect_of_answer,
    effects_combined,
    teams_thinned,
)
from apps.demo.services.credentials import credentials_ensure
from apps.demo.services.experiments import experiments_live
from apps.demo.services.lived import _experiments_begin
from apps.demo.services.stages import DemoPlan
from apps.events.selectors import events_count
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import Outcome
from apps.experiments.contracts.results import ExperimentResults, HealthStatus
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.analysis import results_for
from apps.experiments.services.metrics import metrics_ensure_shipped

AS_OF = datetime(2026, 11, 21, 10, tzinfo=UTC)


def played(searches: int, units: int = 2) -> Behaviour:
    """Everything was clicked, bought twice and sent back."""
    yes = np.ones((searches, 4), bool)
    return Behaviour(yes, yes, np.full(yes.shape, units), yes)


def test_thinning_keeps_the_ratio_of_the_chances() -> None:
    config, effect = ShopperConfig(), Effect(ctr=0.1, conversion=0.2, revenue=0.1)
    rows = np.tile([effect.ctr, effect.conversion, effect.revenue], (20_000, 1))
    found = behaviour_thinned(default_rng(1), played(20_000), rows, config)
    clicked = (1 + effect.ctr) / (1 + MOST.ctr)
    assert found.clicked.mean() == pytest.approx(clicked, abs=0.01)
    assert np.array_equal(found.clicked, found.carted)
    kept = clicked * (1 + effect.conversion) / (1 + MOST.conversion)
    assert found.bought.mean() == pytest.approx(kept, abs=0.01)
    once = config.second_unit_chance
    twice = (once + effect.revenue * (1 + once)) / (once + MOST.revenue * (1 + once))
    assert (found.units[found.bought] == 2).mean() == pytest.approx(twice, abs=0.02)
    assert not (found.returned & ~found.bought).any()


def test_hits_of_the_other_team_lose_clicks_and_what_followed() -> None:
    teams = np.tile([0, 1, 2, -1], (20_000, 1))
    found = teams_thinned(default_rng(2), played(20_000), teams, TEAM_LIFT)
    kept = found.clicked.mean(axis=0)
    assert kept == pytest.approx([1 / (1 + TEAM_LIFT), 1, 1, 1], abs=0.01)
    assert np.array_equal(found.clicked, found.units > 0)
    assert np.array_equal(found.clicked, found.returned)


def test_no_mixture_of_effects_exceeds_what_was_played() -> None:
    largest = [max(p.effects.values(), key=lambda e: e.ctr) for p in PLANTED if p.effects]
    most = (MOST.ctr, MOST.conversion, MOST.revenue)
    assert all(one <= other for one, other in zip(effects_combined(largest), most, strict=True))


def test_an_answer_names_the_effects_of_its_shopper() -> None:
    answer: list[dict[str, object]] = [
        {"key": "fresh-first", "variant": "fresh", "phase": 3},
        {"key": "badge-bandit", "variant": "bestseller", "phase": 2},
        {"key": "unknown", "variant": "fresh"},
        {"key": "large-photos", "variant": "large", "forced": True},
    ]
    assert effect_of_answer(answer).ctr == pytest.approx(1.18 * 1.3 - 1)
    assert effect_of_answer([]) == Effect()


def ctr_check(results: ExperimentResults, variant: str, truth: float) -> None:
    """The effect on clicks lies within 4.5 standard errors of what was planted."""
    metric = next(one for one in results.metrics if one.key == "ctr")
    found = next(one for one in metric.comparisons if one.variant == variant).relative
    assert found is not None
    assert abs(found.estimate - truth) < 4.5 * found.standard_error, (results.key, variant)


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_results_recover_what_was_planted(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.SHOP_STOREFRONT_KEY_FILE = str(tmp_path / "storefront-key")
    credentials_ensure(origins=("http://127.0.0.1:8000",))
    plan = DemoPlan(products=300, days=30, seed=7, as_of=AS_OF)
    catalogue = catalogue_generate(seed=7, count_wanted=300, as_of=AS_OF)
    metrics_ensure_shipped()
    _experiments_begin(AS_OF - timedelta(days=10))
    experiments_live(plan, catalogue)
    # Those switch real code, which does not answer these shoppers.
    assert not any(results_for(key=SEARCH_KEY, as_of=AS_OF).units.values())
    results = {each.key: results_for(key=each.key, as_of=AS_OF) for each in PLANTED}

    for planted in PLANTED:
        for variant, effect in planted.effects.items():
            ctr_check(results[planted.key], variant, effect.ctr)
    ctr_check(results[NO_EFFECT_AA.key], "b", 0.0)

    weights = experiment_view("category-weights")
    assert weights.status is Status.COMPLETED
    assert weights.decision is not None
    assert weights.decision.outcome is Outcome.SHIP
    assert weights.decision.shipped["message"]
    (mismatch,) = [
        check
        for check in results["large-photos"].health
        if check.code == "srm" and check.status is HealthStatus.ALARM and not check.scope
    ]
    assert mismatch.p_value is not None
    assert mismatch.p_value < 0.001
    ramp = experiment_view(RAMPED.key).phases
    assert [phase.coverage for phase in ramp] == [0.1, 0.5, 1.0]
    assert {phase.salt_version for phase in ramp} == {1}
    last = experiment_view(EARNING.key).phases[-1]
    assert last.number > 1  # once one badge has all but the floors, updates change nothing
    assert last.weights[1] > 0.5
    panel = results["words-or-meaning"].interleaving
    assert panel is not None
    assert panel.significant
    assert panel.preference is not None
    assert panel.preference > 0

    assert experiment_view("delivery-date").status is Status.DRAFT
    assert experiment_view("search-without-meaning").status is Status.IN_REVIEW

    before = events_count()
    experiments_live(plan, catalogue)
    assert events_count() == before
