"""Pure parts: switches, rulings, drafts around pins."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from apps.catalog.contracts import FilterSet
from apps.merchandising.contracts_rules import MerchandisingRule, Reweigh, RuleSwitches, Target
from apps.merchandising.domain.rules.book import CompiledRuleBook
from apps.merchandising.domain.rules.content import rule_parse
from apps.ranking.domain.ruling import Ruling, multiplier_of
from apps.ranking.domain.switching import (
    SwitchesInvalid,
    names_toggled,
    names_unknown,
    rules_named,
    switches_read,
    switches_words,
    switches_written,
)
from apps.search.contracts import SearchRequest, Sort
from apps.search.contracts_rules import NO_RULES_ACTED, RulesActed
from apps.search.domain.contending import ALL_RULES
from apps.search.domain.pinned_draft import draft_around_pins
from apps.search.domain.ruling import names_in_key, ruled_of
from apps.search.domain.understanding.marks import rules_marks
from tests.search.rules.doing import banner, hide, rewrite
from tests.search.types import Json

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def rule(key: str, *consequences: Json, **content: object) -> MerchandisingRule:
    return rule_parse(key, 1, {"title": key, "consequences": [*consequences], **content})


def book(*rules: MerchandisingRule) -> CompiledRuleBook:
    return CompiledRuleBook(rules, 4)


@pytest.mark.parametrize(
    "switches",
    [
        RuleSwitches(),
        RuleSwitches(off=True),
        RuleSwitches(without=frozenset({"a", "campaign:b"}), with_=frozenset({"c"})),
    ],
)
def test_switches_are_read_as_they_were_written(switches: RuleSwitches) -> None:
    assert switches_read(switches_written(switches)) == switches


def test_what_leaves_rules_alone_and_what_cannot_be_read() -> None:
    assert switches_read(None) is None
    with pytest.raises(SwitchesInvalid) as refused:
        switches_read({"with": ["x"] * 201})
    assert refused.value.field == "rules.with"


def test_names_that_arms_treat_otherwise() -> None:
    both = RuleSwitches(without=frozenset({"a", "b"}))
    one = RuleSwitches(without=frozenset({"a"}), with_=frozenset({"c"}))
    assert names_toggled([both, one]) == frozenset({"b", "c"})
    assert names_toggled([None, one]) == frozenset({"a", "c"})
    assert names_toggled([None, None]) == frozenset()
    assert names_toggled([None, RuleSwitches(off=True)]) is None


def test_names_are_keys_and_campaigns() -> None:
    rules = (rule("a", banner("x"), campaign="autumn"), rule("b", banner("x")))
    assert names_unknown({"a", "campaign:autumn", "campaign:b", "z"}, rules) == ["campaign:b", "z"]
    assert rules_named({"campaign:autumn"}, rules) == rules[:1]
    assert rules_named({"b", "campaign:"}, rules) == rules[1:]


def test_switches_in_words() -> None:
    assert switches_words(RuleSwitches(off=True)) == "No rule acts."
    assert switches_words(ALL_RULES) == "Rules act as published."
    told = switches_words(RuleSwitches(with_=frozenset({"a", "campaign:b"})))
    assert told == "With the rules a, of campaign 'b'."


@pytest.mark.parametrize(
    ("factor", "times"), [(50, 2.0), (100, 3.0), (1, 1.02), (-50, 0.5), (-100, 0.0)]
)
def test_factors_multiply(factor: int, times: float) -> None:
    assert multiplier_of(Reweigh(Target(("x",)), factor)) == pytest.approx(times)


def test_nothing_is_asked_where_there_are_no_rules_or_they_are_off() -> None:
    request = SearchRequest(query="mouse")
    assert ruled_of(request, Ruling(book(), NOW), ALL_RULES) is None
    some = Ruling(book(rule("a", banner("x"))), NOW)
    assert ruled_of(request, some, RuleSwitches(off=True)) is None
    assert names_in_key(Ruling(book(), NOW), request) == ()


def test_a_detected_category_counts_where_the_shopper_chose_none() -> None:
    shelf = rule("shelf", hide("x"), conditions={"categories": ["a/b"]})
    words = rule("words", rewrite("rodent", "mouse"), conditions={"categories": ["a"]})
    plain = rule("plain", rewrite("rodent", "mice"))
    ruling = Ruling(book(shelf, words, plain), NOW)
    request = SearchRequest(query="Rodent", sort=Sort.PRICE)
    ruled = ruled_of(request, ruling, ALL_RULES)
    assert ruled is not None
    assert not ruled.places
    assert ruled.rewritten is not None
    assert (ruled.rewritten.rewritten, ruled.rewritten.rules) == ("mice", ("plain",))
    late = ruled.settled("a/b/c")
    assert {one.key for one in late.rules} == {"shelf", "words", "plain"}
    assert [key for key, _ in late.rewrites] == ["plain"]
    assert [key for key, _ in late.hides] == ["shelf"]
    assert [one.key for one in ruled.settled(None).rules] == ["plain"]
    chosen = ruled_of(replace(request, filters=FilterSet(categories=("z",))), ruling, ALL_RULES)
    assert chosen is not None
    assert chosen.settled("a/b").hides == ()


def test_the_key_names_what_rules_ask_for_and_nothing_else() -> None:
    phones = rule("p", hide("x"), conditions={"devices": ["phone"], "starts_at": NOW.isoformat()})
    variant = rule(
        "v", hide("x"), conditions={"variants": [{"experiment": "e", "variants": ["b"]}]}
    )
    ruling = Ruling(book(phones, variant), NOW, {"e": "a"})
    request = SearchRequest(attributes={"device": "phone", "theme": "dark"})
    assert names_in_key(ruling, request) == (1, [("device", "phone")], [("e", "a")])
    before = replace(ruling, as_of=NOW - timedelta(seconds=1))
    assert names_in_key(before, SearchRequest()) == (0, [], [("e", "a")])
    assert ruling.of_variant("e", "b").variants == {"e": "b"}
    assert ruling.of_variant("other", "b") is ruling


def test_a_draft_goes_around_what_both_pin() -> None:
    first = np.array([1, 2, 9, 3, 4, 5], dtype=np.int32)
    second = np.array([5, 4, 9, 3, 2, 1], dtype=np.int32)
    for seed in range(20):
        rows, teams = draft_around_pins(first, second, {2: 9}, seed=seed, k=5)
        assert len(rows) == len(set(rows.tolist())) == 5
        assert (rows[2], teams[2]) == (9, 2)
        shorter, _ = draft_around_pins(first, second, {2: 9}, seed=seed, k=2)
        assert shorter.tolist() == rows[:2].tolist()
    rows, teams = draft_around_pins(first, second, {}, seed=1, k=3)
    assert len(rows) == len(teams) == 3


def test_what_acted_is_counted_by_consequence() -> None:
    assert rules_marks(NO_RULES_ACTED) == ()
    assert rules_marks(RulesActed(consequences=("pin", "hide"))) == (
        ("rule", "pin"), ("rule", "hide"),
    )  # fmt: skip
