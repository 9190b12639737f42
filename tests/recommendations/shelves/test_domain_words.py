"""Reading requests, payloads and records of shelves, and telling them."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.contracts.assignment import Json
from apps.merchandising.contracts_rules import RuleSwitches
from apps.ranking.domain.kept import KeptRecord, KeptUnreadable
from apps.ranking_weights.contracts import WeightsChoice
from apps.recommendations.contracts import (
    Mix,
    Personalisation,
    PlacementName,
    StrategyName,
    StrategyUse,
)
from apps.recommendations.contracts_answers import Fallback, Reason, ReasonCode
from apps.recommendations.domain.asking import AskInvalid, request_parse
from apps.recommendations.domain.kept_shelf import ShelfKept, shelf_kept_pack, shelf_kept_read
from apps.recommendations.domain.personalising import PersonalisationChange
from apps.recommendations.domain.reasons import Grounds, Speaker, reason_of
from apps.recommendations.domain.shelf_contending import (
    ShelfContender,
    ShelfFacts,
    could_differ,
    on_shelf,
)
from apps.recommendations.domain.shelf_form import (
    form_of_overrides,
    overrides_words,
    payload_of_form,
)
from apps.recommendations.domain.shelf_overrides import (
    NOTHING_CHANGED,
    ShelfKnob,
    ShelfOverrides,
    ShelfOverridesInvalid,
    shelf_overrides_read,
    shelf_overrides_written,
)
from tests.recommendations.shelves.stage import placement_of

S = StrategyName
PHONE = Speaker("p1", "Phone")


@pytest.mark.parametrize(
    ("grounds", "code", "words"),
    [
        (Grounds(None), "pinned", "Selected by the shop"),
        (Grounds(S.FOR_YOU), "for_you", "Picked from what you viewed and bought"),
        (Grounds(S.FOR_YOU, PHONE), "for_you", "Because you viewed Phone"),
        (
            Grounds(S.FOR_YOU, replace(PHONE, bought=True)),
            "for_you",
            "Because you bought Phone",
        ),
        (
            Grounds(S.FOR_YOU, replace(PHONE, bought=True, itself=True)),
            "for_you",
            "You bought this before",
        ),
        (Grounds(S.SESSION), "session", "Like what you are looking at"),
        (Grounds(S.SESSION, PHONE), "session", "Like Phone, which you have just viewed"),
        (Grounds(S.SIMILAR), "similar", "Similar products"),
        (Grounds(S.SIMILAR, PHONE), "similar", "Similar to Phone"),
        (
            Grounds(S.BOUGHT_TOGETHER, PHONE, 3.23),
            "bought_together",
            "Bought together with Phone (lift 3.2)",
        ),
        (Grounds(S.BOUGHT_TOGETHER), "bought_together", "Bought together"),
        (Grounds(S.TRENDING), "trending", "Trending this week"),
        (Grounds(S.TRENDING, category="Audio"), "trending", "Trending this week in Audio"),
        (Grounds(S.RECENTLY_VIEWED), "recently_viewed", "You viewed this"),
        (Grounds(S.NEW_ARRIVALS), "new_arrivals", "New in the shop"),
        (Grounds(S.POPULAR), "popular", "Popular in the shop"),
        (Grounds(S.POPULAR, category="Audio"), "popular_in_category", "Popular in Audio"),
        (Grounds(Fallback.POPULAR, chosen=False), "assortment", "From our range"),
        (
            Grounds(Fallback.CATEGORY_POPULAR, category="Audio", chosen=False),
            "assortment",
            "From Audio",
        ),
    ],
)
def test_reasons_say_what_the_evidence_says(grounds: Grounds, code: str, words: str) -> None:
    reason = reason_of(grounds)
    assert (reason.code.value, reason.words) == (code, words)
    assert math.isnan(grounds.evidence) == (reason.evidence is None)
    speaks = reason.code is not ReasonCode.PINNED and grounds.speaker is not None
    assert reason.product_ids == (("p1",) if speaks else ())


def test_a_request_is_read_whole() -> None:
    request = request_parse(
        {
            "placement": ["cart"],
            "user_id": ["u"],
            "product_id": ["a", "b", "a"],
            "k": ["7"],
            "category": ["x/y"],
            "filter[category]": ["x ", "z"],
            "attributes[device]": ["mobile"],
            "explain": ["1"],
        }
    )
    assert request.placement is PlacementName.CART
    assert request.product_ids == ("a", "b")
    assert (request.k, request.explain, request.user_id) == (7, True, "u")
    assert request.filters.categories == ("x", "z")
    assert request.filters_asked == {"category": ("x", "z")}
    assert request.attributes == {"device": "mobile"}


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({}, "placement"),
        ({"attributes[a]": ["x", "y"]}, "attributes[a]"),
        ({f"attributes[a{at}]": ["x"] for at in range(21)}, "attributes"),
        ({"filter[price]": ["a..b"]}, "filter[price]"),
        ({"product_id": ["\x00"]}, "product_id"),
        ({"sticky": ["x" * 4001]}, "sticky"),
    ],
)
def test_what_cannot_be_read_is_named(parameters: dict[str, list[str]], parameter: str) -> None:
    given_placement = {} if parameter == "placement" else {"placement": ["home"]}
    with pytest.raises(AskInvalid) as caught:
        request_parse({**given_placement, **parameters})
    assert caught.value.parameter == parameter


PERSONAL = st.builds(
    PersonalisationChange,
    history=st.one_of(st.none(), st.booleans()),
    session=st.one_of(st.none(), st.booleans()),
    session_weight=st.one_of(st.none(), st.floats(0, 1)),
    revisit_weight=st.one_of(st.none(), st.floats(0, 1)),
)
USES = st.lists(
    st.builds(StrategyUse, st.sampled_from(S), st.sampled_from([1.0, 0.5, 0.25])),
    min_size=1,
    unique_by=lambda use: use.name,
)
OVERRIDES = st.builds(
    ShelfOverrides,
    weights=st.one_of(st.none(), st.just(WeightsChoice(subject="global"))),
    placements=st.frozensets(st.sampled_from(PlacementName)),
    strategies=st.one_of(st.none(), USES.map(tuple)),
    mix=st.one_of(st.none(), st.sampled_from(Mix)),
    diversity=st.one_of(st.none(), st.floats(0, 1)),
    rules=st.one_of(
        st.none(), st.just(RuleSwitches(off=True)), st.just(RuleSwitches(with_=frozenset({"a"})))
    ),
    personalisation=PERSONAL.filter(lambda one: one != PersonalisationChange()),
)


@given(OVERRIDES)
def test_what_a_form_says_is_read_back(overrides: ShelfOverrides) -> None:
    payload = payload_of_form(form_of_overrides(overrides))
    assert shelf_overrides_read(payload) == overrides
    assert overrides_words(overrides)
    part = shelf_overrides_written(overrides)
    assert shelf_overrides_read({"recommendations": part}).strategies == overrides.strategies


def test_nothing_changed_is_no_payload() -> None:
    assert payload_of_form({}) is None
    assert shelf_overrides_read(None) == NOTHING_CHANGED
    assert overrides_words(NOTHING_CHANGED) == "Shelves stay as they are."
    assert not NOTHING_CHANGED.knobs


def test_a_variant_in_words() -> None:
    words = overrides_words(
        ShelfOverrides(
            WeightsChoice(subject="global"),
            frozenset({PlacementName.HOME}),
            (StrategyUse(S.POPULAR, 0.5),),
            Mix.BLEND,
            0.7,
            RuleSwitches(off=True),
            PersonalisationChange(history=False),
        )
    )
    assert "Strategies: popular:0.5." in words
    assert "Relevance counts 70%" in words
    assert words.endswith("On these shelves only: home.")


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"recommendations": 3}, "recommendations"),
        ({"recommendations": {"colour": 1}}, "recommendations.colour"),
        ({"recommendations": {"placements": "home"}}, "recommendations.placements"),
        ({"recommendations": {"placements": ["attic"]}}, "recommendations.placements.1"),
        ({"recommendations": {"strategies": []}}, "recommendations.strategies"),
        ({"recommendations": {"strategies": ["magic"]}}, "recommendations.strategies.1"),
        (
            {"recommendations": {"strategies": ["popular", "popular"]}},
            "recommendations.strategies",
        ),
        (
            {"recommendations": {"strategies": [{"name": "popular", "weight": 0}]}},
            "recommendations.strategies.1.weight",
        ),
        (
            {"recommendations": {"strategies": [{"name": "popular", "more": 0}]}},
            "recommendations.strategies.1.more",
        ),
        ({"recommendations": {"mix": "shaken"}}, "recommendations.mix"),
        ({"recommendations": {"diversity": 1.5}}, "recommendations.diversity"),
        ({"recommendations": {"diversity": True}}, "recommendations.diversity"),
        ({"recommendations": {"rules": 3}}, "recommendations.rules"),
        ({"personalisation": 3}, "personalisation"),
        ({"ranking": 3}, "ranking"),
    ],
)
def test_a_payload_that_means_nothing_is_named(payload: Json, field: str) -> None:
    with pytest.raises(ShelfOverridesInvalid) as caught:
        shelf_overrides_read(payload)
    assert caught.value.field == field


def contender(*overrides: ShelfOverrides) -> ShelfContender:
    knobs = frozenset[ShelfKnob]().union(*(each.knobs for each in overrides))
    return ShelfContender("e", ("a", "b"), 1, False, None, overrides, knobs)


def facts(**changed: object) -> ShelfFacts:
    return replace(
        ShelfFacts(placement_of(S.POPULAR), Personalisation(), True, True, False, False),
        **changed,  # type: ignore[arg-type]  # field by field
    )


def test_arms_differ_where_their_shelves_do() -> None:
    trend = ShelfOverrides(strategies=(StrategyUse(S.TRENDING),))
    assert could_differ(contender(NOTHING_CHANGED, trend), facts())
    same = ShelfOverrides(strategies=(StrategyUse(S.POPULAR),))
    assert not could_differ(contender(NOTHING_CHANGED, same), facts())
    assert could_differ(contender(NOTHING_CHANGED, same), facts(ruled=True))
    assert could_differ(contender(NOTHING_CHANGED, same), facts(weighed=True))
    off = ShelfOverrides(personalisation=PersonalisationChange(session=False))
    assert contender(NOTHING_CHANGED, off).shown is off
    assert contender(NOTHING_CHANGED, off).variant == "b"


def test_arms_that_follow_differently_differ_for_whom_they_can_follow() -> None:
    change = PersonalisationChange
    visit = [change(session=False), change(session_weight=0.9), change(session_weight=0.0)]
    both = change(history=False, session=False)
    for each, visited, known in (
        *((each, True, False) for each in visit),
        (change(history=False), False, True),
        (change(revisit_weight=0.9), False, True),
        (both, True, True),
    ):
        arms = contender(NOTHING_CHANGED, ShelfOverrides(personalisation=each))
        assert could_differ(arms, facts(visited=True, known=False)) is visited
        assert could_differ(arms, facts(visited=False, known=True)) is known
        assert not could_differ(arms, facts(visited=False, known=False))


def test_what_the_shop_switches_off_makes_no_difference() -> None:
    shop = Personalisation(history=False, session=False)
    on = ShelfOverrides(personalisation=PersonalisationChange(history=True, session=True))
    assert not could_differ(contender(NOTHING_CHANGED, on), facts(personalisation=shop))
    weights = [PersonalisationChange(session=False, session_weight=each) for each in (0.2, 0.9)]
    same = contender(*(ShelfOverrides(personalisation=each) for each in weights))
    assert not could_differ(same, facts())


def test_a_variant_for_another_shelf_changes_nothing_here() -> None:
    elsewhere = ShelfOverrides(placements=frozenset({PlacementName.CART}), diversity=0.1)
    here = ShelfOverrides(placements=frozenset({PlacementName.HOME}), diversity=0.1)
    assert on_shelf([elsewhere, here], placement_of(S.POPULAR)) == (NOTHING_CHANGED, here)
    weighed = ShelfOverrides(WeightsChoice(subject="global"))
    own = placement_of(S.POPULAR, weights={"search_score": 1.0})
    assert weighed.over(own).weights is None
    assert here.over(own).weights == own.weights


KEPT = ShelfKept(
    "home", 0, datetime(2026, 1, 1, tzinfo=UTC).timestamp(), (), "", "", {}, {},
    (Reason(ReasonCode.POPULAR, "Popular in the shop"),), (Fallback.POPULAR,), (), False, (),
)  # fmt: skip


def record_of(surface: str, own: bytes) -> KeptRecord:
    return KeptRecord(surface, (), (), (), np.zeros(0).tobytes(), (), (), {}, own)


def test_a_kept_shelf_is_read_back() -> None:
    assert shelf_kept_read(record_of("recommendations", shelf_kept_pack(KEPT))) == KEPT


@pytest.mark.parametrize(
    ("surface", "own"), [("search", b""), ("recommendations", msgspec.msgpack.encode(3))]
)
def test_what_is_no_kept_shelf(surface: str, own: bytes) -> None:
    with pytest.raises(KeptUnreadable):
        shelf_kept_read(record_of(surface, own))
