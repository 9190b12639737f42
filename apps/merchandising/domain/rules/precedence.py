"""Which rule has the say: priority, then how specific its conditions are, then its key."""

from enum import IntEnum

from apps.merchandising.contracts_rules import Conditions, MerchandisingRule, QueryMatch


class Specificity(IntEnum):
    """How narrowly a rule is meant; the most specific kind of its conditions counts."""

    NONE = 0
    ATTRIBUTES = 1
    CATEGORY = 2
    CONTAINS = 3
    PATTERN = 4
    PHRASE = 5
    EXACT = 6


_OF_MATCH = {
    QueryMatch.EXACT: Specificity.EXACT,
    QueryMatch.PHRASE: Specificity.PHRASE,
    QueryMatch.PATTERN: Specificity.PATTERN,
    QueryMatch.CONTAINS: Specificity.CONTAINS,
}
_IN_WORDS = {
    Specificity.NONE: "no condition but time",
    Specificity.ATTRIBUTES: "conditions about the request",
    Specificity.CATEGORY: "a category",
    Specificity.CONTAINS: "words that the query contains",
    Specificity.PATTERN: "a pattern of the query",
    Specificity.PHRASE: "a phrase in the query",
    Specificity.EXACT: "the exact query",
}


def specificity(conditions: Conditions) -> Specificity:
    """The most specific kind of condition; dates do not count."""
    if conditions.queries:
        return max(_OF_MATCH[each.match] for each in conditions.queries)
    if conditions.categories:
        return Specificity.CATEGORY
    asked = (
        conditions.segments, conditions.devices, conditions.attributes, conditions.variants
    )  # fmt: skip
    return Specificity.ATTRIBUTES if any(asked) else Specificity.NONE


def precedence(rule: MerchandisingRule) -> tuple[int, int, str]:
    """Sorts rules, the one that wins first."""
    return -rule.priority, -specificity(rule.conditions), rule.key


def why_wins(winner: MerchandisingRule, other: MerchandisingRule) -> str:
    """Why the first has the say, in words: "its priority is 20 against 10"."""
    if winner.priority != other.priority:
        return f"its priority is {winner.priority} against {other.priority}"
    ours, theirs = specificity(winner.conditions), specificity(other.conditions)
    if ours != theirs:
        return f"it is for {_IN_WORDS[ours]}, which is narrower than {_IN_WORDS[theirs]}"
    return "its key comes first in the alphabet, and nothing else decides"
