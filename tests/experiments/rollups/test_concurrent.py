"""Transactions that were open while a run went by, and were committed after it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.events.selectors import transaction_horizon
from apps.experiments.selectors.rollups import freshness, rollup_rows
from apps.experiments.services.rollups.run import experiment_rollup
from tests.experiments.rollups.scene import (
    KEY,
    Row,
    at,
    events_fact,
    experiment_on_stage,
    exposure,
    metric_make,
    rows_store,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[BaseDatabaseWrapper]:
    """A second connection, whose transaction is open; what models do not know is tidied up."""
    before = partitions()
    second = connection.copy()
    second.set_autocommit(False)
    try:
        yield second
    finally:
        second.rollback()
        second.close()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM events_identity")
            for name in partitions() - before:
                cursor.execute(f"DROP TABLE {name}")


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent IN"
            " ('events_event'::regclass, 'events_querylog'::regclass)"
        )
        return {name for (name,) in cursor.fetchall()}


def own_transaction(of: BaseDatabaseWrapper) -> int:
    with of.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def spent(experiment_id: int) -> tuple[int, float]:
    """Units, and what they spent, over both variants on the last day."""
    rows = rollup_rows(experiment_id=experiment_id)
    last = max((key.day for key in rows), default=None)
    now = [sums for key, sums in rows.items() if key.day == last]
    return sum(sums.n for sums in now), sum(sums.m for sums in now)


def test_what_was_open_during_a_run_is_found_by_the_next(
    settings: Any, other: BaseDatabaseWrapper
) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = False
    metric_make("spend", kind="mean", numerator=events_fact("purchase", value="value"))
    view = experiment_on_stage(metrics=[{"key": "spend", "role": "primary"}])
    rows_store([exposure(1, "control", client_id="a"), exposure(1, "treatment", client_id="b")])
    assert experiment_rollup(key=KEY, as_of=at(10)).full
    # A purchase, a new unit, and a login that makes two clients one person.
    rows_store(
        [
            Row("purchase", 2, client_id="a", value=3),
            exposure(2, "control", client_id="c"),
            Row("view", 3, client_id="a", user_id="ada"),
            Row("view", 3, client_id="b", user_id="ada"),
        ],
        through=other,
    )
    # Later transactions are committed before it, and two runs go by.
    for value in (4, 5):
        rows_store([Row("purchase", 2, client_id="b", value=value)])
        report = experiment_rollup(key=KEY, as_of=at(10))
        assert not report.full
        assert report.changed >= 1
    assert spent(view.id) == (2, 9.0), "nothing of the open transaction is seen"
    assert transaction_horizon() <= own_transaction(other), "it holds the horizon back"
    other.commit()
    report = experiment_rollup(key=KEY, as_of=at(10))
    assert not report.full
    found, counted = spent(view.id), freshness(experiment_id=view.id)
    assert (counted.multiple, found) == (1, (1, 0.0)), "ada saw both variants; c remains"
    assert experiment_rollup(key=KEY, as_of=at(10), full=True).full
    assert (spent(view.id), freshness(experiment_id=view.id).units) == (found, counted.units)


def test_what_is_rolled_back_never_counts(settings: Any, other: BaseDatabaseWrapper) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = False
    metric_make("spend", kind="mean", numerator=events_fact("purchase", value="value"))
    view = experiment_on_stage(metrics=[{"key": "spend", "role": "primary"}])
    rows_store([exposure(1, "control", client_id="a")])
    experiment_rollup(key=KEY, as_of=at(10))
    rows_store([Row("purchase", 2, client_id="a", value=3)], through=other)
    experiment_rollup(key=KEY, as_of=at(10))
    other.rollback()
    experiment_rollup(key=KEY, as_of=at(10))
    assert spent(view.id) == (1, 0.0)
