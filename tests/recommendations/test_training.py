from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django import Settings

from apps.events.services.ingest import events_ingest
from apps.jobs.contracts import JobContext, job_spec
from apps.model_registry.models import ArtifactState, ArtifactVersion
from apps.model_registry.services.rollback import artifact_rollback
from apps.recommendations.contracts_models import ARTIFACT, Family, Unfit
from apps.recommendations.domain.blending import Recipe
from apps.recommendations.domain.choosing import DEFAULT
from apps.recommendations.domain.searching import MOST_POINTS, knobs_of
from apps.recommendations.engines.als import ImplicitAls
from apps.recommendations.engines.spark_als import SparkAls
from apps.recommendations.selectors.recommender import recommender_holder, recommender_now
from apps.recommendations.services import choosing
from apps.recommendations.services.choosing import Choice
from apps.recommendations.services.fitting import Plan, factor_trainer
from apps.recommendations.services.training import (
    Trained,
    recommender_publish,
    recommender_train,
)
from tests.recommendations.taste_groups import cells, purchases_ingest

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _no_search(settings: Settings) -> None:
    settings.RECOMMENDER_SEARCH_S = 0


def context(as_of: datetime = NOW) -> JobContext:
    return JobContext(
        run_id=1, job_name="train_recommender", attempt=1, scheduled_for=as_of, as_of=as_of,
        params={}, progress=lambda _done, _total, _message: None, cancelled=lambda: False,
    )  # fmt: skip


def trained(**more: Any) -> Trained:
    found = recommender_train(as_of=NOW, **more)
    assert isinstance(found, Trained)
    return found


def folder() -> Path:
    version = ArtifactVersion.objects.get(name=ARTIFACT, is_active=True)
    return Path(django_settings.ARTIFACT_STORE) / version.location


def test_the_job_publishes_what_foretells_the_shop_best() -> None:
    purchases_ingest(NOW)
    outcome = job_spec("train_recommender").run(context())
    assert outcome["outcome"] == "published"
    assert outcome["users"] == 60
    model = recommender_now()
    assert model is not None
    assert model.card.number == outcome["version"] == recommender_holder.number
    assert 0.0 < model.card.metrics["ndcg_at_10_new"] <= 1.0
    scores = model.scores(model.taste(cells(0, 1, 2)))
    assert scores[3:10].min() > scores[10:].max()
    version = ArtifactVersion.objects.get(name=ARTIFACT, is_active=True)
    assert version.metadata["users"] == 60
    assert version.metadata["validation"] == "2 periods before the end"
    assert {"as_of", "oldest", "als.factors", "metric.ndcg_at_10_all"} <= set(version.metadata)


def test_personal_families_win_over_popularity_where_tastes_differ() -> None:
    purchases_ingest(NOW)
    weights = trained().model.recipe.weights
    assert {Family.ALS, Family.EASE, Family.ITEM_ITEM} & set(weights)


def test_the_future_of_as_of_is_not_looked_at() -> None:
    purchases_ingest(NOW)
    early = NOW - timedelta(days=45)
    found = recommender_train(as_of=early)
    assert isinstance(found, Trained)
    assert found.model.card.as_of <= early.timestamp()
    assert found.training.at.max() < early.timestamp()


def test_old_events_are_as_old_as_the_last_of_them_says() -> None:
    """A shop imported with its own times is trained as on its last day, not years later."""
    purchases_ingest(NOW - timedelta(days=400))
    card = trained().model.card
    last = datetime.fromtimestamp(card.as_of, tz=UTC)
    assert NOW - timedelta(days=402) < last < NOW - timedelta(days=399)


@pytest.mark.parametrize(
    ("setting", "least", "reason"),
    [
        ("RECOMMENDER_LEAST_USERS", 61, Unfit.FEW_USERS),
        ("RECOMMENDER_LEAST_PRODUCTS", 21, Unfit.FEW_PRODUCTS),
        ("RECOMMENDER_LEAST_INTERACTIONS", 10_000, Unfit.FEW_INTERACTIONS),
    ],
)
def test_too_little_publishes_nothing_and_the_old_model_serves(
    setting: str, least: int, reason: Unfit, settings: Settings
) -> None:
    purchases_ingest(NOW)
    number = recommender_publish(trained=trained(choice=Choice()))
    setattr(settings, setting, least)
    assert job_spec("train_recommender").run(context()) == {"outcome": reason.value}
    assert ArtifactVersion.objects.filter(name=ARTIFACT).count() == 1
    model = recommender_now()
    assert model is not None
    assert model.card.number == number


def test_a_shop_without_events_and_one_with_a_single_user() -> None:
    assert recommender_train(as_of=NOW) is Unfit.EMPTY
    assert recommender_now() is None
    item = {"type": "view", "product_id": "p", "user_id": "u", "occurred_at": NOW}
    assert not events_ingest(items=[item], received_at=NOW).errors
    assert recommender_train(as_of=NOW + timedelta(hours=1)) is Unfit.FEW_USERS


def test_where_nothing_can_be_validated_the_default_family_is_trained() -> None:
    """Everything happened within an hour: no earlier time can foretell a later one."""
    items = [
        {
            "type": "view", "user_id": f"v{n % 40}", "product_id": f"a{n % 11}",
            "occurred_at": NOW - timedelta(minutes=n % 50), "attributes": {"n": n},
        }
        for n in range(440)
    ]  # fmt: skip
    assert not events_ingest(items=items, received_at=NOW).errors
    found = trained()
    assert found.model.recipe == DEFAULT
    assert found.model.card.metrics == {}
    assert found.model.card.parameters["validation"] == "not computable"


