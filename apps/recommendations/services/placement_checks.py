"""What is asked before a placement is published."""

from collections.abc import Iterator, Sequence

from apps.publishing.contracts import Finding, FindingLevel, VersionView
from apps.recommendations.contracts import Placement
from apps.recommendations.contracts_answers import Fallback
from apps.recommendations.domain.placement_words import STRATEGY_TITLES
from apps.recommendations.selectors.placements import placement_of_version
from apps.recommendations.selectors.strategies import strategies_known
from apps.recommendations.services.placement_preview import occasion_usual, shelf_of

_UNLEFT = (Fallback.WITHOUT_CONSTRAINTS, Fallback.WITHOUT_FILTERS)


def placement_check(version: VersionView) -> Sequence[Finding]:
    """Strategies that nothing answers to, and a shelf that would have nothing to show."""
    placement = placement_of_version(version)
    if placement is None:
        message = "This release cannot read this version."
        return [Finding(FindingLevel.ERROR, "unreadable", message)]
    return [*_strategies(placement), *_shelf(placement)]


def _strategies(placement: Placement) -> Iterator[Finding]:
    known = strategies_known()
    for use in placement.strategies:
        if use.name not in known:
            yield Finding(
                FindingLevel.WARNING,
                "unknown_strategy",
                f"This installation has no strategy '{STRATEGY_TITLES[use.name]}': it finds "
                "nothing.",
            )


def _shelf(placement: Placement) -> Iterator[Finding]:
    """The shelf for nobody in particular, in the present catalogue."""
    shelf = shelf_of(placement=placement, occasion=occasion_usual(placement.name))
    if Fallback.NOTHING in shelf.fallback:
        yield Finding(
            FindingLevel.WARNING,
            "nothing_shown",
            "The catalogue has no product that this shelf may show: it would stand empty.",
        )
    elif any(each in shelf.fallback for each in _UNLEFT):
        yield Finding(
            FindingLevel.WARNING,
            "constraints_let_go",
            "Nothing in the present catalogue is left under these constraints: the shelf would "
            "let go of them rather than stand empty.",
        )
    elif len(shelf.items) < placement.k:
        yield Finding(
            FindingLevel.WARNING,
            "shelf_short",
            f"Only {len(shelf.items)} of {placement.k} products are left under these "
            "constraints, even with what is popular.",
        )
