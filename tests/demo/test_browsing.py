from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from apps.demo.contracts import NO_EFFECT, Effect, ShopperConfig
from apps.demo.domain.browsing import (
    Asked,
    EffectUnreadable,
    SeenHit,
    answer_events,
    effect_of,
    effects_parse,
    hit_utilities,
    hits_play,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CONFIG = ShopperConfig()
ASKED = Asked("sofas", "019f0000-0000-7000-8000-000000000000", "u1", "c1", "s1")


def _hit(position: int, *, relevance: float = 1.0, sale_price: float | None = None) -> SeenHit:
    return SeenHit(
        product_id=f"p{position}",
        position=position,
        category="home/furniture/sofas",
        brand="Pellwood",
        price=100.0,
        sale_price=sale_price,
        currency="EUR",
        freshness=0.5,
        relevance=relevance,
    )


def test_relevance_and_bargains_raise_utility() -> None:
    def one(hit: SeenHit) -> float:
        rng = Generator(PCG64(1))
        return float(hit_utilities(rng, [hit], shopper_id="u", config=CONFIG)[0])

    plain = one(_hit(1))
    assert one(_hit(1, relevance=0.2)) < plain < one(_hit(1, sale_price=60.0))


def test_a_session_sends_what_it_did() -> None:
    hits = [_hit(position) for position in range(1, 21)]
    eager = ShopperConfig(click_bias=-2.0, cart_bias=-3.0)
    rng = Generator(PCG64(3))
    events: list[dict[str, object]] = []
    for _ in range(600):
        played = hits_play(rng, hits, shopper_id="u1", config=eager)
        events += answer_events(rng, ASKED, hits, played, now=NOW)
    kinds = [str(event["type"]) for event in events]
    assert kinds.count("impression") == 600 * 20
    assert kinds.count("search") == 600
    assert kinds.count("click") == kinds.count("view") > kinds.count("add_to_cart") > 0
    assert kinds.count("add_to_cart") > kinds.count("purchase") > kinds.count("refund") > 0
    bought = next(event for event in events if event["type"] == "purchase")
    assert bought["value"] == 100.0 * int(str(bought["quantity"]))
    assert len({event["event_id"] for event in events}) == len(events)
    assert all(event["query_id"] == ASKED.query_id for event in events)


def test_no_hits_no_impressions() -> None:
    rng = Generator(PCG64(3))
    played = hits_play(rng, [], shopper_id="u1", config=CONFIG)
    assert np.size(played.clicked) == 0
    assert [one["type"] for one in answer_events(rng, ASKED, [], played, now=NOW)] == ["search"]


def test_effects_are_read_by_arm() -> None:
    found = effects_parse(["treatment:ctr=0.1,revenue=-0.05", "conversion=0.02"])
    assert found == {
        "treatment": Effect(ctr=0.1, revenue=-0.05),
        "": Effect(conversion=0.02),
    }
    assert effect_of(found, ["other", "treatment"]) == Effect(ctr=0.1, revenue=-0.05)
    assert effect_of(found, ["other"]) == Effect(conversion=0.02)
    assert effect_of({}, []) == NO_EFFECT


@pytest.mark.parametrize(
    "texts", [["ctr"], ["ctr=x"], ["speed=0.1"], ["ctr=0.1", "ctr=0.2"], ["ctr=1.2.3"]]
)
def test_unreadable_effects_are_refused(texts: list[str]) -> None:
    with pytest.raises(EffectUnreadable):
        effects_parse(texts)
