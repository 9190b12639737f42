"""What a variant's payload says about weights becomes a value, and back.

`{"ranking": {"weights": {…}}}`, `{"ranking": {"weight_set": {"subject": …, "number": …}}}` or
`{"ranking": {"source": "global"}}`; the first may name a `subject` too.
"""

from collections.abc import Mapping

from apps.experiments.contracts.assignment import Json
from apps.ranking_weights.contracts import (
    GLOBAL_SUBJECT,
    WeightsChoice,
    WeightsInvalid,
    weights_validate,
)

PART = "ranking"
_WAYS = ("weights", "weight_set", "source")


class ChoiceInvalid(ValueError):
    """A payload that asks for no weights that there could be; `field` is a dotted path."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the path beside the message."""
        super().__init__(message)
        self.field = field
        self.message = message


def weights_choice_read(payload: Json) -> WeightsChoice | None:
    """The weights that a payload asks for; None when it says nothing about them.

    Raises:
        ChoiceInvalid: naming the field.
    """
    part = payload.get(PART) if isinstance(payload, dict) else None
    if part is None:
        return None
    asked = _object(part, PART)
    ways = [way for way in _WAYS if way in asked]
    if len(ways) != 1:
        raise ChoiceInvalid(PART, f"Say exactly one of {', '.join(_WAYS)}.")
    allowed = {ways[0], "subject"} if ways[0] == "weights" else {ways[0]}
    for name in asked:
        if name not in allowed:
            raise ChoiceInvalid(f"{PART}.{name}", f"There is no '{name}' beside '{ways[0]}'.")
    if ways[0] == "weights":
        return _numbers(asked)
    if ways[0] == "weight_set":
        return _version(_object(asked["weight_set"], f"{PART}.weight_set"))
    if asked["source"] != GLOBAL_SUBJECT:
        raise ChoiceInvalid(f"{PART}.source", "The only source there is to name is 'global'.")
    return WeightsChoice(subject=GLOBAL_SUBJECT)


def weights_choice_written(choice: WeightsChoice) -> dict[str, Json]:
    """The part of a payload under `ranking` that means this choice."""
    if choice.weights:
        numbers: dict[str, Json] = {"weights": dict(choice.weights)}
        return {**numbers, "subject": choice.subject} if choice.subject else numbers
    if choice.number:
        return {"weight_set": {"subject": choice.subject, "number": choice.number}}
    return {"source": GLOBAL_SUBJECT}


def _numbers(asked: Mapping[str, Json]) -> WeightsChoice:
    place = f"{PART}.weights"
    given = _object(asked["weights"], place)
    try:
        checked = weights_validate(given)
    except WeightsInvalid as error:
        field = place if error.field == "weights" else f"{place}.{error.field}"
        raise ChoiceInvalid(field, str(error)) from error
    return WeightsChoice(tuple(checked.items()), _text(asked.get("subject", ""), "subject"))


def _version(asked: Mapping[str, Json]) -> WeightsChoice:
    number = asked.get("number")
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ChoiceInvalid(f"{PART}.weight_set.number", "A version is a whole number from 1.")
    subject = _text(asked.get("subject", ""), "weight_set.subject")
    if not subject:
        raise ChoiceInvalid(f"{PART}.weight_set.subject", "Say whose version it is.")
    return WeightsChoice(subject=subject, number=number)


def _text(value: Json, name: str) -> str:
    if not isinstance(value, str):
        raise ChoiceInvalid(f"{PART}.{name}", "A subject is 'global' or a category's path.")
    return value


def _object(value: Json, place: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ChoiceInvalid(place, f"'{place}' must be an object.")
    return value
