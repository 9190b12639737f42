"""Search as a surface of experiments: what a variant may change, its form, how it ships."""

from collections.abc import Mapping
from dataclasses import replace

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
    choice_problems,
    draft_copied,
    people_of,
    receipt_of,
    rule_fields,
    rules_shipped,
    weight_fields,
    weights_shipped,
)
from apps.recommendations.domain.personalising import (
    HISTORY,
    REVISIT_WEIGHT,
    SESSION,
    SESSION_WEIGHT,
)
from apps.search.contracts import FusionMethod
from apps.search.domain import payload_form as form
from apps.search.domain.configuration import SETTINGS_SUBJECT, settings_content
from apps.search.domain.overrides import (
    PART,
    Knob,
    OverridesInvalid,
    SearchOverrides,
    overrides_read,
)
from apps.search.selectors.configuration import search_settings

SETTINGS_KIND = "search_settings"


class SearchSurface:
    """The search surface; its payload's parts are `ranking`, `search` and `personalisation`."""

    name = "search"
    title = "Search"

    def payload_check(self, payload: Json) -> tuple[PayloadProblem, ...]:
        """What is wrong with a payload; empty when it can be used."""
        if payload is not None and not isinstance(payload, dict):
            return (PayloadProblem("", "A payload of search is an object, or nothing."),)
        try:
            overrides = overrides_read(payload)
        except OverridesInvalid as error:
            return (PayloadProblem(error.field, error.message),)
        return (*choice_problems(overrides.weights), *switches_problems(overrides.rules, PART))

    def payload_words(self, payload: Json) -> str:
        """The payload in plain sentences."""
        try:
            return form.overrides_words(overrides_read(payload))
        except OverridesInvalid as error:
            return f"Cannot be used: {error.field}: {error.message}"

    def payload_fields(self) -> tuple[PayloadField, ...]:
        """The form, with the weight sets that there are now."""
        return (
            *weight_fields(),
            PayloadField("fusion", "Words and meaning are put together", "choice", _FUSIONS),
            PayloadField(
                "keyword_weight", "Share of words", "number", help="0 to 1; for scores, weighted."
            ),
            PayloadField("semantic", "Search by meaning", "choice", SWITCH),
            PayloadField("synonyms", "Synonyms", "choice", SWITCH),
            PayloadField("understanding", "Query understanding", "choice", SWITCH),
            PayloadField("spelling", "Spelling correction", "choice", SWITCH),
            *PERSONAL_FIELDS,
            *rule_fields(),
        )

    def payload_from_form(self, values: Mapping[str, str]) -> Json:
        """The payload that the filled form means; a draft's weights are copied into it."""
        return form.payload_of_form(draft_copied(values))

    def payload_to_form(self, payload: Json) -> Mapping[str, str]:
        """The form filled from a payload; empty from one that cannot be read."""
        try:
            return form.form_of_overrides(overrides_read(payload))
        except OverridesInvalid:
            return {}

    def ship(self, shipment: Shipment) -> ShipReceipt:
        """Publish weights, settings and rules as the experiment's maker and checker agreed.

        Raises:
            ShipRefused: the payload cannot be read, or publishing refuses.
        """
        try:
            overrides = overrides_read(shipment.payload)
            with transaction.atomic():
                published = (
                    *weights_shipped(overrides.weights, shipment),
                    *_settings(overrides, shipment),
                    *rules_shipped(overrides.rules, shipment),
                )
        except OverridesInvalid as error:
            raise ShipRefused(f"{error.field}: {error.message}") from error
        except ApplicationError as error:
            raise ShipRefused(error.message) from error
        return receipt_of(published, _title, "search")


PERSONAL_FIELDS = (
    PayloadField(HISTORY, "What shoppers did before", "choice", SWITCH),
    PayloadField(SESSION, "What this visit looked at", "choice", SWITCH),
    PayloadField(
        SESSION_WEIGHT,
        "Weight of this visit",
        "number",
        help="0 to 1, beside the ranking weights.",
    ),
    PayloadField(
        REVISIT_WEIGHT,
        "Weight of what was seen before",
        "number",
        help="0 to 1, beside the ranking weights.",
    ),
)
_FUSIONS = (
    AS_IT_IS,
    (FusionMethod.RRF.value, "By their ranks"),
    (FusionMethod.WEIGHTED.value, "By their scores, weighted"),
    (FusionMethod.MAX.value, "By the better score"),
)


def _settings(
    overrides: SearchOverrides, shipment: Shipment
) -> tuple[tuple[VersionView, bool], ...]:
    if overrides.knobs <= {Knob.WEIGHTS, Knob.RULES}:
        return ()
    after = replace(overrides.over(search_settings()), number=0)
    shipped = content_ship(
        kind=SETTINGS_KIND,
        subject=SETTINGS_SUBJECT,
        content=settings_content(after),
        **people_of(shipment),
    )
    return (shipped,)


def _title(view: VersionView) -> str:
    if view.kind == SETTINGS_KIND:
        return "Search settings"
    if view.kind == RULES:
        return f"Rule {view.subject}"
    return f"Weights of {view.subject}"
