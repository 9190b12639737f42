"""Search as a surface of experiments: what a variant may change, its form, how it ships."""

from collections.abc import Mapping
from dataclasses import replace

from django.contrib.auth import get_user_model
from django.db import transaction

from apps.access.services import Actor
from apps.catalog.selectors import category_tree_fresh
from apps.common.errors import ApplicationError
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.surfaces import (
    PayloadField,
    PayloadProblem,
    Shipment,
    ShipReceipt,
    ShipRefused,
)
from apps.features.contracts import FEATURES
from apps.merchandising.selectors_rules import RULES, rules_published
from apps.publishing.contracts import VersionView
from apps.publishing.shipping import content_ship
from apps.ranking.domain.switching import CAMPAIGN
from apps.ranking.services_rules import rules_ship, switches_problems
from apps.ranking_weights.contracts import GLOBAL_SUBJECT, WeightsChoice
from apps.ranking_weights.selectors import (
    weights_in_work,
    weights_of_version,
    weights_settled,
    weights_settled_all,
)
from apps.ranking_weights.services import weights_ship
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
_MOST_TOLD = 20
_AS_IT_IS = ("", "Leave as it is")
_SWITCH = (_AS_IT_IS, (form.ON, "On"), (form.OFF, "Off"))


class SearchSurface:
    """The search surface; its payload's parts are `ranking` and `search`."""

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
        return (*_choice_problems(overrides.weights), *switches_problems(overrides.rules, PART))

    def payload_words(self, payload: Json) -> str:
        """The payload in plain sentences."""
        try:
            return form.overrides_words(overrides_read(payload))
        except OverridesInvalid as error:
            return f"Cannot be used: {error.field}: {error.message}"

    def payload_fields(self) -> tuple[PayloadField, ...]:
        """The form, with the weight sets that there are now."""
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
            PayloadField("fusion", "Words and meaning are put together", "choice", _FUSIONS),
            PayloadField(
                "keyword_weight", "Share of words", "number", help="0 to 1; for scores, weighted."
            ),
            PayloadField("semantic", "Search by meaning", "choice", _SWITCH),
            PayloadField("synonyms", "Synonyms", "choice", _SWITCH),
            PayloadField("understanding", "Query understanding", "choice", _SWITCH),
            PayloadField("spelling", "Spelling correction", "choice", _SWITCH),
            *_rule_fields(),
        )

    def payload_from_form(self, values: Mapping[str, str]) -> Json:
        """The payload that the filled form means; a draft's weights are copied into it."""
        chosen = values.get(form.WEIGHTS_FROM, "")
        number = chosen.removeprefix(form.DRAFT)
        if chosen.startswith(form.DRAFT) and number.isascii() and number.isdigit():
            found = weights_of_version(int(number))
            if found is not None:
                subject = "" if found.subject == GLOBAL_SUBJECT else found.subject
                copied = SearchOverrides(WeightsChoice(tuple(found.weights.items()), subject))
                values = {**values, **form.form_of_overrides(copied)}
        return form.payload_of_form(values)

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
                    *_weights(overrides, shipment),
                    *_settings(overrides, shipment),
                    *_rules(overrides, shipment),
                )
        except OverridesInvalid as error:
            raise ShipRefused(f"{error.field}: {error.message}") from error
        except ApplicationError as error:
            raise ShipRefused(error.message) from error
        return _receipt(published)


_FUSIONS = (
    _AS_IT_IS,
    (FusionMethod.RRF.value, "By their ranks"),
    (FusionMethod.WEIGHTED.value, "By their scores, weighted"),
    (FusionMethod.MAX.value, "By the better score"),
)


def _choice_problems(choice: WeightsChoice | None) -> tuple[PayloadProblem, ...]:
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
    return (_AS_IT_IS, everywhere, *settled, *drafts, (form.OWN, "Numbers of its own"))


def _weight_field(feature: str, title: str) -> PayloadField:
    help_text = "0 to 1; the weights of all features sum to 1."
    return PayloadField(form.weight_field(feature), title, "number", help=help_text)


def _rule_fields() -> tuple[PayloadField, ...]:
    rules = rules_published()
    known = [rule.key for rule in rules]
    known += [f"{CAMPAIGN}{name}" for name in sorted({rule.campaign for rule in rules} - {""})]
    some = ", ".join(known[:_MOST_TOLD]) or "none yet"
    more = "" if len(known) <= _MOST_TOLD else f" and {len(known) - _MOST_TOLD} more"
    return (
        PayloadField(form.RULES, "Merchandising rules", "choice", _SWITCH),
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


def _weights(
    overrides: SearchOverrides, shipment: Shipment
) -> tuple[tuple[VersionView, bool], ...]:
    if overrides.weights is None:
        return ()
    return weights_ship(
        choice=overrides.weights,
        maker=_person(shipment.maker_id),
        checker=_person(shipment.checker_id),
        actor=_person(shipment.actor_id),
        reason=shipment.reason,
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
        maker=_person(shipment.maker_id),
        checker=_person(shipment.checker_id),
        actor=_person(shipment.actor_id),
        reason=shipment.reason,
    )
    return (shipped,)


def _rules(overrides: SearchOverrides, shipment: Shipment) -> tuple[tuple[VersionView, bool], ...]:
    return rules_ship(
        switches=overrides.rules,
        maker=_person(shipment.maker_id),
        checker=_person(shipment.checker_id),
        actor=_person(shipment.actor_id),
        reason=shipment.reason,
    )


def _person(pk: int | None) -> Actor:
    return None if pk is None else get_user_model()._default_manager.filter(pk=pk).first()  # noqa: SLF001 - Django's documented way to a model's first manager


def _receipt(published: tuple[tuple[VersionView, bool], ...]) -> ShipReceipt:
    told = [
        f"{_title(view)} version {view.number} is {'published' if new else 'live already'}."
        for view, new in published
    ]
    record: list[Json] = [
        {"kind": view.kind, "subject": view.subject, "number": view.number, "new": new}
        for view, new in published
    ]
    message = " ".join(told) or "The variant leaves search as it is: nothing is published."
    return ShipReceipt(message, {"published": record})


def _title(view: VersionView) -> str:
    if view.kind == SETTINGS_KIND:
        return "Search settings"
    if view.kind == RULES:
        return f"Rule {view.subject}"
    return f"Weights of {view.subject}"
