"""A winner's rules made everybody's: drafts through publishing, as maker and checker agreed."""

from collections.abc import Mapping

from apps.access.services import Actor
from apps.experiments.contracts.surfaces import PayloadProblem, ShipRefused
from apps.merchandising.contracts_rules import MerchandisingRule, Reach, RuleSwitches
from apps.merchandising.selectors_rules import RULES, rules_published
from apps.publishing.contracts import JsonValue, VersionView
from apps.publishing.selectors import live_version
from apps.publishing.shipping import content_ship
from apps.ranking.domain.switching import FIELD, names_unknown, rules_named


def switches_problems(switches: RuleSwitches | None, part: str) -> tuple[PayloadProblem, ...]:
    """Rules and campaigns that a variant names under `part` and that nobody published."""
    if switches is None or not (switches.without or switches.with_):
        return ()
    rules = rules_published()
    return tuple(
        PayloadProblem(
            f"{part}.{FIELD}.{name}",
            f"There is no published rule or campaign '{unknown}'.",
        )
        for name, names in (("without", switches.without), ("with", switches.with_))
        for unknown in names_unknown(names, rules)
    )


def rules_ship(
    *,
    switches: RuleSwitches | None,
    maker: Actor,
    checker: Actor,
    actor: Actor,
    reason: str,
) -> tuple[tuple[VersionView, bool], ...]:
    """Rules that the variant acted with reach everyone; those that it acted without are retired.

    Raises:
        ShipRefused: all rules are off in it, or it names one that is not published any more.
        ApplicationError: publishing refuses.
    """
    if switches is None:
        return ()
    if switches.off:
        raise ShipRefused(
            "This variant has no rules at all: which of them to retire is decided in "
            "Merchandising, one by one."
        )
    people: Mapping[str, Actor] = {"maker": maker, "checker": checker, "actor": actor}
    rules = rules_published()
    for name in names_unknown(switches.with_ | switches.without, rules):
        raise ShipRefused(f"The rule or campaign '{name}' is not published any more.")
    reached = rules_named(switches.with_, rules)
    gone = rules_named(switches.without, rules)
    return (
        *(
            _shipped(rule, {"reach": Reach.EVERYONE.value}, people, reason)
            for rule in reached
            if rule.reach is not Reach.EVERYONE
        ),
        *(_shipped(rule, {"retired": True}, people, reason) for rule in gone),
    )


def _shipped(
    rule: MerchandisingRule,
    change: Mapping[str, JsonValue],
    people: Mapping[str, Actor],
    reason: str,
) -> tuple[VersionView, bool]:
    live = live_version(kind=RULES, subject=rule.key)
    if live is None:
        raise ShipRefused(f"The rule '{rule.key}' is not published any more.")
    return content_ship(
        kind=RULES,
        subject=rule.key,
        content={**live.content, **change},
        maker=people["maker"],
        checker=people["checker"],
        actor=people["actor"],
        reason=reason,
    )
