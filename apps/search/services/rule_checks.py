"""What is asked of the catalogue and of search before a rule is published."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils import timezone

from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.merchandising.contracts_rules import (
    Hide,
    Keep,
    MerchandisingRule,
    Pin,
    Redirect,
    Reweigh,
    Rewrite,
)
from apps.merchandising.domain.rules.wording import consequence_words
from apps.merchandising.selectors_rules import rule_of_version
from apps.publishing.contracts import Finding, FindingLevel, VersionView
from apps.ranking.domain.rule_targets import product_row, target_rows
from apps.search.services.rule_preview import RuleOccasion, occasions_of, rule_sides

_MOST_OCCASIONS = 5


def rule_effect_check(version: VersionView) -> Sequence[Finding]:
    """Warns of a rule that matches nothing, or leaves nothing.

    A catalogue without a product says nothing about any rule.
    """
    snapshot = serving_snapshot()
    if version.content["retired"] or not snapshot.columns.active.any():
        return ()
    rule = rule_of_version(version)
    return [
        Finding(FindingLevel.WARNING, code, message)
        for code, message in (
            *_targets(rule, snapshot),
            *_pins(rule, snapshot),
            *_occasions(rule, timezone.now()),
        )
    ]


def _targets(rule: MerchandisingRule, snapshot: ServingSnapshot) -> Iterator[tuple[str, str]]:
    """Consequences that no active product meets."""
    for each in rule.consequences:
        if not isinstance(each, (Reweigh, Hide, Keep)):
            continue
        rows = target_rows(each.target, snapshot)
        if not snapshot.columns.active[rows].any():
            what = consequence_words(each)
            yield "matches_no_product", f"No active product is meant by: {what}."


def _pins(rule: MerchandisingRule, snapshot: ServingSnapshot) -> Iterator[tuple[str, str]]:
    """Pins of products that are there, but not for sale; unknown ones are told by another."""
    for each in rule.consequences:
        if not isinstance(each, Pin):
            continue
        row = product_row(snapshot.columns, each.product)
        if row >= 0 and not snapshot.columns.active[row]:
            yield "pin_inactive", f"Product {each.product} is not active: it cannot be pinned."


def _occasions(rule: MerchandisingRule, as_of: datetime) -> Iterator[tuple[str, str]]:
    """What becomes of the searches that the rule is for."""
    for occasion in occasions_of(rule, _MOST_OCCASIONS):
        before, after = rule_sides(rule=rule, occasion=occasion, as_of=as_of)
        found, left = before.listing.found, after.listing.found
        about = _about(occasion)
        if not found and not left and not _sends_elsewhere(rule):
            yield "finds_nothing", f"{about} finds nothing, with this rule or without it."
        if found and not left:
            code = "hides_results" if occasion.query or occasion.category else "hides_everything"
            yield code, f"{about} finds {found} products; with this rule it would find none."


def _about(occasion: RuleOccasion) -> str:
    if occasion.query:
        return f"The query '{occasion.query}'"
    return f"Category {occasion.category}" if occasion.category else "Browsing"


def _sends_elsewhere(rule: MerchandisingRule) -> bool:
    """Whether an empty list does not matter: the shopper is sent away, or the words change."""
    return any(isinstance(each, (Redirect, Rewrite)) for each in rule.consequences)
