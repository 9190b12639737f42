from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from apps.common.domain.uuid7 import uuid7_time
from apps.demo.contracts import (
    NO_EFFECT,
    DemoCatalogue,
    Effect,
    HistoryConfig,
    ShopperConfig,
)
from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.domain.history import SearchLog, history_play
from apps.demo.domain.history_events import HistoryEvent, history_events
from apps.demo.domain.queries import query_pool, typo_make, zipf_shares
from apps.demo.domain.visits import WEEKEND_LIFT, Visits

AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)
SHOPPER = ShopperConfig(seed=3)
HISTORY = HistoryConfig(days=21, sessions_per_day=120, shoppers=600)
Played = tuple[Visits, tuple[SearchLog, ...]]


@pytest.fixture(scope="module")
def catalogue() -> DemoCatalogue:
    return catalogue_generate(seed=3, count_wanted=1200, as_of=AS_OF)


@pytest.fixture(scope="module")
def played(catalogue: DemoCatalogue) -> Played:
    return history_play(catalogue, as_of=AS_OF, shopper=SHOPPER, history=HISTORY)


@pytest.fixture(scope="module")
def events(catalogue: DemoCatalogue, played: Played) -> list[HistoryEvent]:
    return list(history_events(catalogue, *played, seed=3, as_of=AS_OF))


def test_sessions_lie_in_their_days_and_count_as_asked(played: Played) -> None:
    visits, _ = played
    start = (AS_OF - timedelta(days=HISTORY.days)).timestamp()
    assert start <= visits.moment.min()
    assert visits.moment.max() < AS_OF.timestamp()
    sessions = len(np.unique(visits.session))
    expected = HISTORY.days * HISTORY.sessions_per_day
    assert abs(sessions - expected) < 5 * np.sqrt(expected)


def test_weekends_are_busier(played: Played) -> None:
    visits, _ = played
    weekday = ((visits.moment // 86_400).astype(int) + 3) % 7
    per_day = np.bincount(weekday, minlength=7)
    lift = per_day[5:].mean() / per_day[:5].mean()
    assert abs(lift - WEEKEND_LIFT) < 0.12


def test_searches_of_a_session_are_one_shopper_s(played: Played) -> None:
    visits, _ = played
    pairs = {(int(s), int(p)) for s, p in zip(visits.session, visits.shopper, strict=True)}
    assert len(pairs) == len(np.unique(visits.session))


def test_nothing_is_shown_before_its_release(catalogue: DemoCatalogue, played: Played) -> None:
    visits, logs = played
    for log in logs:
        moments = visits.moment[log.search]
        for row, column in zip(*np.nonzero(log.shown >= 0), strict=True):
            product = catalogue.products[log.shown[row, column]]
            assert product.released_at.timestamp() <= moments[row]
        assert not log.behaviour.clicked[log.shown < 0].any()


def test_result_lists_hold_each_product_once(played: Played) -> None:
    for log in played[1]:
        for shown in log.shown:
            there = shown[shown >= 0]
            assert len(set(there.tolist())) == len(there)


def test_same_seed_same_history(catalogue: DemoCatalogue, events: list[HistoryEvent]) -> None:
    again = history_play(catalogue, as_of=AS_OF, shopper=SHOPPER, history=HISTORY)
    assert list(history_events(catalogue, *again, seed=3, as_of=AS_OF)) == events


def test_event_ids_are_unique_and_say_their_time(events: list[HistoryEvent]) -> None:
    assert len({event.event_id for event in events}) == len(events)
    for event in events[::50]:
        assert uuid7_time(UUID(event.event_id)) == event.occurred_at


def test_no_event_lies_after_the_end(events: list[HistoryEvent]) -> None:
    assert max(event.occurred_at for event in events) <= AS_OF


def test_all_kinds_of_events_come_in_believable_shares(events: list[HistoryEvent]) -> None:
    counts = Counter(event.type for event in events)
    assert counts["click"] == counts["view"]
    assert counts["impression"] > 5 * counts["click"] > 15 * counts["add_to_cart"]
    assert counts["add_to_cart"] > counts["purchase"] > counts["refund"] > 0
    assert counts["search"] * HISTORY.shown >= counts["impression"]


def test_what_is_bought_has_value_and_quantity(
    catalogue: DemoCatalogue, events: list[HistoryEvent]
) -> None:
    prices = {one.product_id: one.sale_price or one.price for one in catalogue.products}
    for event in events:
        if event.type in {"purchase", "refund", "add_to_cart"}:
            assert event.product_id is not None
            assert event.quantity in {1, 2}
            assert event.value == prices[event.product_id] * event.quantity
            assert event.currency == "EUR"
        elif event.type == "search":
            assert event.attributes is not None
            assert event.attributes["query"]


def test_an_arm_s_effect_shows_in_its_history(catalogue: DemoCatalogue) -> None:
    history = HistoryConfig(days=30, sessions_per_day=400, shoppers=2_000)
    arms = np.arange(history.shoppers) % 2
    visits, logs = history_play(
        catalogue,
        as_of=AS_OF,
        shopper=SHOPPER,
        history=history,
        effects=(NO_EFFECT, Effect(ctr=0.3)),
        arms=arms,
    )
    shown, clicked = np.zeros(2), np.zeros(2)
    for log in logs:
        arm = arms[visits.shopper[log.search]]
        for which in (0, 1):
            shown[which] += (log.shown[arm == which] >= 0).sum()
            clicked[which] += log.behaviour.clicked[arm == which].sum()
    rates = clicked / shown
    assert abs(rates[1] / rates[0] - 1.3) < 0.12


def test_a_group_s_queries_lead_with_the_category(catalogue: DemoCatalogue) -> None:
    shelf = [
        one for one in catalogue.products if one.category_path == "electronics/audio/headphones"
    ]
    pool = query_pool("Headphones", shelf)
    assert pool[0].text == "headphones"
    assert any(query.brand and query.brand.lower() in query.text for query in pool)
    assert any(query.colour and query.colour.lower() in query.text for query in pool)
    assert len({query.text for query in pool}) == len(pool)


def test_zipf_shares_fall_and_sum_to_one() -> None:
    shares = zipf_shares(20, 1.1)
    assert shares.sum() == pytest.approx(1.0)
    assert np.all(np.diff(shares) < 0)
    assert shares[0] / shares[1] == pytest.approx(2**1.1)


def test_typos_change_one_word_a_little() -> None:
    rng = Generator(PCG64(4))
    mistyped = [typo_make(rng, "black headphones") for _ in range(200)]
    assert all(text.startswith("black ") for text in mistyped)
    assert all(abs(len(text) - len("black headphones")) <= 1 for text in mistyped)
    assert sum(text != "black headphones" for text in mistyped) > 150
    assert len(set(mistyped)) > 20


def test_short_words_are_left_alone() -> None:
    assert typo_make(Generator(PCG64(4)), "tv") == "tv"
