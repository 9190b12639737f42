"""What is asked before a rule is published."""

from collections.abc import Iterator, Sequence

from apps.catalog.selectors import category_tree_fresh, pks_by_product_id
from apps.merchandising.contracts_rules import (
    Consequence,
    Hide,
    Keep,
    MerchandisingRule,
    Pin,
    Reweigh,
)
from apps.merchandising.domain.rules.conflicts import RuleConflict, rule_conflicts
from apps.merchandising.domain.rules.precedence import precedence
from apps.merchandising.selectors_rules import rule_of_version, rules_published
from apps.publishing.contracts import Finding, FindingLevel, VersionView

_MOST_TOLD = 10


def rule_conflicts_check(version: VersionView) -> Sequence[Finding]:
    """Who wins over whom, once this version is among the published rules."""
    if version.content["retired"]:
        return ()
    found = conflicts_with_published(rule_of_version(version))
    findings = [
        Finding(FindingLevel.WARNING, "rule_conflicts", each.words) for each in found[:_MOST_TOLD]
    ]
    if len(found) > _MOST_TOLD:
        more = f"There are {len(found) - _MOST_TOLD} more conflicts with published rules."
        findings.append(Finding(FindingLevel.WARNING, "rule_conflicts", more))
    return findings


def conflicts_with_published(rule: MerchandisingRule) -> tuple[RuleConflict, ...]:
    """Where the rule and published ones contradict each other, by precedence of the others."""
    return rule_conflicts(rule, sorted(rules_published(), key=precedence))


def rule_targets_check(version: VersionView) -> Sequence[Finding]:
    """Products and categories that the rule names and the catalogue does not have."""
    if version.content["retired"]:
        return ()
    rule = rule_of_version(version)
    named = set(products_named_by(rule.consequences))
    missing = sorted(named - set(pks_by_product_id(named))) if named else []
    tree = category_tree_fresh()
    unknown = [path for path in categories_named(rule) if tree.by_path(path) is None]
    told = [
        ("unknown_products", "There is no product", missing),
        ("unknown_categories", "There is no category", unknown),
    ]
    return [
        Finding(FindingLevel.WARNING, code, f"{words} {', '.join(names[:_MOST_TOLD])}.")
        for code, words, names in told
        if names
    ]


def products_named_by(consequences: Sequence[Consequence]) -> Iterator[str]:
    """External ids that consequences name."""
    for each in consequences:
        if isinstance(each, Pin):
            yield each.product
        elif isinstance(each, (Reweigh, Hide, Keep)):
            yield from each.target.products


def categories_named(rule: MerchandisingRule) -> Iterator[str]:
    """Paths that conditions and filters name."""
    yield from rule.conditions.categories
    for each in rule.consequences:
        if isinstance(each, (Reweigh, Hide, Keep)):
            yield from (path.strip("/") for path in each.target.filters.get("category", ()))
