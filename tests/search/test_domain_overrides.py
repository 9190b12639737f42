"""What a payload changes about search, and several experiments in one request."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.contracts.assignment import Json
from apps.ranking_weights.contracts import WeightsChoice
from apps.recommendations.contracts import Personalisation
from apps.search.contracts import FusionMethod
from apps.search.domain.configuration import settings_content, settings_of, settings_words
from apps.search.domain.contending import Contender, contenders_settle, plan_make
from apps.search.domain.fusion import Fusion
from apps.search.domain.overrides import (
    Knob,
    OverridesInvalid,
    SearchOverrides,
    SearchSettings,
    overrides_read,
    overrides_written,
)
from apps.search.domain.payload_form import form_of_overrides, overrides_words, payload_of_form

START = datetime(2026, 11, 1, tzinfo=UTC)
GLOBAL = WeightsChoice((), "global")
overrides_any = st.builds(
    SearchOverrides,
    weights=st.sampled_from(
        [None, GLOBAL, WeightsChoice((), "fashion", 3), WeightsChoice((("search_score", 1.0),))]
    ),
    fusion=st.none() | st.sampled_from(FusionMethod),
    keyword_weight=st.none() | st.floats(0, 1),
    semantic=st.none() | st.booleans(),
    synonyms=st.none() | st.booleans(),
)


def contender(key: str, *overrides: SearchOverrides, **changes: Any) -> Contender:
    given_overrides = overrides or (SearchOverrides(), SearchOverrides(semantic=False))
    knobs = frozenset[Knob]().union(*(each.knobs for each in given_overrides))
    values: dict[str, Any] = {
        "key": key,
        "variants": tuple("abcdefg"[: len(given_overrides)]),
        "index": 1,
        "forced": False,
        "interleaves": False,
        "started_at": START,
        "overrides": given_overrides,
        "knobs": knobs,
    }
    return Contender(**{**values, **changes})


def test_a_payload_is_read_into_values() -> None:
    found = overrides_read(
        {
            "ranking": {"source": "global"},
            "search": {
                "fusion": "weighted",
                "keyword_weight": 1,
                "semantic": False,
                "synonyms": True,
            },
            "button": "green",
        }
    )
    assert found == SearchOverrides(GLOBAL, FusionMethod.WEIGHTED, 1.0, False, True)
    assert found.knobs == {Knob.WEIGHTS, Knob.FUSION, Knob.SEMANTIC, Knob.SYNONYMS}


@pytest.mark.parametrize("payload", [None, {}, "green", [1], {"search": None}, {"search": {}}])
def test_payloads_that_change_nothing(payload: Json) -> None:
    assert overrides_read(payload) == SearchOverrides()
    assert not overrides_read(payload).knobs


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"search": []}, "search"),
        ({"search": {"nope": 1}}, "search.nope"),
        ({"search": {"fusion": "sum"}}, "search.fusion"),
        ({"search": {"fusion": 1}}, "search.fusion"),
        ({"search": {"keyword_weight": "1"}}, "search.keyword_weight"),
        ({"search": {"keyword_weight": True}}, "search.keyword_weight"),
        ({"search": {"keyword_weight": 1.01}}, "search.keyword_weight"),
        ({"search": {"semantic": 0}}, "search.semantic"),
        ({"search": {"synonyms": "on"}}, "search.synonyms"),
        ({"ranking": 1}, "ranking"),
    ],
)
def test_what_search_cannot_do_is_named(payload: Json, field: str) -> None:
    with pytest.raises(OverridesInvalid) as refused:
        overrides_read(payload)
    assert refused.value.field == field


def test_over_the_settings() -> None:
    settings = SearchSettings(Fusion(FusionMethod.WEIGHTED, 0.3), number=7)
    assert SearchOverrides().over(settings) == settings
    changed = SearchOverrides(keyword_weight=0.0, synonyms=False).over(settings)
    assert changed.fusion == Fusion(FusionMethod.WEIGHTED, 0.0)
    assert (changed.semantic, changed.synonyms) == (True, False)


@given(overrides_any)
def test_form_and_payload_mean_the_same(overrides: SearchOverrides) -> None:
    payload = payload_of_form(form_of_overrides(overrides))
    assert overrides_read(payload) == overrides
    assert (payload is None) == (overrides == SearchOverrides())
    assert overrides_words(overrides)
    assert overrides_read({"search": dict(overrides_written(overrides))}).over(
        SearchSettings()
    ) == overrides.over(SearchSettings())


def test_what_is_typed_wrong_stays_for_the_check_to_name() -> None:
    payload = payload_of_form({"keyword_weight": "much"})
    assert payload == {"search": {"keyword_weight": "much"}}
    payload = payload_of_form({"weights_from": "version:x:global"})
    with pytest.raises(OverridesInvalid) as refused:
        overrides_read(payload)
    assert refused.value.field == "ranking.weight_set.number"
    own = {"weights_from": "own", "weight_search_score": "0,4"}
    with pytest.raises(OverridesInvalid) as refused:
        overrides_read(payload_of_form(own))
    assert refused.value.field == "ranking.weights.search_score"


def test_words() -> None:
    own = SearchOverrides(
        WeightsChoice((("search_score", 0.6), ("popularity_score", 0.4)), "fashion")
    )
    assert overrides_words(own) == "Ranked by Text match 60%, Popularity 40% in fashion."
    assert "version 3, in that category and below" in overrides_words(
        SearchOverrides(WeightsChoice((), "fashion", 3))
    )
    assert overrides_words(SearchOverrides()) == "Search stays as it is."
    settings = settings_of(
        fusion="weighted",
        keyword_weight=0.25,
        semantic=True,
        synonyms=False,
        understanding=True,
        spelling=False,
        history=True,
        session=True,
        session_weight=0.2,
        revisit_weight=0.1,
    )
    assert settings_words(settings) == (
        "Products are found by words and by meaning, put together by their scores, 25% words "
        "and 75% meaning. Synonyms are off. Brands, categories and prices are read out of it. "
        "Its spelling is left as it is. What shoppers did before counts, what they looked "
        "at with a weight of 0.10; what this visit looked at counts with a weight of 0.20."
    )
    assert settings_of(**dict(settings_content(settings))) == settings  # type: ignore[arg-type]  # the content's own values
    alone = SearchSettings(semantic=False)
    assert settings_words(alone).startswith("Products are found by words alone. Synonyms widen ")
    off = settings_words(SearchSettings(understanding=False))
    assert "Nothing but words is read out of it. Its spelling is corrected." in off


def test_a_payload_may_change_what_follows_the_shopper() -> None:
    read = overrides_read({"personalisation": {"session": False, "session_weight": 0.5}})

    assert read.knobs == {Knob.PERSONALISATION}
    after = read.over(SearchSettings()).personalisation
    assert after == Personalisation(history=True, session=False, session_weight=0.5)
    assert SearchOverrides().over(SearchSettings()).personalisation == Personalisation()
    assert overrides_words(read) == (
        "What this visit looked at does not count. This visit's weight is 0.50."
    )
    with pytest.raises(OverridesInvalid) as refused:
        overrides_read({"personalisation": {"session": "off"}})
    assert refused.value.field == "personalisation.session"


def test_the_form_follows_the_shopper_as_it_was_filled() -> None:
    filled = {"history": "off", "session": "on", "session_weight": "0.3", "revisit_weight": "0.5"}
    payload = payload_of_form(filled)

    assert payload == {
        "personalisation": {
            "history": False, "session": True, "session_weight": 0.3, "revisit_weight": 0.5
        }
    }  # fmt: skip
    assert form_of_overrides(overrides_read(payload)) == filled
    assert payload_of_form({"session_weight": "much"}) == {
        "personalisation": {"session_weight": "much"}
    }


def test_the_first_to_start_owns_the_knob_in_every_arm() -> None:
    early = contender("z", started_at=START, index=0)
    late = contender("a", started_at=START + timedelta(days=1))
    other = contender("m", SearchOverrides(), SearchOverrides(synonyms=False))
    for order in permutations((early, late, other)):
        settled = contenders_settle(order)
        assert {each.key for each in settled.acting} == {"z", "m"}
        assert settled.yielding == {"a": "z"}
    plan = plan_make(settled.acting, SearchSettings())
    assert plan.arm.settings == SearchSettings(synonyms=False)


def test_what_qa_asks_for_comes_first_and_drafts_last() -> None:
    running, forced = contender("a"), contender("z", forced=True, started_at=None)
    assert contenders_settle((running, forced)).yielding == {"a": "z"}
    draft = contender("a", started_at=None)
    assert contenders_settle((draft, contender("b"))).yielding == {"a": "b"}
    same = contenders_settle((contender("b"), contender("a")))
    assert same.yielding == {"b": "a"}


def test_an_experiment_acts_whole_or_not_at_all() -> None:
    both = contender(
        "b", SearchOverrides(), SearchOverrides(GLOBAL, semantic=False), started_at=START
    )
    first = contender("a", SearchOverrides(), SearchOverrides(GLOBAL))
    settled = contenders_settle((both, first))
    assert [each.key for each in settled.acting] == ["a"]
    assert plan_make(settled.acting, SearchSettings()).arm.settings.semantic


@given(st.data())
def test_whether_one_acts_depends_on_nobodys_arm(data: st.DataObject) -> None:
    overrides = st.tuples(overrides_any, overrides_any)
    drawn = data.draw(st.lists(overrides, min_size=1, max_size=5))
    keys = [f"e{number}" for number in range(len(drawn))]

    def acting(arms: list[int]) -> set[str]:
        contenders = [
            contender(key, *pair, index=arm)
            for key, pair, arm in zip(keys, drawn, arms, strict=True)
            if pair[0].knobs | pair[1].knobs
        ]
        settled = contenders_settle(contenders)
        turned = [knob for each in settled.acting for knob in each.knobs]
        assert len(turned) == len(set(turned))
        assert {each.key for each in settled.acting}.isdisjoint(settled.yielding)
        return {each.key for each in settled.acting}

    first, second = (
        data.draw(st.lists(st.integers(0, 1), min_size=len(drawn), max_size=len(drawn)))
        for _ in range(2)
    )
    assert acting(first) == acting(second)


def test_a_plan_names_whose_weights_they_are() -> None:
    weighing = contender("w", SearchOverrides(), SearchOverrides(GLOBAL))
    plan = plan_make([weighing], SearchSettings())
    assert (plan.arm.weights, plan.arm.chosen_by) == (GLOBAL, ("w", "b"))
    assert plan.other is None


def test_an_interleaving_plan_has_two_arms() -> None:
    drafting = contender("i", SearchOverrides(), SearchOverrides(GLOBAL), interleaves=True)
    beside = contender("s", SearchOverrides(), SearchOverrides(synonyms=False))
    plan = plan_make([drafting, beside], SearchSettings(), seed=5)
    assert plan.interleaving is drafting
    assert plan.seed == 5
    assert (plan.arm.weights, plan.other and plan.other.weights) == (None, GLOBAL)
    assert plan.other is not None
    assert plan.arm.settings == plan.other.settings == SearchSettings(synonyms=False)
