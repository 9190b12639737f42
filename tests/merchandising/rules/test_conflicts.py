from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given

from apps.merchandising.contracts_acting import RuleContext
from apps.merchandising.contracts_rules import (
    Conditions,
    Consequence,
    MerchandisingRule,
    Pin,
    QueryCondition,
    QueryMatch,
    Reach,
    Rewrite,
    VariantCondition,
)
from apps.merchandising.domain.rules.book import CompiledRuleBook
from apps.merchandising.domain.rules.conflicts import rule_conflicts, rules_may_meet
from tests.merchandising.rules.strategies import contexts, rule_lists, some

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


def asks(match: str, *texts: str) -> Conditions:
    return Conditions(queries=tuple(QueryCondition(QueryMatch(match), text) for text in texts))


def rule(
    key: str, conditions: Conditions, *consequences: Consequence, priority: int = 0
) -> MerchandisingRule:
    return MerchandisingRule(
        key, 1, "A rule", priority, "", Reach.EVERYONE, conditions, consequences
    )


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (Conditions(), Conditions(), True),
        (asks("exact", "tv"), Conditions(categories=("a",)), True),
        (asks("exact", "tv"), asks("exact", "tv"), True),
        (asks("exact", "tv"), asks("exact", "red tv"), False),
        (asks("exact", "red tv"), asks("contains", "tv"), True),
        (asks("contains", "tv"), asks("exact", "radio", "red tv"), True),
        (asks("phrase", "red tv"), asks("pattern", "... tv"), True),
        (asks("phrase", "red tv"), asks("contains", "radio"), False),
        (Conditions(categories=("a/b",)), Conditions(categories=("a",)), True),
        (Conditions(categories=("a",)), Conditions(categories=("ab", "a/b")), True),
        (Conditions(categories=("a",)), Conditions(categories=("ab",)), False),
        (Conditions(devices=("mobile",)), Conditions(devices=("desktop",)), False),
        (Conditions(devices=("mobile",)), Conditions(segments=("vip",)), True),
        (
            Conditions(variants=(VariantCondition("x", ("a",)),)),
            Conditions(variants=(VariantCondition("x", ("b",)),)),
            False,
        ),
        (Conditions(ends_at=MAY), Conditions(starts_at=JUNE), False),
        (Conditions(ends_at=MAY), Conditions(starts_at=MAY), False),
        (Conditions(ends_at=JUNE), Conditions(starts_at=MAY), True),
    ],
)
def test_rules_meet_where_nothing_keeps_them_apart(
    one: Conditions, other: Conditions, meet: bool
) -> None:
    assert rules_may_meet(one, other) is meet
    assert rules_may_meet(other, one) is meet


def test_a_conflict_says_who_wins_and_why() -> None:
    ours = rule("spring", asks("contains", "tv"), Pin("1", 1), priority=10)
    theirs = rule("summer", asks("exact", "red tv"), Pin("2", 1), priority=20)
    (found,) = rule_conflicts(ours, [ours, theirs, rule("z", asks("exact", "x"), Pin("3", 1))])
    assert (found.other, found.wins) == ("summer", False)
    assert found.words == (
        "Rule 'summer' wins over 'spring', which would pin 1 to position 1, because its priority "
        "is 20 against 10."
    )
    (seen_from_there,) = rule_conflicts(theirs, [ours])
    assert (seen_from_there.other, seen_from_there.wins) == ("spring", True)


@pytest.mark.parametrize(
    ("one", "other", "conflicts"),
    [
        (asks("exact", "x", "tv"), asks("exact", "tv"), 1),
        (asks("contains", "tv"), Conditions(), 1),
        (Conditions(), Conditions(), 1),
    ],
)
def test_rewrites_of_the_same_words_conflict(
    one: Conditions, other: Conditions, conflicts: int
) -> None:
    ours, theirs = rule("a", one, Rewrite("tv", "x")), rule("b", other, Rewrite("tv", "y"))
    assert len(rule_conflicts(ours, [theirs])) == conflicts


def test_two_whole_queries_conflict_and_different_words_do_not() -> None:
    whole = rule("a", Conditions(), Rewrite("", "x"))
    assert rule_conflicts(whole, [replace(whole, key="b")])
    apart = rule("c", Conditions(), Rewrite("lamp", "x"))
    assert not rule_conflicts(apart, [rule("d", Conditions(), Rewrite("tv", "x"))])


def test_what_a_rule_does_to_itself_is_no_conflict_with_others() -> None:
    both = rule("a", Conditions(), Pin("1", 1), Pin("1", 2))
    assert not rule_conflicts(both, [rule("b", Conditions(), Pin("2", 3))])


@some
@given(rule_lists, contexts())
def test_rules_that_do_act_together_may_meet_unless_their_words_only_meet_by_chance(
    rules: list[MerchandisingRule], context: RuleContext
) -> None:
    plain = [replace(each, conditions=replace(each.conditions, queries=())) for each in rules]
    acting = CompiledRuleBook(plain, 1).acting(context).rules
    for one in acting:
        for other in acting:
            assert rules_may_meet(one.conditions, other.conditions)
