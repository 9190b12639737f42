"""Who asks: the visit, the stored history and the factors, from Redis or without it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.utils import timezone

from apps.common.postgresql import postgresql_breaker
from apps.common.redis import redis_client, redis_forget_connections, redis_settle
from apps.events.services.partitions import partitions_ensure_around
from apps.recommendations.contracts import Shopper
from apps.recommendations.metrics_affinity import shopper_histories_total
from apps.recommendations.selectors.recommender import recommender_holder
from apps.recommendations.selectors.shoppers import shopper_commands, shopper_now, shopper_read
from tests.recommendations.shopper_stage import NAMES, did, kept_bytes, kept_for, publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _partitions(db: None) -> None:
    partitions_ensure_around(timezone.now())
    recommender_holder.get()  # looked for once a process


@pytest.fixture
def redis_gone(settings: Any) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    yield
    redis_forget_connections()


@pytest.fixture
def model(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACT_STORE, settings.ARTIFACT_CACHE = str(tmp_path / "s"), str(tmp_path / "c")
    publish()


def outcome(name: str) -> float:
    return float(shopper_histories_total.labels(name)._value.get())


def test_somebody_without_a_name_costs_nothing(django_assert_num_queries: Any) -> None:
    assert shopper_commands(user_id=None, client_id=None, session_id=None) == ()
    with django_assert_num_queries(0):
        shopper = shopper_now()
    assert (len(shopper.history), shopper.session, shopper.degraded) == (0, None, ())


def test_history_is_read_once_and_then_kept(django_assert_num_queries: Any) -> None:
    did("purchase", "p1", ago_s=90_000, user_id="u", client_id="c")
    did("view", "p2", ago_s=80_000, user_id="u", client_id="c")
    with django_assert_num_queries(1):
        first = shopper_now(user_id="u", client_id="c")
    assert 86_300 < kept_for("recs:user:u") <= 86_400
    with django_assert_num_queries(0):
        second = shopper_now(user_id="u", client_id="c")
    for shopper in (first, second):
        assert shopper.history.product_ids == ("p2", "p1")
        assert shopper.history.bought.tolist() == [False, True]
        assert shopper.degraded == ()


def test_a_client_that_nobody_owns_has_a_history_of_its_own(
    django_assert_num_queries: Any,
) -> None:
    did("view", "p1", client_id="c")
    assert shopper_now(client_id="c").history.product_ids == ("p1",)
    redis_settle()
    with django_assert_num_queries(0):
        assert shopper_now(client_id="c").history.product_ids == ("p1",)


def test_an_empty_history_is_kept_too(django_assert_num_queries: Any) -> None:
    assert len(shopper_now(user_id="new", client_id="c").history) == 0
    redis_settle()
    with django_assert_num_queries(0):
        assert len(shopper_now(user_id="new", client_id="c").history) == 0


def test_the_visit_lies_over_what_was_kept_before_it(
    django_capture_on_commit_callbacks: Any, django_assert_num_queries: Any
) -> None:
    did("view", "p1", ago_s=90_000, user_id="u", client_id="c")
    shopper_now(user_id="u", client_id="c")
    with django_capture_on_commit_callbacks(execute=True):
        did("add_to_cart", "p2", user_id="u", client_id="c", session_id="s")
    assert 0 < kept_for("recs:user:u") <= 60, "the next who asks without a session reads anew"
    with django_assert_num_queries(0):
        shopper = shopper_now(user_id="u", client_id="c", session_id="s")
    assert shopper.history.product_ids == ("p2", "p1")
    assert shopper.history.weights.tolist() == [2.0, 1.0]
    assert shopper.session is not None
    redis_client().delete("recs:user:u")
    again = shopper_now(user_id="u", client_id="c", session_id="s")
    assert again.history.weights.tolist() == [2.0, 1.0], "stored by now, and counted once"
    assert kept_for("recs:user:u") <= 60, "more of the visit may be on its way"


def test_a_log_in_brings_what_was_done_before_it(django_assert_num_queries: Any) -> None:
    did("purchase", "p1", ago_s=9_000, user_id="u", client_id="old")
    did("view", "p2", ago_s=600, client_id="new")
    assert shopper_now(user_id="u", client_id="old").history.product_ids == ("p1",)
    redis_settle()
    unseen = outcome("unseen")
    with django_assert_num_queries(1):
        shopper = shopper_now(user_id="u", client_id="new")
    assert shopper.history.product_ids == ("p2", "p1")
    assert outcome("unseen") == unseen + 1
    redis_settle()
    with django_assert_num_queries(0):
        assert len(shopper_now(user_id="u", client_id="new").history) == 2
        assert len(shopper_now(user_id="u", client_id="old").history) == 2
        assert len(shopper_now(user_id="u").history) == 2


def test_what_redis_has_and_cannot_be_read_is_read_anew() -> None:
    did("view", "p1", user_id="u")
    redis_client().set("recs:user:u", b"of another release")
    assert shopper_now(user_id="u").history.product_ids == ("p1",)
    redis_settle()
    assert redis_client().get("recs:user:u") != b"of another release"


def test_factors_are_solved_once_and_again_for_another_model(
    model: None, django_assert_num_queries: Any
) -> None:
    for place, product in enumerate(NAMES[:6]):
        did("view", product, ago_s=4_000 + place, user_id="u")
    first = shopper_now(user_id="u")
    redis_settle()
    kept = shopper_now(user_id="u")
    assert first.solved is not None
    assert kept.solved is not None
    assert kept.solved.model == first.solved.model == recommender_holder.number
    np.testing.assert_array_equal(kept.solved.factors, first.solved.factors)
    number, lives = publish(seed=4), kept_for("recs:user:u")
    with django_assert_num_queries(0):
        newer = shopper_now(user_id="u")
    assert newer.solved is not None
    assert newer.solved.model == number
    assert (newer.solved.factors != first.solved.factors).any()
    assert lives - 5 <= kept_for("recs:user:u") <= lives, "it lives no longer for that"
    last = shopper_now(user_id="u")
    assert last.solved is not None
    assert last.solved.model == number


def test_factors_belong_to_the_stored_history_alone(
    model: None, django_capture_on_commit_callbacks: Any
) -> None:
    did("view", "p1", ago_s=90_000, user_id="u")
    shopper_now(user_id="u", session_id="s")
    with django_capture_on_commit_callbacks(execute=True):
        did("view", "p2", user_id="u", session_id="s")
    assert shopper_now(user_id="u", session_id="s").solved is None
    assert shopper_now(user_id="u").solved is not None


def test_without_redis_history_is_served_and_the_visit_is_not(
    redis_gone: None, django_assert_num_queries: Any
) -> None:
    did("view", "p1", user_id="u", session_id="s")
    aside = outcome("aside")
    with django_assert_num_queries(1):
        shopper = shopper_now(user_id="u", client_id="c", session_id="s")
    assert shopper.history.product_ids == ("p1",)
    assert shopper.session is None
    assert shopper.degraded == ("redis",)
    assert outcome("aside") == aside + 1


def test_the_edges_answers_are_read_like_ones_own(django_assert_num_queries: Any) -> None:
    did("view", "p1", user_id="u")
    names = {"user_id": "u", "client_id": "c", "session_id": "s"}
    commands = shopper_commands(user_id="u", client_id="c", session_id="s")
    assert [command.parts[0] for command in commands] == ["LRANGE", "GET"]
    for answers, degraded in (([[], None], ()), ([], ("redis",))):
        with django_assert_num_queries(1):
            shopper = shopper_read(answers, **names, as_of=timezone.now())
        assert shopper.history.product_ids == ("p1",)
        assert shopper.degraded == degraded


@pytest.mark.django_db(transaction=True)
def test_without_postgresql_what_redis_kept_is_served(postgresql_refused: None) -> None:
    """The rest is empty, and says so; the breaker opens and nothing waits."""
    redis_client().set("recs:user:kept", kept_bytes())
    failed = outcome("failed")
    for _ in range(4):
        assert shopper_now(user_id="kept").history.product_ids == ("p7",)
        other = shopper_now(user_id="other", session_id="s")
        assert (len(other.history), other.degraded) == (0, ("history",))
    assert outcome("failed") == failed + 4
    assert postgresql_breaker.is_open


@pytest.fixture
def postgresql_refused(transactional_db: None) -> Iterator[None]:
    connection = connections["default"]
    host = connection.settings_dict["HOST"]
    recommender_holder.get()
    connection.close()
    connection.settings_dict["HOST"] = str(Path(django_settings.ARTIFACT_STORE).parent)
    yield
    connection.close()
    connection.settings_dict["HOST"] = host
    postgresql_breaker.reset()


def test_a_shopper_is_nobody_by_default() -> None:
    assert Shopper().solved is None
