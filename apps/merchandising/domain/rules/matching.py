"""Whether one rule's conditions hold; compiled once, asked often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.merchandising.contracts_acting import RuleContext, WordsFrom
from apps.merchandising.contracts_rules import (
    Conditions,
    MerchandisingRule,
    QueryCondition,
    QueryMatch,
    Reach,
    RuleSwitches,
)
from apps.merchandising.domain.rules.words import Words, pattern_matches, phrase_places

CAMPAIGN = "campaign:"
Queries = tuple[tuple[QueryMatch, Words], ...]
ValueSets = tuple[tuple[str, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule as it is asked.

    Attributes:
        rule: as published.
        names: what switches may call it: its key and its campaign.
        queries: how and with what words.
        categories: paths.
        attributes: (name, values) that must hold, segment and device among them.
        variants: (experiment, variants), likewise.
    """

    rule: MerchandisingRule
    names: frozenset[str]
    queries: Queries
    categories: frozenset[str]
    attributes: ValueSets
    variants: ValueSets


def rule_compile(rule: MerchandisingRule) -> CompiledRule:
    """The rule, ready to be asked."""
    conditions = rule.conditions
    campaign = {CAMPAIGN + rule.campaign} if rule.campaign else set()
    return CompiledRule(
        rule=rule,
        names=frozenset({rule.key, *campaign}),
        queries=tuple(query_compile(each) for each in conditions.queries),
        categories=frozenset(conditions.categories),
        attributes=attributes_asked(conditions),
        variants=tuple(
            (each.experiment, frozenset(each.variants)) for each in conditions.variants
        ),
    )


def query_compile(condition: QueryCondition) -> tuple[QueryMatch, Words]:
    """How the query is compared, and with what."""
    return condition.match, tuple(condition.text.split())


def attributes_asked(conditions: Conditions) -> ValueSets:
    """(name, values) of every attribute of the request that is asked for."""
    asked = [("segment", conditions.segments), ("device", conditions.devices)]
    asked.extend(sorted(conditions.attributes.items()))
    return tuple((name, frozenset(values)) for name, values in asked if values)


def rule_holds(compiled: CompiledRule, context: RuleContext, within: frozenset[str]) -> bool:
    """Whether the rule acts.

    Args:
        compiled: the rule.
        context: of the request.
        within: its categories' paths and those above them.
    """
    return (
        switched_on(compiled, context.switches)
        and request_holds(compiled, context)
        and (not compiled.categories or not within.isdisjoint(compiled.categories))
        and _values_hold(compiled.variants, context.variants)
    )


def request_holds(compiled: CompiledRule, context: RuleContext) -> bool:
    """Whether the query, the attributes and the time hold: what depends on no arm."""
    return (
        (not compiled.queries or _words_from(compiled.queries, context) is not None)
        and _values_hold(compiled.attributes, context.attributes)
        and in_time(compiled.rule.conditions, context.as_of)
    )


def switched_on(compiled: CompiledRule, switches: RuleSwitches) -> bool:
    """Whether the arm lets the rule act; what it turns off stays off."""
    if switches.off or not compiled.names.isdisjoint(switches.without):
        return False
    everyone = compiled.rule.reach is Reach.EVERYONE
    return everyone or not compiled.names.isdisjoint(switches.with_)


def in_time(conditions: Conditions, as_of: datetime) -> bool:
    """Whether the moment lies in the rule's window."""
    starts_at, ends_at = conditions.starts_at, conditions.ends_at
    return (starts_at is None or starts_at <= as_of) and (ends_at is None or as_of < ends_at)


def paths_upwards(paths: tuple[str, ...]) -> frozenset[str]:
    """The paths and every path above them."""
    found: set[str] = set()
    for path in paths:
        while path and path not in found:
            found.add(path)
            path = path.rpartition("/")[0]  # noqa: PLW2901 - climbing is the point
    return frozenset(found)


def words_from(conditions: Conditions, context: RuleContext) -> WordsFrom | None:
    """Where the words stand that a rule asks for; None: nowhere, or it asks for none."""
    return _words_from(tuple(query_compile(each) for each in conditions.queries), context)


def _words_from(queries: Queries, context: RuleContext) -> WordsFrom | None:
    """What was typed comes before what it was corrected to."""
    if _query_holds(queries, context.words):
        return WordsFrom.TYPED
    return WordsFrom.CORRECTED if _query_holds(queries, context.corrected) else None


def _query_holds(queries: Queries, words: Words) -> bool:
    return bool(words) and any(query_matches(match, asked, words) for match, asked in queries)


def query_matches(match: QueryMatch, asked: Words, words: Words) -> bool:
    """Whether the query is as asked.

    Args:
        match: how they are compared.
        asked: words of the condition.
        words: of the query.
    """
    match match:
        case QueryMatch.EXACT:
            return words == asked
        case QueryMatch.PHRASE:
            return bool(phrase_places(asked, words))
        case QueryMatch.CONTAINS:
            return set(asked).issubset(words)
    return pattern_matches(asked, words)


def _values_hold(asked: ValueSets, given: Mapping[str, str]) -> bool:
    return all(given.get(name) in values for name, values in asked)
