"""What the rules of one arm of a search do, timed and counted."""

from apps.catalog.contracts import FilterSet
from apps.features.contracts import ServingSnapshot
from apps.ranking.domain.rule_effects import Effect, rules_effect
from apps.search.domain.ruling import Ruled
from apps.search.metrics import RULES_MATCHED, RULES_UNMATCHED, step_timed


def effect_of(
    ruled: Ruled | None, snapshot: ServingSnapshot, filters: FilterSet, detected: str | None
) -> Effect | None:
    """What the rules of an arm do; None: nothing.

    Args:
        ruled: the arm's rules; None: there are none.
        snapshot: what rows point into.
        filters: the shopper's own: a pinned product that they leave out is not shown.
        detected: path of the category that the query is about, if one is detected.
    """
    if ruled is None:
        return None
    with step_timed("rules"):
        acting = ruled.settled(detected)
        if not acting.rules:
            RULES_UNMATCHED.inc()
            return None
        RULES_MATCHED.inc()
        return rules_effect(acting, snapshot, filters, places=ruled.places)
