"""The same questions answered by looking at every rule, written apart from what is tested."""

import re

from apps.merchandising.contracts_acting import RuleContext
from apps.merchandising.contracts_rules import MerchandisingRule, QueryCondition, QueryMatch, Reach


def acts(rule: MerchandisingRule, context: RuleContext) -> bool:
    names = {rule.key} | ({f"campaign:{rule.campaign}"} if rule.campaign else set())
    switches, conditions = context.switches, rule.conditions
    if switches.off or names & switches.without:
        return False
    if rule.reach is Reach.EXPERIMENTS and not names & switches.with_:
        return False
    if conditions.categories and not any(
        given == path or given.startswith(path + "/")
        for path in conditions.categories
        for given in context.categories
    ):
        return False
    for each in conditions.variants:
        if context.variants.get(each.experiment) not in each.variants:
            return False
    return asked_for(rule, context)


def asked_for(rule: MerchandisingRule, context: RuleContext) -> bool:
    conditions = rule.conditions
    asked_of = (context.words, context.corrected)
    if conditions.queries and not any(
        words and matches(each, words) for each in conditions.queries for words in asked_of
    ):
        return False
    if conditions.starts_at and context.as_of < conditions.starts_at:
        return False
    if conditions.ends_at and context.as_of >= conditions.ends_at:
        return False
    asked = {"segment": conditions.segments, "device": conditions.devices, **conditions.attributes}
    return all(context.attributes.get(name) in values for name, values in asked.items() if values)


def matches(condition: QueryCondition, words: tuple[str, ...]) -> bool:
    query, asked = " ".join(words), condition.text.split()
    if condition.match is QueryMatch.EXACT:
        return query == condition.text
    if condition.match is QueryMatch.CONTAINS:
        return all(word in words for word in asked)
    if condition.match is QueryMatch.PHRASE:
        return f" {condition.text} " in f" {query} "
    begins, ends = asked[0] == "...", asked[-1] == "..."
    inner = [r"\S+" if part == "*" else re.escape(part) for part in asked if part != "..."]
    pattern = r"(\S+ )*" * begins + " ".join(inner) + r"( \S+)*" * ends
    return re.fullmatch(pattern, query) is not None
