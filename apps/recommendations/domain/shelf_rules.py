"""Which merchandising rules act on a shelf.

A rule without a condition on the query holds for any query, for browsing, and so for shelves:
its categories, segments, devices, attributes, variants and dates decide. One that asks for words
never acts here. What is about a query or a page of results (rewrite, redirect, banner) does
nothing on a shelf. Rules may ask for the shelf itself by the attribute `placement`.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from apps.merchandising.contracts_acting import ActingRules, RuleBook, RuleContext
from apps.merchandising.contracts_rules import RuleSwitches
from apps.recommendations.contracts import PlacementName

PLACEMENT = "placement"


# A book is few: the live one, the one before it, a preview's.
@lru_cache(maxsize=4)
def book_without_queries(book: RuleBook) -> RuleBook:
    """The book without rules that ask for words."""
    asking = (rule.key for rule in book.rules() if rule.conditions.queries)
    return book.narrowed((), frozenset(asking))


def shelf_context(
    *,
    placement: PlacementName,
    categories: tuple[str, ...],
    attributes: Mapping[str, str],
    variants: Mapping[str, str],
    as_of: datetime,
    switches: RuleSwitches,
) -> RuleContext:
    """What a shelf says, as far as rules may ask."""
    return RuleContext(
        words=(),
        categories=categories,
        attributes={**attributes, PLACEMENT: placement.value},
        variants=variants,
        as_of=as_of,
        switches=switches,
    )


def rules_acting(book: RuleBook | None, context: RuleContext) -> ActingRules | None:
    """What acts, conflicts settled; None: nothing does."""
    if book is None or context.switches.off or not len(book):
        return None
    acting = book_without_queries(book).acting(context)  # type: ignore[arg-type]  # books hash by identity
    return acting if acting.rules else None
