"""The form in which a payload of search is picked, and the payload in words. No I/O."""

from collections.abc import Mapping
from dataclasses import replace

from apps.experiments.contracts.assignment import Json
from apps.features.contracts import FEATURE_NAMES, FEATURE_TITLES
from apps.merchandising.contracts_rules import RuleSwitches
from apps.ranking.domain.switching import switches_words
from apps.ranking_weights.contracts import GLOBAL_SUBJECT, WeightsChoice
from apps.ranking_weights.domain.choices import PART as RANKING
from apps.ranking_weights.domain.choices import weights_choice_written
from apps.search.domain.configuration import fused_words
from apps.search.domain.overrides import PART as SEARCH
from apps.search.domain.overrides import SearchOverrides, SearchSettings, overrides_written

WEIGHTS_FROM, WEIGHTS_FOR = "weights_from", "weights_for"
OWN, GLOBAL, VERSION, DRAFT = "own", "global", "version:", "draft:"
RULES, RULES_WITHOUT, RULES_WITH = "rules", "rules_without", "rules_with"
SWITCHES = ("semantic", "synonyms", "understanding", "spelling")
ON, OFF = "on", "off"
Form = Mapping[str, str]


def weight_field(feature: str) -> str:
    """The form field of a feature's weight."""
    return f"weight_{feature}"


def version_choice(subject: str, number: int) -> str:
    """The choice that means a published version."""
    return f"{VERSION}{number}:{subject}"


def payload_of_form(values: Form) -> Json:
    """What the filled form means; None when it changes nothing.

    What is no number stays as it was typed: the check of the payload names it.
    """
    payload: dict[str, Json] = {}
    ranking = _ranking(values)
    if ranking is not None:
        payload[RANKING] = ranking
    search: dict[str, Json] = {}
    if values.get("fusion"):
        search["fusion"] = values["fusion"]
    if values.get("keyword_weight", "").strip():
        search["keyword_weight"] = _number(values["keyword_weight"])
    for name in SWITCHES:
        if values.get(name) in {ON, OFF}:
            search[name] = values[name] == ON
    rules = _rules(values)
    if rules:
        search["rules"] = rules
    if search:
        payload[SEARCH] = search
    return payload or None


def form_of_overrides(overrides: SearchOverrides) -> dict[str, str]:
    """The form filled from what a payload changes."""
    filled: dict[str, str] = {}
    choice = overrides.weights
    if choice is not None and choice.weights:
        filled |= {WEIGHTS_FROM: OWN, WEIGHTS_FOR: choice.subject}
        filled |= {weight_field(name): repr(weight) for name, weight in choice.weights}
    elif choice is not None:
        chosen = version_choice(choice.subject, choice.number) if choice.number else GLOBAL
        filled[WEIGHTS_FROM] = chosen
    for name, value in overrides_written(replace(overrides, rules=None)).items():
        if isinstance(value, bool):
            filled[name] = ON if value else OFF
        else:
            filled[name] = str(value)
    if overrides.rules is not None:
        filled |= _rules_filled(overrides.rules)
    return filled


def _rules_filled(switches: RuleSwitches) -> dict[str, str]:
    return {
        RULES: OFF if switches.off else ON,
        RULES_WITHOUT: " ".join(sorted(switches.without)),
        RULES_WITH: " ".join(sorted(switches.with_)),
    }


def _rules(values: Form) -> dict[str, Json]:
    """What the form says of rules; names are separated by blanks or commas."""
    rules: dict[str, Json] = {}
    if values.get(RULES) in {ON, OFF}:
        rules["enabled"] = values[RULES] == ON
    for name, field in (("without", RULES_WITHOUT), ("with", RULES_WITH)):
        if names := values.get(field, "").replace(",", " ").split():
            rules[name] = [*names]
    return rules


def overrides_words(overrides: SearchOverrides) -> str:
    """What a variant changes, in plain sentences."""
    told = []
    if overrides.weights is not None:
        told.append(_weights_words(overrides.weights))
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
    return " ".join(told) or "Search stays as it is."


def _weights_words(choice: WeightsChoice) -> str:
    if choice.weights:
        parts = [f"{FEATURE_TITLES[name]} {weight:.0%}" for name, weight in choice.weights]
        where = "" if choice.subject in {"", GLOBAL_SUBJECT} else f" in {choice.subject}"
        return f"Ranked by {', '.join(parts)}{where}."
    if choice.number:
        everywhere = choice.subject == GLOBAL_SUBJECT
        where = "" if everywhere else ", in that category and below"
        return f"Ranked by the weights of {choice.subject}, version {choice.number}{where}."
    return "Ranked by the global weights, whatever weights categories have."


def _ranking(values: Form) -> Json:
    chosen = values.get(WEIGHTS_FROM, "")
    if chosen == GLOBAL:
        return weights_choice_written(WeightsChoice(subject=GLOBAL_SUBJECT))
    if chosen.startswith(VERSION):
        number, _, subject = chosen.removeprefix(VERSION).partition(":")
        named: Json = int(number) if number.isascii() and number.isdigit() else number
        return {"weight_set": {"subject": subject, "number": named}}
    if chosen != OWN:
        return None
    typed = {name: values.get(weight_field(name), "").strip() for name in FEATURE_NAMES}
    weights: dict[str, Json] = {name: _number(text) for name, text in typed.items() if text}
    ranking: dict[str, Json] = {"weights": weights}
    if values.get(WEIGHTS_FOR):
        ranking["subject"] = values[WEIGHTS_FOR]
    return ranking


def _number(text: str) -> Json:
    try:
        return float(text)
    except ValueError:
        return text
