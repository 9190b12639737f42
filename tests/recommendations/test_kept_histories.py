"""How long Redis keeps a stored history, whatever comes between reading and writing it."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.common.redis import redis_client, redis_settle
from apps.events.contracts import EventType
from apps.events.contracts_history import DayLines
from apps.events.contracts_sessions import SessionEntry
from apps.events.selectors_history import history_of_user
from apps.events.services.partitions import partitions_ensure_around
from apps.recommendations.selectors import kept_histories
from apps.recommendations.selectors.kept_histories import history_expiries
from apps.recommendations.selectors.recommender import recommender_holder
from apps.recommendations.selectors.shoppers import shopper_now, shopper_read
from tests.recommendations.shopper_stage import did, kept_bytes, kept_for, publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _partitions(db: None) -> None:
    partitions_ensure_around(timezone.now())
    recommender_holder.get()  # looked for once a process


@pytest.fixture
def model(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACT_STORE, settings.ARTIFACT_CACHE = str(tmp_path / "s"), str(tmp_path / "c")
    publish()


def test_events_shorten_what_they_overtake() -> None:
    commands = history_expiries(
        [
            SessionEntry(EventType.VIEW, 1.0, "p", user_id="u"),
            SessionEntry(EventType.VIEW, 1.0, "p", user_id="u", client_id="c"),
            SessionEntry(EventType.VIEW, 1.0, "p", client_id="d"),
            SessionEntry(EventType.SEARCH, 1.0, query="q", user_id="v"),
        ]
    )
    assert [command.parts for command in commands] == [
        parts
        for key in ("recs:user:u", "recs:client:c", "recs:client:d")
        for parts in (("SET", f"recs-told:{key}", 1, "EX", 60), ("EXPIRE", key, 60, "LT"))
    ]


def test_an_event_between_the_read_and_the_write_is_seen_within_a_minute(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    """PostgreSQL was read, then somebody bought and was told of, then Redis is written."""
    did("view", "p1", ago_s=90_000, user_id="u")

    def overtaken(*args: Any, **more: Any) -> DayLines:
        lines = history_of_user(*args, **more)
        with django_capture_on_commit_callbacks(execute=True):
            did("purchase", "p2", user_id="u")
        return lines

    monkeypatch.setattr(f"{kept_histories.__name__}.history_of_user", overtaken)
    assert shopper_now(user_id="u").history.product_ids == ("p1",)
    assert 0 < kept_for("recs:user:u") <= 60


def test_what_was_given_back_is_forgotten_within_a_minute(
    django_capture_on_commit_callbacks: Any,
) -> None:
    did("purchase", "p1", ago_s=90_000, user_id="u")
    assert shopper_now(user_id="u").history.product_ids == ("p1",)
    assert kept_for("recs:user:u") > 60
    with django_capture_on_commit_callbacks(execute=True):
        did("refund", "p1", user_id="u", session_id="s")
    assert 0 < kept_for("recs:user:u") <= 60
    redis_client().delete("recs:user:u")
    shopper = shopper_now(user_id="u", session_id="s")
    assert len(shopper.history) == 0
    assert not (shopper.session and shopper.session.entries), "no part of a visit"


def test_who_did_nothing_is_not_kept_for_a_day() -> None:
    """Names cost nothing to make up: each would be a key."""
    shopper_now(client_id="made-up")
    assert 60 < kept_for("recs:client:made-up") <= 300
    shopper_now(user_id="made-up")
    assert 60 < kept_for("recs:user:made-up") <= 300


def test_a_newer_history_is_not_replaced_by_an_older_one_solved_anew(model: None) -> None:
    did("view", "p1", ago_s=90_000, user_id="u")
    shopper_now(user_id="u")
    redis_settle()
    read = redis_client().get("recs:user:u")
    redis_client().set("recs:user:u", kept_bytes())
    publish(seed=4)
    solved = shopper_read(
        [read], user_id="u", client_id=None, session_id=None, as_of=timezone.now()
    )
    redis_settle()
    assert solved.history.product_ids == ("p1",)
    assert redis_client().get("recs:user:u") == kept_bytes()
