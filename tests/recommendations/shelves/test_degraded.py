"""What a shelf had to do without, and says so."""

from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings

from apps.access.models import User
from apps.common.snapshots import snapshots_forget
from apps.recommendations.models import PlacementVersion
from apps.recommendations.services.choosing import Choice
from apps.recommendations.services.training import Trained, recommender_publish
from tests.events.sessions import VISIT, event_of, ingest
from tests.recommendations.affinity_stage import model_of
from tests.recommendations.shelves.conftest import Shelf
from tests.recommendations.test_placements import publish

pytestmark = pytest.mark.usefixtures("catalogue")


def test_a_model_that_cannot_be_read_is_named_and_one_that_never_was_is_not(
    shelf: Shelf, settings: Settings
) -> None:
    assert shelf(user_id="u")["degraded"] == []
    model = model_of(["p-0-0", "p-1-1"])
    recommender_publish(trained=Trained(model, None, Choice(), 1.5))  # type: ignore[arg-type]  # what is published does not need it
    assert shelf(user_id="u")["degraded"] == []
    for folder in (settings.ARTIFACT_STORE, settings.ARTIFACT_CACHE):
        for path in Path(folder).rglob("item_factors.npy"):
            path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    snapshots_forget()
    answer = shelf(user_id="u")
    assert answer["degraded"] == ["recommender"]
    assert answer["items"]


def test_a_placement_that_cannot_be_read_is_named(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(User.objects.create_user("mara"), title="Read me")
    assert (shelf("home")["title"], shelf("home")["degraded"]) == ("Read me", [])
    monkeypatch.setattr(PlacementVersion, "content", lambda _row: {"mix": "gone"})
    snapshots_forget()
    answer = shelf("home")
    assert (answer["versions"]["placement"], answer["degraded"]) == (0, ["placements"])
    assert shelf("email")["degraded"] == []


def test_a_shelf_that_follows_the_visit_is_counted(shelf: Shelf) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("session_based_boosts_total") or 0.0

    before = counted()
    shelf(session_id=VISIT, client_id="browser-1")
    assert counted() == before
    ingest(event_of("view", "p-3-0"))
    shelf(session_id=VISIT, client_id="browser-1")
    assert counted() == before + 1
