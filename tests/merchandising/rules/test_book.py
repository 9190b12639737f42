import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.merchandising.contracts_acting import NO_RULES_ACT, RuleBook, RuleContext
from apps.merchandising.contracts_rules import (
    Conditions,
    MerchandisingRule,
    Pin,
    QueryCondition,
    QueryMatch,
    Reach,
    RuleSwitches,
)
from apps.merchandising.domain.rules import book as compiled
from apps.merchandising.domain.rules.book import CompiledRuleBook
from apps.merchandising.domain.rules.precedence import precedence
from apps.merchandising.domain.rules.settling import rules_settle
from tests.merchandising.rules.naive import acts, asked_for
from tests.merchandising.rules.strategies import NOON, contexts, names, rule_lists, some


def rule(key: str, conditions: Conditions = Conditions(), **more: object) -> MerchandisingRule:  # noqa: B008 - frozen
    made = MerchandisingRule(key, 1, "A rule", 0, "", Reach.EVERYONE, conditions, (Pin(key, 1),))
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name


def asked(*words: str, switches: RuleSwitches = RuleSwitches()) -> RuleContext:  # noqa: B008 - frozen
    return RuleContext(words, (), {}, {}, NOON, switches)


@some
@given(rule_lists, contexts())
def test_acting_is_what_a_scan_of_all_rules_finds(
    rules: list[MerchandisingRule], context: RuleContext
) -> None:
    found = CompiledRuleBook(rules, 1).acting(context)
    scanned = sorted((each for each in rules if acts(each, context)), key=precedence)
    assert found.rules == tuple(scanned)
    assert found == rules_settle(scanned, context.words)


@some
@given(rule_lists, contexts(), st.randoms())
def test_the_order_in_which_rules_come_changes_nothing(
    rules: list[MerchandisingRule], context: RuleContext, chance: random.Random
) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)
    assert CompiledRuleBook(shuffled, 1).acting(context) == CompiledRuleBook(rules, 1).acting(
        context
    )


@some
@given(rule_lists, contexts(), st.frozensets(names, max_size=3))
def test_may_act_says_yes_wherever_one_acts_whatever_the_arm(
    rules: list[MerchandisingRule], context: RuleContext, keys: frozenset[str]
) -> None:
    book = CompiledRuleBook(rules, 1)
    may = book.may_act(context, keys)

    def named(each: MerchandisingRule) -> bool:
        return each.key in keys or f"campaign:{each.campaign}" in keys

    assert may is any(named(each) and asked_for(each, context) for each in rules)
    assert may or not any(map(named, book.acting(context).rules))
    other_arm = replace(context, switches=RuleSwitches(off=True), variants={}, categories=())
    assert book.may_act(other_arm, keys) is may


@some
@given(rule_lists, contexts(), rule_lists, st.frozensets(names, max_size=2))
def test_a_narrowed_book_is_one_that_was_built_so(
    rules: list[MerchandisingRule],
    context: RuleContext,
    added: list[MerchandisingRule],
    gone: frozenset[str],
) -> None:
    new = {each.key for each in added}
    stay = [
        each
        for each in rules
        if each.key not in gone | new and f"campaign:{each.campaign}" not in gone
    ]
    narrowed = CompiledRuleBook(rules, 7).narrowed(tuple(added), gone)
    built = CompiledRuleBook([*stay, *added], 7)
    assert narrowed.rules() == built.rules()
    assert narrowed.number == 7
    assert narrowed.acting(context) == built.acting(context)


@some
@given(rule_lists, contexts(), contexts())
def test_nothing_starts_or_ends_within_an_epoch(
    rules: list[MerchandisingRule], context: RuleContext, other: RuleContext
) -> None:
    book = CompiledRuleBook(rules, 1)
    later = replace(context, as_of=other.as_of)
    if book.epoch(context.as_of) == book.epoch(later.as_of):
        assert book.acting(context) == book.acting(later)


def test_epochs_change_at_the_very_moment() -> None:
    window = Conditions(starts_at=NOON, ends_at=NOON + timedelta(days=1))
    book = CompiledRuleBook([rule("a", window)], 1)
    before = book.epoch(NOON - timedelta(microseconds=1))
    assert [book.epoch(NOON), book.epoch(NOON + timedelta(days=1))] == [before + 1, before + 2]


def test_a_book_is_what_the_contract_says() -> None:
    book: RuleBook = CompiledRuleBook([rule("a")], 3)
    assert (len(book), book.number) == (1, 3)
    assert len(CompiledRuleBook([], 0)) == 0
    assert CompiledRuleBook([], 0).acting(asked("tv")) is NO_RULES_ACT


def test_a_book_says_what_it_reads() -> None:
    read = Conditions(devices=("mobile",), attributes={"shop": ("de",)})
    book = CompiledRuleBook([rule("a", read), rule("b")], 1)
    assert book.attributes_read == {"device", "shop"}
    assert book.experiments_read == frozenset()


def test_conditions_without_a_word_of_their_own_are_still_asked() -> None:
    anything = Conditions(queries=(QueryCondition(QueryMatch.PATTERN, "* *"),))
    book = CompiledRuleBook([rule("a", anything)], 1)
    assert [len(book.acting(asked(*words)).rules) for words in ((), ("x",), ("x", "y"))] == [
        0,
        0,
        1,
    ]


def test_switches_turn_rules_off_and_on() -> None:
    book = CompiledRuleBook(
        [rule("a", campaign="sale"), rule("b", reach=Reach.EXPERIMENTS, campaign="sale")], 1
    )

    def acting(**switches: object) -> list[str]:
        context = asked("tv", switches=RuleSwitches(**switches))  # type: ignore[arg-type]  # by name
        return [each.key for each in book.acting(context).rules]

    assert acting() == ["a"]
    assert acting(off=True) == []
    assert acting(without=frozenset({"a"})) == []
    assert acting(with_=frozenset({"b"})) == ["a", "b"]
    assert acting(with_=frozenset({"campaign:sale"})) == ["a", "b"]
    both = frozenset({"campaign:sale"})
    assert acting(with_=both, without=both) == []


def test_what_is_remembered_of_experiments_is_bounded() -> None:
    book = CompiledRuleBook([rule("a")], 1)
    for number in range(600):
        assert book.may_act(asked("tv"), frozenset({"a", str(number)}))
    assert len(book._trials) <= 256


def test_what_is_remembered_of_settled_conflicts_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compiled, "_MOST_SETTLED", 2)
    book = CompiledRuleBook([rule("a")], 1)
    for word in ("tv", "radio", "lamp", "tv"):
        assert [one.key for one in book.acting(asked(word)).rules] == ["a"]
    assert len(book._acting) <= 2


def test_a_request_looks_at_few_of_many_rules() -> None:
    rules = [
        rule(f"r-{number}", Conditions(queries=(QueryCondition(match, f"common w{number}"),)))
        for number, match in enumerate([*QueryMatch] * 500)
    ]
    book = CompiledRuleBook(rules, 1)
    looked = list(book._candidates(asked("common", "w7"), frozenset()))
    assert len(looked) == 1