def test_a_corrupt_artifact_is_refused_and_the_old_one_serves() -> None:
    purchases_ingest(NOW)
    first = trained(choice=Choice())
    old = recommender_publish(trained=first)
    assert recommender_now() is not None
    recommender_publish(trained=first)
    path = folder() / "item_factors.npy"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    model = recommender_now()
    assert model is not None
    assert model.card.number == old
    assert recommender_holder.state.reason == "checksum"


def test_an_older_version_is_activated_again() -> None:
    purchases_ingest(NOW)
    first = trained(choice=Choice())
    old = recommender_publish(trained=first)
    recommender_publish(trained=first)
    artifact_rollback(name=ARTIFACT, number=old, actor=None)
    model = recommender_now()
    assert model is not None
    assert model.card.number == old
    states = ArtifactVersion.objects.filter(name=ARTIFACT).values_list("state", flat=True)
    assert set(states) == {ArtifactState.READY}


def test_clients_have_no_kept_factors_and_users_have_theirs() -> None:
    purchases_ingest(NOW)
    item = {
        "type": "view",
        "product_id": "a1",
        "client_id": "c9",
        "occurred_at": NOW - timedelta(1),
    }
    assert not events_ingest(items=[item], received_at=NOW).errors
    found = trained(choice=Choice())
    assert found.training.user_ids.row_of("c:c9") >= 0
    assert found.model.user_factors("c9") is None
    assert found.model.user_factors("007") is not None
    assert len(found.model.user_ids) == 60


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("RECOMMENDER_FACTORS", 12, "als.factors"),
        ("RECOMMENDER_REGULARIZATION", 2.5, "als.regularization"),
        ("RECOMMENDER_ALPHA", 7.0, "als.alpha"),
        ("RECOMMENDER_ITERATIONS", 3, "als.iterations"),
        ("RECOMMENDER_EASE_REGULARIZATION", 33.0, "ease.regularization"),
        ("RECOMMENDER_NEIGHBOURS", 7, "neighbours"),
        ("RECOMMENDER_HALF_LIFE_DAYS", 45.0, "half_life_days"),
        ("RECOMMENDER_REPEAT_HALF_LIFE_DAYS", 46.0, "repeat.half_life_days"),
        ("RECOMMENDER_POPULARITY_HALF_LIFE_DAYS", 47.0, "popularity.half_life_days"),
        ("RECOMMENDER_MOMENTUM_DAYS", 48.0, "momentum.days"),
    ],
)
def test_each_parameter_is_a_setting(
    setting: str, value: float, name: str, settings: Settings
) -> None:
    setattr(settings, setting, value)
    assert Plan.configured().parameters()[name] == value


def test_settings_reach_the_artifact_and_its_factors(settings: Settings) -> None:
    purchases_ingest(NOW)
    settings.RECOMMENDER_FACTORS, settings.RECOMMENDER_ALPHA = 12, 7.0
    settings.RECOMMENDER_HALF_LIFE_DAYS = 45.0
    found = trained()
    assert found.model.trained.shape[1] == 12
    assert found.model.parts.half_life_days == 45.0
    recommender_publish(trained=found)
    kept = ArtifactVersion.objects.get(name=ARTIFACT, is_active=True).metadata
    assert (kept["als.factors"], kept["als.alpha"], kept["half_life_days"]) == (12, 7.0, 45.0)
    assert kept["search.parameters"] == 0
    told = {name: kept[f"weight.{name}"] for name in ("purchase", "add_to_cart", "view", "click")}
    assert told == {"purchase": 3.0, "add_to_cart": 2.0, "view": 1.0, "click": 1.0}


def test_the_search_begins_with_the_settings_and_notes_what_it_tried(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchases_ingest(NOW)
    both = Recipe({Family.EASE: 0.7, Family.ALS: 0.3, Family.POPULARITY: 0.01}, 0.25)
    monkeypatch.setattr(f"{choosing.__name__}.recipes", lambda: (both,))
    settings.RECOMMENDER_SEARCH_S = 600
    settings.RECOMMENDER_EASE_REGULARIZATION, settings.RECOMMENDER_HALF_LIFE_DAYS = 3_000.0, 8.0
    settings.RECOMMENDER_FACTORS, settings.RECOMMENDER_ITERATIONS = 8, 2
    found = trained()
    kept = found.model.card.parameters
    count = kept["search.parameters"]
    assert isinstance(count, int)
    assert 10 <= count <= MOST_POINTS
    tried = [str(kept[f"search.{place:02}"]) for place in range(1, count + 1)]
    names = {knob.name for knob in knobs_of(tuple(both.weights))}
    assert len(names) == 5
    assert {each.split("=")[0] for each in tried} == names
    better = [each for each in tried if each.endswith(", kept")]
    values = {each.split("=")[0]: float(each.split("=")[1].split(":")[0]) for each in better}
    assert {name: kept[name] for name in values} == values, "the last that was kept is trained"
    assert float(str(kept["search.best"])) >= float(str(kept["search.first"])) > 0.0


def test_who_factorises_is_a_setting(settings: Settings) -> None:
    assert isinstance(factor_trainer(), ImplicitAls)
    settings.RECOMMENDER_TRAINER = "spark"
    assert isinstance(factor_trainer(), SparkAls)
