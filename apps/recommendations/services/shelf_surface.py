"""Recommendations as a surface of experiments: what a variant changes, its form, how it ships."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from apps.common.errors import ApplicationError
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.surfaces import (
    PayloadField,
    PayloadProblem,
    Shipment,
    ShipReceipt,
    ShipRefused,
)
from apps.merchandising.selectors_rules import RULES
from apps.publishing.contracts import VersionView
from apps.publishing.shipping import content_ship
from apps.ranking.services_rules import switches_problems
from apps.ranking.services_surfaces import (
    AS_IT_IS,
    SWITCH,
    Shipped,
    choice_problems,
    draft_copied,
    people_of,
    receipt_of,
    rule_fields,
    rules_shipped,
    weight_fields,
    weights_shipped,
)
from apps.recommendations.contracts import PlacementName, StrategyName
from apps.recommendations.domain import shelf_form as form
from apps.recommendations.domain.kept_shelf import SURFACE
from apps.recommendations.domain.personalising import (
    HISTORY,
    REVISIT_WEIGHT,
    SESSION,
    SESSION_WEIGHT,
)
from apps.recommendations.domain.placements import placement_content
from apps.recommendations.domain.shelf_overrides import (
    PART,
    ShelfOverrides,
    ShelfOverridesInvalid,
    shelf_overrides_read,
)
from apps.recommendations.selectors.placements import PLACEMENTS, placement_named


class RecommendationsSurface:
    """Shelves; a payload's parts are `ranking`, `personalisation` and `recommendations`."""

    name = SURFACE
    title = "Recommendations"

    def payload_check(self, payload: Json) -> tuple[PayloadProblem, ...]:
        """What is wrong with a payload; empty when it can be used."""
        if payload is not None and not isinstance(payload, dict):
            message = "A payload of recommendations is an object, or nothing."
            return (PayloadProblem("", message),)
        try:
            overrides = shelf_overrides_read(payload)
        except ShelfOverridesInvalid as error:
            return (PayloadProblem(error.field, error.message),)
        return (*choice_problems(overrides.weights), *switches_problems(overrides.rules, PART))

    def payload_words(self, payload: Json) -> str:
        """The payload in plain sentences."""
        try:
            return form.overrides_words(shelf_overrides_read(payload))
        except ShelfOverridesInvalid as error:
            return f"Cannot be used: {error.field}: {error.message}"

    def payload_fields(self) -> tuple[PayloadField, ...]:
        """The form, with the weight sets and rules that there are now."""
        mixes = ((mix.value, words) for mix, words in form.MIXES.items())
        return (
            PayloadField("placements", "Shelves", "text", help=_told(PlacementName, "all")),
            PayloadField(
                "strategies",
                "Strategies, in their order",
                "text",
                help=_told(StrategyName, "as is"),
            ),
            PayloadField("mix", "How they come together", "choice", (AS_IT_IS, *mixes)),
            PayloadField(
                "diversity", "Share of relevance against variety", "number", help="0 to 1."
            ),
            PayloadField(form.PERSONAL[HISTORY], "Shoppers' history", "choice", SWITCH),
            PayloadField(form.PERSONAL[SESSION], "What this visit looks at", "choice", SWITCH),
            PayloadField(
                form.PERSONAL[SESSION_WEIGHT], "Weight of this visit", "number", help="0 to 1."
            ),
            PayloadField(
                form.PERSONAL[REVISIT_WEIGHT],
                "Weight of what was seen before",
                "number",
                help="0 to 1.",
            ),
            *weight_fields(),
            *rule_fields(),
        )

    def payload_from_form(self, values: Mapping[str, str]) -> Json:
        """The payload that the filled form means; a draft's weights are copied into it."""
        return form.payload_of_form(draft_copied(values))

    def payload_to_form(self, payload: Json) -> Mapping[str, str]:
        """The form filled from a payload; empty from one that cannot be read."""
        try:
            return form.form_of_overrides(shelf_overrides_read(payload))
        except ShelfOverridesInvalid:
            return {}

    def ship(self, shipment: Shipment) -> ShipReceipt:
        """Publish weights, placements and rules as the experiment's maker and checker agreed.

        Raises:
            ShipRefused: the payload cannot be read, says what only settings say, or publishing
                refuses.
        """
        try:
            overrides = shelf_overrides_read(shipment.payload)
            if overrides.personalisation is not None:
                raise ShipRefused(
                    "What may follow the shopper is a setting of the installation: set "
                    "PERSONALISATION_HISTORY, PERSONALISATION_SESSION, "
                    "PERSONALISATION_SESSION_WEIGHT or PERSONALISATION_REVISIT_WEIGHT, "
                    "then ship the rest."
                )
            with transaction.atomic():
                published = (
                    *weights_shipped(overrides.weights, shipment),
                    *_placements(overrides, shipment),
                    *rules_shipped(overrides.rules, shipment),
                )
        except ShelfOverridesInvalid as error:
            raise ShipRefused(f"{error.field}: {error.message}") from error
        except ApplicationError as error:
            raise ShipRefused(error.message) from error
        return receipt_of(published, _title, "shelves")


def _placements(overrides: ShelfOverrides, shipment: Shipment) -> Shipped:
    """Each shelf that the variant changes; its own weights give way to those that are shipped."""
    shelves = [placement_named(name) for name in sorted(overrides.placements or PlacementName)]
    return tuple(
        content_ship(
            kind=PLACEMENTS,
            subject=shelf.name.value,
            content=placement_content(overrides.over(shelf)),
            **people_of(shipment),
        )
        for shelf in shelves
        if overrides.over(shelf) != shelf
    )


def _told(names: Iterable[str], otherwise: str) -> str:
    known = ", ".join(names)
    return f"Names with blanks between them: {known}. Empty: {otherwise}."


def _title(view: VersionView) -> str:
    if view.kind == PLACEMENTS:
        return f"Placement {view.subject}"
    return f"Rule {view.subject}" if view.kind == RULES else f"Weights of {view.subject}"
