"""What may follow the shopper: what the shop publishes, what a variant changes, what is off.

A variant's payload names it under `personalisation`, on search and on recommendations alike:
`{"personalisation": {"history": true, "revisit_weight": 0.2, "session": false}}`, each part of
its own. What the installation's settings switch off stays off, whatever a variant says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from apps.experiments.contracts.assignment import Json
from apps.recommendations.contracts import Personalisation

PART = "personalisation"
HISTORY, SESSION = "history", "session"
SESSION_WEIGHT, REVISIT_WEIGHT = "session_weight", "revisit_weight"
FIELDS = (HISTORY, SESSION, SESSION_WEIGHT, REVISIT_WEIGHT)
WEIGHED: Mapping[str, str] = {
    SESSION_WEIGHT: "The weight of a visit",
    REVISIT_WEIGHT: "The weight of what was seen before",
}
"""Fields that are numbers from 0 to 1, as messages call them."""
IMPERSONAL = Personalisation(history=False, session=False, session_weight=0.0, revisit_weight=0.0)
"""Nothing follows anybody: previews, evaluations, what is kept for everybody."""


class PersonalisationInvalid(ValueError):
    """A payload whose `personalisation` means nothing; `field` is a dotted path."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the path beside the message."""
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class PersonalisationChange:
    """What one variant changes; None leaves it as it is.

    Attributes:
        history: whether what the shopper did before counts.
        session: whether what this visit saw counts.
        session_weight: of `session_boost`, in [0, 1].
        revisit_weight: of `revisit_score`, in [0, 1].
    """

    history: bool | None = None
    session: bool | None = None
    session_weight: float | None = None
    revisit_weight: float | None = None

    def over(self, before: Personalisation) -> Personalisation:
        """What holds with the change."""
        said = {name: getattr(self, name) for name in FIELDS}
        return replace(before, **{name: one for name, one in said.items() if one is not None})


def personalisation_read(payload: Json) -> PersonalisationChange | None:
    """What a payload changes; None when it says nothing about it.

    Raises:
        PersonalisationInvalid: naming the field.
    """
    part = payload.get(PART) if isinstance(payload, dict) else None
    if part is None:
        return None
    if not isinstance(part, dict):
        raise PersonalisationInvalid(PART, f"'{PART}' must be an object.")
    for name in part:
        if name not in FIELDS:
            raise PersonalisationInvalid(f"{PART}.{name}", f"There is no '{name}'.")
    change = PersonalisationChange(
        _switch(HISTORY, part.get(HISTORY)),
        _switch(SESSION, part.get(SESSION)),
        _weight(SESSION_WEIGHT, part.get(SESSION_WEIGHT)),
        _weight(REVISIT_WEIGHT, part.get(REVISIT_WEIGHT)),
    )
    return None if change == PersonalisationChange() else change


def personalisation_written(change: PersonalisationChange) -> dict[str, Json]:
    """The part of a payload under `personalisation`; empty when nothing is changed."""
    values: dict[str, Json] = {name: getattr(change, name) for name in FIELDS}
    return {name: value for name, value in values.items() if value is not None}


def personalisation_allowed(wanted: Personalisation, flags: Personalisation) -> Personalisation:
    """What is wanted, without what the installation switches off.

    Two that make the same answers are one and the same: a visit that is left out has no weight,
    and one without weight is left out; what was seen before is a part of the history.

    Args:
        wanted: as published and as experiments change it.
        flags: of the settings; their weights are not looked at.
    """
    history = wanted.history and flags.history
    session = wanted.session and flags.session and wanted.session_weight > 0.0
    return Personalisation(
        history=history,
        session=session,
        session_weight=wanted.session_weight if session else 0.0,
        revisit_weight=wanted.revisit_weight if history else 0.0,
    )


def personalisation_words(wanted: Personalisation) -> str:
    """What follows the shopper, in plain sentences."""
    before = f"What shoppers did before {_counts(wanted.history)}"
    if wanted.history:
        before += f", what they looked at with a weight of {wanted.revisit_weight:.2f}"
    visit = f"what this visit looked at {_counts(wanted.session)}"
    weight = f" with a weight of {wanted.session_weight:.2f}" if wanted.session else ""
    return f"{before}; {visit}{weight}."


def change_words(change: PersonalisationChange) -> str:
    """What a variant changes, in plain sentences."""
    told = []
    if change.history is not None:
        told.append(f"What shoppers did before {_counts(change.history)}.")
    if change.session is not None:
        told.append(f"What this visit looked at {_counts(change.session)}.")
    if change.session_weight is not None:
        told.append(f"This visit's weight is {change.session_weight:.2f}.")
    if change.revisit_weight is not None:
        told.append(f"The weight of what was seen before is {change.revisit_weight:.2f}.")
    return " ".join(told)


def _counts(on: bool) -> str:  # noqa: FBT001 - a switch is what it tells
    return "counts" if on else "does not count"


def _switch(name: str, value: Json) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise PersonalisationInvalid(f"{PART}.{name}", f"'{name}' is true or false.")
    return value


def _weight(name: str, value: Json) -> float | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0.0 <= float(value) <= 1.0:  # type: ignore[arg-type]  # a number, as was just asked
        message = f"{WEIGHED[name]} is a number from 0 to 1."
        raise PersonalisationInvalid(f"{PART}.{name}", message)
    return float(value)  # type: ignore[arg-type]  # a number, as was asked above
