"""What every surface's form, checks and shipping of weights and rules have in common."""

from collections.abc import Callable, Mapping
from typing import TypedDict

from django.contrib.auth import get_user_model

from apps.access.services import Actor
from apps.catalog.selectors import category_tree_fresh
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.surfaces import (
    PayloadField,
    PayloadProblem,
    Shipment,
    ShipReceipt,
)
from apps.features.contracts import FEATURES
from apps.merchandising.contracts_rules import RuleSwitches
from apps.merchandising.selectors_rules import rules_published
from apps.publishing.contracts import VersionView
from apps.ranking.domain import payload_form as form
from apps.ranking.domain.switching import CAMPAIGN
from apps.ranking.services_rules import rules_ship
from apps.ranking_weights.contracts import GLOBAL_SUBJECT, WeightsChoice
from apps.ranking_weights.selectors import (
    weights_in_work,
    weights_of_version,
    weights_settled,
    weights_settled_all,
)
from apps.ranking_weights.services import weights_ship

_MOST_TOLD = 20
AS_IT_IS = ("", "Leave as it is")
SWITCH = (AS_IT_IS, (form.ON, "On"), (form.OFF, "Off"))
Shipped = tuple[tuple[VersionView, bool], ...]


class People(TypedDict):
    """Who made it, who approved it, who ships it, and why."""

    maker: Actor
    checker: Actor
    actor: Actor
    reason: str


def weight_fields() -> tuple[PayloadField, ...]:
    """The form's weights, with the sets that there are now."""
    return (
        PayloadField("weights_from", "Ranking weights", "choice", _weight_choices()),
        *(_weight_field(spec.name, spec.title) for spec in FEATURES),
        PayloadField(
            form.WEIGHTS_FOR,
            "Own numbers act in",
            "choice",
            (("", "Every category"), *_categories()),
            "Only with numbers of its own.",
        ),
    )


def draft_copied(values: Mapping[str, str]) -> Mapping[str, str]:
    """The filled form, a chosen draft's numbers copied into it."""
    chosen = values.get(form.WEIGHTS_FROM, "")
    number = chosen.removeprefix(form.DRAFT)
    if chosen.startswith(form.DRAFT) and number.isascii() and number.isdigit():
        found = weights_of_version(int(number))
        if found is not None:
            subject = "" if found.subject == GLOBAL_SUBJECT else found.subject
            copied = WeightsChoice(tuple(found.weights.items()), subject)
            return {**values, **form.weights_filled(copied)}
    return values


def choice_problems(choice: WeightsChoice | None) -> tuple[PayloadProblem, ...]:
    """Whether the version and the category that a choice names exist."""
    if choice is None:
        return ()
    if choice.number and weights_settled(choice.subject, choice.number) is None:
        message = f"{choice.subject} has no published version {choice.number}."
        return (PayloadProblem("ranking.weight_set", message),)
    somewhere = choice.weights and choice.subject not in {"", GLOBAL_SUBJECT}
    if somewhere and category_tree_fresh().by_path(choice.subject) is None:
        message = f"There is no category '{choice.subject}'."
        return (PayloadProblem("ranking.subject", message),)
    return ()


def _weight_choices() -> tuple[tuple[str, str], ...]:
    settled = tuple(
        (form.version_choice(one.subject, one.number), f"{one.subject}, version {one.number}")
        for one in weights_settled_all()
    )
    drafts = tuple(
        (f"{form.DRAFT}{pk}", f"{one.subject}, draft {one.number}: copy its numbers")
        for pk, one in weights_in_work()
    )
    everywhere = (form.GLOBAL, "The global weights, in every category")
    return (AS_IT_IS, everywhere, *settled, *drafts, (form.OWN, "Numbers of its own"))


def _weight_field(feature: str, title: str) -> PayloadField:
    help_text = "0 to 1; the weights of all features sum to 1."
    return PayloadField(form.weight_field(feature), title, "number", help=help_text)


def rule_fields() -> tuple[PayloadField, ...]:
    """The form's rules, with those that there are now."""
    rules = rules_published()
    known = [rule.key for rule in rules]
    known += [f"{CAMPAIGN}{name}" for name in sorted({rule.campaign for rule in rules} - {""})]
    some = ", ".join(known[:_MOST_TOLD]) or "none yet"
    more = "" if len(known) <= _MOST_TOLD else f" and {len(known) - _MOST_TOLD} more"
    return (
        PayloadField(form.RULES, "Merchandising rules", "choice", SWITCH),
        PayloadField(
            form.RULES_WITHOUT,
            "Rules that do not act",
            "text",
            help=f"Keys, or campaign:<name>, with blanks between them. There are {some}{more}.",
        ),
        PayloadField(
            form.RULES_WITH,
            "Rules that act here only",
            "text",
            help="Published ones that reach experiments only; named likewise.",
        ),
    )


def _categories() -> tuple[tuple[str, str], ...]:
    return tuple((node.path, node.path) for node in category_tree_fresh().categories)


def weights_shipped(choice: WeightsChoice | None, shipment: Shipment) -> Shipped:
    """The weights made everybody's."""
    if choice is None:
        return ()
    return weights_ship(choice=choice, **people_of(shipment))


def rules_shipped(switches: RuleSwitches | None, shipment: Shipment) -> Shipped:
    """The rules made everybody's."""
    return rules_ship(switches=switches, **people_of(shipment))


def people_of(shipment: Shipment) -> People:
    """Who made it, who approved it, who ships it, and why."""
    return {
        "maker": _person(shipment.maker_id),
        "checker": _person(shipment.checker_id),
        "actor": _person(shipment.actor_id),
        "reason": shipment.reason,
    }


def _person(pk: int | None) -> Actor:
    return None if pk is None else get_user_model()._default_manager.filter(pk=pk).first()  # noqa: SLF001 - Django's documented way to a model's first manager


def receipt_of(
    published: Shipped, title: Callable[[VersionView], str], surface: str
) -> ShipReceipt:
    """What came of it; `surface` is what stays as it is when nothing was published."""
    told = [
        f"{title(view)} version {view.number} is {'published' if new else 'live already'}."
        for view, new in published
    ]
    record: list[Json] = [
        {"kind": view.kind, "subject": view.subject, "number": view.number, "new": new}
        for view, new in published
    ]
    message = " ".join(told) or f"The variant leaves {surface} as it is: nothing is published."
    return ShipReceipt(message, {"published": record})
