"""The parts of a payload's form that all surfaces share: weights and rules. No I/O."""

from collections.abc import Mapping

from apps.experiments.contracts.assignment import Json
from apps.features.contracts import FEATURE_NAMES, FEATURE_TITLES
from apps.merchandising.contracts_rules import RuleSwitches
from apps.ranking_weights.contracts import GLOBAL_SUBJECT, WeightsChoice
from apps.ranking_weights.domain.choices import weights_choice_written

WEIGHTS_FROM, WEIGHTS_FOR = "weights_from", "weights_for"
OWN, GLOBAL, VERSION, DRAFT = "own", "global", "version:", "draft:"
RULES, RULES_WITHOUT, RULES_WITH = "rules", "rules_without", "rules_with"
ON, OFF = "on", "off"
Form = Mapping[str, str]


def weight_field(feature: str) -> str:
    """The form field of a feature's weight."""
    return f"weight_{feature}"


def version_choice(subject: str, number: int) -> str:
    """The choice that means a published version."""
    return f"{VERSION}{number}:{subject}"


def weights_filled(choice: WeightsChoice | None) -> dict[str, str]:
    """The form's weights, filled from what a payload asks to score by."""
    if choice is None:
        return {}
    if choice.weights:
        filled = {WEIGHTS_FROM: OWN, WEIGHTS_FOR: choice.subject}
        return filled | {weight_field(name): repr(weight) for name, weight in choice.weights}
    chosen = version_choice(choice.subject, choice.number) if choice.number else GLOBAL
    return {WEIGHTS_FROM: chosen}


def rules_filled(switches: RuleSwitches) -> dict[str, str]:
    """The form's rules, filled from a variant's switches."""
    return {
        RULES: OFF if switches.off else ON,
        RULES_WITHOUT: " ".join(sorted(switches.without)),
        RULES_WITH: " ".join(sorted(switches.with_)),
    }


def rules_of_form(values: Form) -> dict[str, Json]:
    """What the form says of rules; names are separated by blanks or commas."""
    rules: dict[str, Json] = {}
    if values.get(RULES) in {ON, OFF}:
        rules["enabled"] = values[RULES] == ON
    for name, field in (("without", RULES_WITHOUT), ("with", RULES_WITH)):
        if names := values.get(field, "").replace(",", " ").split():
            rules[name] = [*names]
    return rules


def weights_words(choice: WeightsChoice) -> str:
    """What a variant scores by, in a plain sentence."""
    if choice.weights:
        parts = [f"{FEATURE_TITLES[name]} {weight:.0%}" for name, weight in choice.weights]
        where = "" if choice.subject in {"", GLOBAL_SUBJECT} else f" in {choice.subject}"
        return f"Ranked by {', '.join(parts)}{where}."
    if choice.number:
        everywhere = choice.subject == GLOBAL_SUBJECT
        where = "" if everywhere else ", in that category and below"
        return f"Ranked by the weights of {choice.subject}, version {choice.number}{where}."
    return "Ranked by the global weights, whatever weights categories have."


def ranking_of_form(values: Form) -> Json:
    """What the form says of weights; None: nothing."""
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
    weights: dict[str, Json] = {name: number_typed(text) for name, text in typed.items() if text}
    ranking: dict[str, Json] = {"weights": weights}
    if values.get(WEIGHTS_FOR):
        ranking["subject"] = values[WEIGHTS_FOR]
    return ranking


def number_typed(text: str) -> Json:
    """A number; what is none stays as it was typed, and the check of the payload names it."""
    try:
        return float(text)
    except ValueError:
        return text
