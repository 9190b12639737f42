import tracemalloc
from contextlib import closing
from datetime import timedelta
from itertools import islice
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from apps.events.services.identity import identities_refresh
from apps.events.services.ingest import events_ingest
from apps.recommendations.contracts_models import TrainingSet
from apps.recommendations.selectors.interactions import (
    interactions_span,
    shoppers_taken,
    taken_between,
    training_set,
)
from apps.recommendations.selectors.visits import first_visits
from tests.recommendations.taste_groups import events_made

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(hour=20, minute=0, second=0, microsecond=0) - timedelta(days=1)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def ingest(*items: dict[str, Any]) -> None:
    numbered = [{**item, "attributes": {"n": number}} for number, item in enumerate(items)]
    assert not events_ingest(items=numbered, received_at=timezone.now()).errors


def did(kind: str, product: str, ago: timedelta, **who: Any) -> dict[str, Any]:
    return {"type": kind, "product_id": product, "occurred_at": NOW - ago, **who}


def read(*, anonymous: bool = True, window_days: int = 30) -> TrainingSet:
    identities_refresh()
    return training_set(as_of=NOW, window_days=window_days, anonymous=anonymous)


def cells(training: TrainingSet) -> dict[tuple[str, str], float]:
    return {
        (training.user_ids.get(row), training.product_ids.get(int(code))): float(weight)
        for row in range(training.users)
        for code, weight in zip(
            training.codes[training.indptr[row] : training.indptr[row + 1]],
            training.weights[training.indptr[row] : training.indptr[row + 1]],
            strict=True,
        )
    }


def test_the_strongest_of_each_day_counts_and_days_add_up() -> None:
    ingest(
        did("view", "p1", 3 * HOUR, user_id="u"),
        did("add_to_cart", "p1", 2 * HOUR, user_id="u"),
        did("purchase", "p1", HOUR, user_id="u"),
        did("click", "p1", 2 * DAY, user_id="u"),
        did("impression", "p2", HOUR, user_id="u"),
        did("view", "p3", 31 * DAY, user_id="u"),
        did("view", "p4", -HOUR, user_id="u"),
    )
    training = read()
    assert cells(training) == {("u:u", "p1"): 4.0}
    assert training.at.tolist() == [(NOW - HOUR).timestamp()]
    assert training.as_of == NOW.timestamp()


def test_anonymous_events_belong_to_their_owner_or_to_their_client() -> None:
    ingest(
        did("view", "p1", 3 * HOUR, client_id="c1"),
        did("view", "p2", 2 * HOUR, client_id="c1", user_id="u"),
        did("view", "p3", HOUR, client_id="c2"),
    )
    assert cells(read()) == {("c:c2", "p3"): 1.0, ("u:u", "p1"): 1.0, ("u:u", "p2"): 1.0}
    assert cells(read(anonymous=False)) == {("u:u", "p1"): 1.0, ("u:u", "p2"): 1.0}


def test_what_was_wholly_given_back_is_no_interest() -> None:
    ingest(
        did("purchase", "p1", 3 * DAY, user_id="u", quantity=2),
        did("refund", "p1", 2 * DAY, user_id="u", quantity=2),
        did("purchase", "p2", 3 * DAY, user_id="u", quantity=2),
        did("refund", "p2", 2 * DAY, user_id="u", quantity=1),
        did("purchase", "p3", 3 * DAY, user_id="u"),
        did("refund", "p3", 2 * DAY, user_id="u"),
        did("view", "p3", DAY, user_id="u"),
        did("refund", "p4", 2 * DAY, user_id="u"),
    )
    assert cells(read()) == {("u:u", "p2"): 3.0, ("u:u", "p3"): 4.0}


def test_codes_follow_the_ids_and_ascend_within_a_user() -> None:
    ingest(
        did("view", "zz", HOUR, user_id="a"),
        did("view", "b", HOUR, user_id="b"),
        did("view", "zz", HOUR, user_id="b"),
    )
    training = read()
    assert [training.product_ids.get(code) for code in range(2)] == ["b", "zz"]
    assert training.codes.tolist() == [1, 0, 1]
    assert training.indptr.tolist() == [0, 1, 3]


def test_nothing_at_all_is_an_empty_set() -> None:
    training = read()
    assert (len(training), training.users, training.products) == (0, 0, 0)
    assert interactions_span() is None


def test_memory_is_bounded_by_cells_not_by_events() -> None:
    def peak() -> tuple[int, int]:
        tracemalloc.start()
        training = training_set(as_of=timezone.now(), window_days=30, anonymous=True)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return len(training), most

    events_made(users=500, each=40, now=timezone.now())
    few, small = peak()
    for _ in range(3):  # the same pairs again: more events, no more cells
        events_made(users=500, each=40, now=timezone.now())
    same, again = peak()
    events_made(users=4_000, each=40, now=timezone.now())
    many, large = peak()
    assert (few, same, many) == (20_000, 20_000, 160_000)
    assert again < 1.1 * small
    # 16 bytes a cell, twice while they are recoded, and its share of names.
    assert (large - small) / (many - few) < 100


def test_what_was_taken_and_first_visits() -> None:
    ingest(
        did("purchase", "p1", 5 * HOUR, user_id="u", session_id="s1"),
        did("purchase", "p2", 4 * HOUR, user_id="u", session_id="s1"),
        did("purchase", "p1", 3 * HOUR, user_id="u", session_id="s1"),
        did("purchase", "p3", 2 * HOUR, user_id="u", session_id="s2"),
        did("view", "p4", HOUR, user_id="u"),
        did("purchase", "p5", HOUR, client_id="c"),
    )
    start = NOW - DAY
    assert taken_between(start=start, until=NOW, types=["purchase"]) == {"u:u": {"p1", "p2", "p3"}}
    everybody = taken_between(start=start, until=NOW, types=["purchase"], anonymous=True)
    assert everybody["c:c"] == {"p5"}
    assert first_visits(users=["u", "v"], start=start, until=NOW) == {"u": ["p1", "p2"]}
    span = interactions_span(until=NOW - 2 * HOUR)
    assert span is not None
    assert (span.first, span.last) == (NOW - 5 * HOUR, NOW - 3 * HOUR)


def test_a_sample_of_what_was_taken_is_no_part_of_the_alphabet_and_holds_a_chunk() -> None:
    events_made(users=4_000, each=10, now=timezone.now())
    asked: Any = {
        "start": timezone.now() - DAY, "until": timezone.now(), "types": ["purchase"]
    }  # fmt: skip
    tracemalloc.start()
    with closing(shoppers_taken(**asked)) as taken:
        first = list(islice(taken, 50))
    _, few = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    everybody = taken_between(**asked)
    _, many = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    names = [unit for unit, _ in first]
    assert {len(products) for _, products in first} == {10}
    assert names != sorted(names)
    assert len({name[: len("u:made1")] for name in names}) > 4
    assert few < 0.8 * many
    assert len(everybody) == 4_000


def test_arrays_have_the_promised_types() -> None:
    ingest(did("view", "p1", HOUR, user_id="u"))
    training = read()
    types = [each.dtype for each in (training.codes, training.weights, training.at)]
    assert types == [np.int32, np.float32, np.float64]
    assert training.indptr.dtype == np.int64
