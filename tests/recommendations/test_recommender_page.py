"""The page about the model: empty, served, stale, refused; versions and the way back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from apps.access.models import User
from apps.model_registry.models import ArtifactVersion
from apps.recommendations.contracts_models import ModelCard
from apps.recommendations.domain.model_words import contenders, families_words, metric_lines
from apps.recommendations.selectors.recommender import recommender_holder
from apps.recommendations.services.choosing import Choice
from apps.recommendations.services.training import Trained, recommender_publish
from tests.browser import ChromiumPages
from tests.experiments.api.conftest import person_client
from tests.recommendations.affinity_stage import model_of
from tests.recommendations.test_browser_placements import shots
from tests.search.catalogue import catalogue_create

pytestmark = pytest.mark.django_db
PAGE = "/admin/recommendations/recommender/"
METRICS = {
    "ndcg_at_10_new": 0.1234,
    "ndcg_at_10_all": 0.3456,
    "worth.popularity": 0.1,
    "worth.als": 0.15,
    "worth.als+ease": 0.2,
}


@pytest.fixture(autouse=True)
def _own_stores(settings: Settings, tmp_path: Path) -> None:
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    settings.ARTIFACT_CACHE = str(tmp_path / "cache")


def publish(as_of: datetime, **card: Any) -> int:
    """A version that knows twelve of the catalogue's products, and one that is gone."""
    model = model_of([f"p-0-{at}" for at in range(8)] + ["p-1-0", "p-1-1", "p-9-9"], ["u1"])
    told = replace(
        model.card,
        as_of=as_of.timestamp(),
        first_at=(as_of - timedelta(days=90)).timestamp(),
        interactions=1234,
        metrics=METRICS,
        **card,
    )
    trained = Trained(replace(model, card=told), None, Choice(), 1.5)  # type: ignore[arg-type]  # what is published does not need it
    return recommender_publish(trained=trained)


def page(client: Client) -> Any:
    return client.get(PAGE)


def test_before_the_first_training_it_says_so() -> None:
    catalogue_create()
    found = page(person_client("olga", "operator"))
    assert found.status_code == 200
    assert found.context["overview"].served is None
    assert "No training has published a model." in found.content.decode()
    assert "NDCG" not in found.content.decode()


def test_why_a_training_published_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "apps.recommendations.selectors.model_overview"
    monkeypatch.setattr(f"{told}.last_summary", lambda _job: {"outcome": "few_users"})
    monkeypatch.setattr(f"{told}.last_success_at", lambda _job: timezone.now())
    body = page(person_client("olga", "operator")).content.decode()
    assert "published nothing: there were too few shoppers" in body


def test_what_serves(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    catalogue_create()
    publish(timezone.now() - timedelta(days=2))
    number = publish(timezone.now() - timedelta(hours=3))
    client = person_client("olga", "operator")
    page(client)
    with django_assert_max_num_queries(12):
        found = page(client)
    served = found.context["overview"].served
    assert served.card.number == number == 2
    assert not served.stale
    # One of those it knows is inactive, and one is gone.
    assert (served.known, served.active, served.cold) == (10, 35, 25)
    body = found.content.decode()
    for words in ("1234 interactions", "0.1234", "0.3456", "EASE", "2.00", "chosen"):
        assert words in body, words
    assert [each.older for each in found.context["overview"].lines] == [False, True]
    first = ArtifactVersion.objects.get(number=1)
    assert reverse("admin:model_registry_artifactversion_activate", args=(first.pk,)) in body


def test_one_click_leads_back_to_a_former_version() -> None:
    catalogue_create()
    publish(timezone.now())
    publish(timezone.now())
    client = person_client("olga", "operator")
    first = ArtifactVersion.objects.get(number=1)
    address = reverse("admin:model_registry_artifactversion_activate", args=(first.pk,))
    client.post(address, {"reason": "worse"})
    assert recommender_holder.number == 1
    assert page(client).context["overview"].served.card.number == 1
    assert "Activate 2" in page(client).content.decode()


def test_what_it_knows_grows_old() -> None:
    catalogue_create()
    days = django_settings.RECOMMENDER_STALE_DAYS
    publish(timezone.now() - timedelta(days=days + 1))
    assert "stale" in page(person_client("olga", "operator")).content.decode()


def test_a_version_that_cannot_be_served_is_told(settings: Settings) -> None:
    catalogue_create()
    publish(timezone.now())
    recommender_holder._snapshot.forget()
    ArtifactVersion.objects.update(signature="0" * 64)
    settings.ARTIFACT_CACHE += "-other"
    body = page(person_client("olga", "operator")).content.decode()
    assert "cannot be (signature); nothing is served" in body


def test_who_may_look_and_who_may_turn() -> None:
    catalogue_create()
    publish(timezone.now())
    publish(timezone.now())
    shown = page(person_client("mara", "merchandiser"))
    assert shown.status_code == 200
    assert "Roll back" not in shown.content.decode()
    outsider = person_client("out")
    assert page(outsider).status_code == 403
    assert page(Client()).status_code == 302


def test_contenders_are_told_against_popularity() -> None:
    card = ModelCard(1, 0.0, 0.0, 1, 1, 1, {"als": 1.0, "popularity": 0.01}, {}, METRICS)
    told = contenders(card)
    assert [(each.words, each.chosen) for each in told] == [
        ("matrix factors (ALS) + EASE", False),
        ("matrix factors (ALS)", True),
        ("popularity", False),
    ]
    assert told[0].against_popularity == pytest.approx(2.0)
    assert contenders(replace(card, families={"popularity": 1.0}))[2].chosen
    unknown = replace(card, metrics={"worth.als": 0.2})
    assert contenders(unknown)[0].against_popularity is None
    assert contenders(replace(card, metrics={})) == ()
    assert families_words({"als": 0.3, "ease": 0.7}) == "EASE 0.7 + matrix factors (ALS) 0.3"
    assert [title for title, _ in metric_lines({"worth.als": 1.0, "my_own": 2.0})] == ["my own"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_on_every_screen(live_server: LiveServer, chromium_page: ChromiumPages) -> None:
    olga = User.objects.create_superuser("olga")
    catalogue_create()
    pages = chromium_page(width=1440, signed_in=olga, base_url=live_server.url)
    pages.goto(PAGE)
    shots(chromium_page, pages, "recommender-empty")
    publish(timezone.now() - timedelta(days=30))
    publish(datetime.now(tz=UTC) - timedelta(hours=3), families={"als": 0.3, "ease": 0.7})
    pages.goto(PAGE)
    expect(pages.get_by_role("link", name="Roll back to 1")).to_be_visible()
    shots(chromium_page, pages, "recommender")
