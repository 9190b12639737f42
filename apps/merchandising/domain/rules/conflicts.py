"""Which rules contradict each other, told before any request meets both."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from apps.merchandising.contracts_acting import Outdone
from apps.merchandising.contracts_rules import Conditions, MerchandisingRule, QueryMatch, Rewrite
from apps.merchandising.domain.rules.matching import (
    ValueSets,
    attributes_asked,
    query_compile,
    query_matches,
)
from apps.merchandising.domain.rules.precedence import precedence
from apps.merchandising.domain.rules.settling import rules_settle
from apps.merchandising.domain.rules.wording import outdone_words
from apps.merchandising.domain.rules.words import ANY_WORD, ANY_WORDS, Words

_Asked = tuple[QueryMatch, Words]


@dataclass(frozen=True, slots=True)
class RuleConflict:
    """Two rules that may meet, and what one of them then does not do.

    Attributes:
        other: key of the rule on the other side.
        wins: whether the rule that was asked about has the say.
        outdone: what gives way.
        words: the same in one sentence.
    """

    other: str
    wins: bool
    outdone: Outdone
    words: str


def rule_conflicts(
    rule: MerchandisingRule, others: Iterable[MerchandisingRule]
) -> tuple[RuleConflict, ...]:
    """Where the rule and others contradict each other, in the others' order.

    Two rules may meet when no condition keeps them apart. Of queries only those count that are
    alike: one matches the other, or both ask for one of the same words.
    """
    return tuple(
        conflict
        for other in others
        if other.key != rule.key and rules_may_meet(rule.conditions, other.conditions)
        for conflict in _between(rule, other)
    )


def _between(rule: MerchandisingRule, other: MerchandisingRule) -> Iterator[RuleConflict]:
    pair = sorted((rule, other), key=precedence)
    for outdone in rules_settle(pair, _words_for(rule, other)).outdone:
        if outdone.winner != outdone.rule:
            yield RuleConflict(
                other.key, outdone.winner == rule.key, outdone, outdone_words(outdone)
            )


def rules_may_meet(one: Conditions, other: Conditions) -> bool:
    """Whether a request may wake both, as far as the conditions themselves tell."""
    return (
        _windows_meet(one, other)
        and _queries_meet(one, other)
        and _categories_meet(one.categories, other.categories)
        and _values_meet(attributes_asked(one), attributes_asked(other))
        and _values_meet(_variants(one), _variants(other))
    )


def _windows_meet(one: Conditions, other: Conditions) -> bool:
    return not any(
        early.ends_at is not None
        and late.starts_at is not None
        and early.ends_at <= late.starts_at
        for early, late in ((one, other), (other, one))
    )


def _queries_meet(one: Conditions, other: Conditions) -> bool:
    if not one.queries or not other.queries:
        return True
    ours, theirs = map(query_compile, one.queries), map(query_compile, other.queries)
    return any(_alike(each, another) for each, another in product(ours, theirs))


def _alike(one: _Asked, other: _Asked) -> bool:
    for (match, words), (other_match, other_words) in ((one, other), (other, one)):
        if match is QueryMatch.EXACT:
            return query_matches(other_match, other_words, words)
    return not _literals(one[1]).isdisjoint(_literals(other[1]))


def _matched(asked: Sequence[_Asked], words: Words) -> bool:
    return not asked or any(query_matches(match, each, words) for match, each in asked)


def _literals(words: Words) -> set[str]:
    return set(words) - {ANY_WORD, ANY_WORDS}


def _categories_meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if not one or not other:
        return True
    return any(
        f"{ours}/".startswith(f"{theirs}/") or f"{theirs}/".startswith(f"{ours}/")
        for ours, theirs in product(one, other)
    )


def _variants(conditions: Conditions) -> ValueSets:
    return tuple((each.experiment, frozenset(each.variants)) for each in conditions.variants)


def _values_meet(one: ValueSets, other: ValueSets) -> bool:
    theirs = dict(other)
    return all(not values.isdisjoint(theirs.get(name, values)) for name, values in one)


def _words_for(one: MerchandisingRule, other: MerchandisingRule) -> Words:
    """A query that wakes both where one of them names it; else the longest words rewritten."""
    asked = [tuple(map(query_compile, rule.conditions.queries)) for rule in (one, other)]
    for match, words in asked[0] + asked[1]:
        if match is QueryMatch.EXACT and all(_matched(each, words) for each in asked):
            return words
    finds = [
        each.find
        for rule in (one, other)
        for each in rule.consequences
        if isinstance(each, Rewrite)
    ]
    longest = max(finds, key=len, default="")
    return tuple((longest or ("any" if finds else "")).split())
