"""The form in which a payload of search is picked, and the payload in words. No I/O."""

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
from apps.recommendations.domain.personalising import (
    HISTORY,
    SESSION,
    WEIGHED,
    change_words,
    personalisation_written,
)
from apps.recommendations.domain.personalising import (
    PART as PERSONALISATION,
)
from apps.search.domain.configuration import fused_words
from apps.search.domain.overrides import PART as SEARCH
from apps.search.domain.overrides import SearchOverrides, SearchSettings, overrides_written

SWITCHES = ("semantic", "synonyms", "understanding", "spelling")


def payload_of_form(values: Form) -> Json:
    """What the filled form means; None when it changes nothing.

    What is no number stays as it was typed: the check of the payload names it.
    """
    payload: dict[str, Json] = {}
    ranking = ranking_of_form(values)
    if ranking is not None:
        payload[RANKING] = ranking
    search: dict[str, Json] = {}
    if values.get("fusion"):
        search["fusion"] = values["fusion"]
    if values.get("keyword_weight", "").strip():
        search["keyword_weight"] = number_typed(values["keyword_weight"])
    for name in SWITCHES:
        if values.get(name) in {ON, OFF}:
            search[name] = values[name] == ON
    rules = rules_of_form(values)
    if rules:
        search["rules"] = rules
    if search:
        payload[SEARCH] = search
    if personal := _personal(values):
        payload[PERSONALISATION] = personal
    return payload or None


def form_of_overrides(overrides: SearchOverrides) -> dict[str, str]:
    """The form filled from what a payload changes."""
    filled = weights_filled(overrides.weights)
    filled |= _filled(overrides_written(replace(overrides, rules=None)))
    if overrides.rules is not None:
        filled |= rules_filled(overrides.rules)
    if overrides.personalisation is not None:
        filled |= _filled(personalisation_written(overrides.personalisation))
    return filled


def _filled(values: Mapping[str, Json]) -> dict[str, str]:
    return {
        name: (ON if value else OFF) if isinstance(value, bool) else str(value)
        for name, value in values.items()
    }


def _personal(values: Form) -> dict[str, Json]:
    """What the form says of following the shopper."""
    found: dict[str, Json] = {
        name: values[name] == ON for name in (HISTORY, SESSION) if values.get(name) in {ON, OFF}
    }
    typed = {name: values[name] for name in WEIGHED if values.get(name, "").strip()}
    return found | {name: number_typed(text) for name, text in typed.items()}


def overrides_words(overrides: SearchOverrides) -> str:
    """What a variant changes, in plain sentences."""
    told = []
    if overrides.weights is not None:
        told.append(weights_words(overrides.weights))
    if overrides.fusion is not None or overrides.keyword_weight is not None:
        settings = overrides.over(SearchSettings())
        told.append(f"Words and meaning are put together {fused_words(settings)}.")
    if overrides.semantic is not None:
        told.append(f"Search by meaning is {ON if overrides.semantic else OFF}.")
    if overrides.synonyms is not None:
        told.append(f"Synonyms are {ON if overrides.synonyms else OFF}.")
    if overrides.understanding is not None:
        told.append(f"Query understanding is {ON if overrides.understanding else OFF}.")
    if overrides.spelling is not None:
        told.append(f"Spelling correction is {ON if overrides.spelling else OFF}.")
    if overrides.rules is not None:
        told.append(switches_words(overrides.rules))
    if overrides.personalisation is not None:
        told.append(change_words(overrides.personalisation))
    return " ".join(told) or "Search stays as it is."
