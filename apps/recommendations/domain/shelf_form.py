"""The form in which a payload of recommendations is picked, and the payload in words. No I/O."""

from collections.abc import Mapping
from dataclasses import replace

from apps.experiments.contracts.assignment import Json
from apps.ranking.domain.payload_form import (
    OFF,
    ON,
    Form,
    number_typed,
    ranking_of_form,
    rules_filled,
    rules_of_form,
    weights_filled,
    weights_words,
)
from apps.ranking.domain.switching import switches_words
from apps.ranking_weights.domain.choices import PART as RANKING
from apps.recommendations.contracts import Mix, StrategyUse
from apps.recommendations.domain import personalising
from apps.recommendations.domain.shelf_overrides import (
    PART,
    ShelfOverrides,
    shelf_overrides_written,
)

# Names of form fields of what may follow the shopper, by their names in the payload.
PERSONAL = {
    personalising.HISTORY: "personal_history",
    personalising.SESSION: "personal_session",
    personalising.SESSION_WEIGHT: "personal_session_weight",
    personalising.REVISIT_WEIGHT: "personal_revisit_weight",
}
MIXES: Mapping[Mix, str] = {
    Mix.FIRST: "One after the other, until there is enough",
    Mix.BLEND: "All of them, the best score counts",
}


def payload_of_form(values: Form) -> Json:
    """What the filled form means; None when it changes nothing.

    What is no number, strategy or placement stays as it was typed: the check of the payload
    names it.
    """
    payload: dict[str, Json] = {}
    ranking = ranking_of_form(values)
    if ranking is not None:
        payload[RANKING] = ranking
    if personal := _personal(values):
        payload[personalising.PART] = personal
    if part := _part(values):
        payload[PART] = part
    return payload or None


def form_of_overrides(overrides: ShelfOverrides) -> dict[str, str]:
    """The form filled from what a payload changes."""
    filled = weights_filled(overrides.weights)
    if overrides.rules is not None:
        filled |= rules_filled(overrides.rules)
    if overrides.personalisation is not None:
        written = personalising.personalisation_written(overrides.personalisation)
        filled |= {PERSONAL[name]: _typed(value) for name, value in written.items()}
    if overrides.strategies is not None:
        filled["strategies"] = " ".join(map(_use_typed, overrides.strategies))
    rest = shelf_overrides_written(replace(overrides, rules=None, strategies=None))
    for name, value in rest.items():
        filled[name] = " ".join(map(str, value)) if isinstance(value, list) else _typed(value)
    return filled


def overrides_words(overrides: ShelfOverrides) -> str:
    """What a variant changes, in plain sentences."""
    told = []
    if overrides.weights is not None:
        told.append(weights_words(overrides.weights))
    if overrides.strategies is not None:
        told.append(f"Strategies: {', '.join(map(_use_typed, overrides.strategies))}.")
    if overrides.mix is not None:
        told.append(f"{MIXES[overrides.mix]}.")
    if overrides.diversity is not None:
        told.append(f"Relevance counts {overrides.diversity:.0%}, variety the rest.")
    if overrides.personalisation is not None:
        told.append(personalising.change_words(overrides.personalisation))
    if overrides.rules is not None:
        told.append(switches_words(overrides.rules))
    if told and overrides.placements:
        named = ", ".join(sorted(each.value for each in overrides.placements))
        told.append(f"On these shelves only: {named}.")
    return " ".join(told) or "Shelves stay as they are."


def _part(values: Form) -> dict[str, Json]:
    part: dict[str, Json] = {}
    if names := _names(values.get("placements", "")):
        part["placements"] = [*names]
    if names := _names(values.get("strategies", "")):
        part["strategies"] = [_use_read(name) for name in names]
    if values.get("mix"):
        part["mix"] = values["mix"]
    if text := values.get("diversity", "").strip():
        part["diversity"] = number_typed(text)
    if rules := rules_of_form(values):
        part["rules"] = rules
    return part


def _personal(values: Form) -> dict[str, Json]:
    personal: dict[str, Json] = {}
    for name in (personalising.HISTORY, personalising.SESSION):
        if (chosen := values.get(PERSONAL[name])) in {ON, OFF}:
            personal[name] = chosen == ON
    for name in personalising.WEIGHED:
        if text := values.get(PERSONAL[name], "").strip():
            personal[name] = number_typed(text)
    return personal


def _names(text: str) -> list[str]:
    """Separated by blanks or commas."""
    return text.replace(",", " ").split()


def _use_read(text: str) -> Json:
    """`popular`, or with its weight `popular:0.5`."""
    name, colon, weight = text.partition(":")
    return {"name": name, "weight": number_typed(weight)} if colon else name


def _use_typed(use: StrategyUse) -> str:
    return use.name.value if use.weight == 1.0 else f"{use.name.value}:{use.weight:g}"


def _typed(value: Json) -> str:
    if isinstance(value, bool):
        return ON if value else OFF
    return str(value)
