"""A trace in words: what assignment asked of a unit, and what it answered."""

import json
from collections.abc import Mapping

from apps.experiments.contracts.assignment import Assignment, Json, Reason, TraceStep
from apps.experiments.contracts.design import UnitType
from apps.experiments.domain.charts.buckets import bucket_picture
from apps.experiments.domain.charts.marks import Drawing
from apps.experiments.domain.pages.formats import share_written

_TITLES: Mapping[str, str] = {
    "phase": "Which phase is in force?",
    "unit": "Is the unit known?",
    "holdout": "Is the unit outside of the global holdout?",
    "layer": "Is the unit in this experiment's part of the layer?",
    "sticky": "Is an earlier assignment stored?",
    "targeting": "Do the attributes meet the targeting condition?",
    "bucket": "Into which variant's range does the hash fall?",
    "outcome": "What came out",
}
_REASONS: Mapping[Reason, str] = {
    Reason.SPLIT: "The hash of the unit fell into the range of this variant.",
    Reason.STICKY: "An earlier assignment of this unit is stored, and is kept.",
    Reason.FORCED_UNIT: "The unit is on the list of forced units (QA); it is not counted.",
    Reason.OVERRIDE: "A signed QA link asked for this variant; it is not counted.",
    Reason.NOT_RUNNING: "The experiment is not running: everybody gets control.",
    Reason.NO_PHASE: "No phase is in force at this moment: everybody gets control.",
    Reason.UNIT_MISSING: "The request does not say who the unit is: it gets control.",
    Reason.HOLDOUT: "The unit is in the global holdout: it gets control, and is not counted.",
    Reason.LAYER: "The layer gives this unit to another experiment, or to none.",
    Reason.STICKY_BLOCKED: "The unit saw an earlier version of this experiment.",
    Reason.TARGETING: "The attributes do not meet the targeting condition.",
    Reason.COVERAGE: "The hash of the unit lies outside of the covered share.",
}
_PREFIXES: Mapping[UnitType, tuple[str, ...]] = {
    UnitType.USER: ("u:", "c:"),
    UnitType.CLIENT: ("c:", "u:"),
    UnitType.SESSION: ("s:",),
    UnitType.REQUEST: ("q:",),
}


class AttributesInvalid(ValueError):
    """Attributes that cannot be read."""


def attributes_read(text: str) -> dict[str, Json]:
    """Attributes from a JSON object, or from lines `name=value` (values as JSON if they are).

    Raises:
        AttributesInvalid: neither.
    """
    stripped = text.strip()
    if stripped.startswith("{"):
        try:
            found: Json = json.loads(stripped)
        except ValueError as error:
            raise AttributesInvalid("This is not valid JSON.") from error
        return found if isinstance(found, dict) else {}
    attributes: dict[str, Json] = {}
    for line in stripped.splitlines():
        name, sign, value = line.partition("=")
        if not line.strip():
            continue
        if not sign or not name.strip():
            raise AttributesInvalid(f"Write name=value in each line, not “{line.strip()}”.")
        attributes[name.strip()] = _value(value.strip())
    return attributes


def _value(text: str) -> Json:
    try:
        found: Json = json.loads(text)
    except ValueError:
        return text
    return found


def unit_names(unit: UnitType, identity: str) -> tuple[str, ...]:
    """The canonical names under which the roll-up may know a unit."""
    if identity[:2] in {"u:", "c:", "s:", "q:"}:
        return (identity,)
    return tuple(f"{prefix}{identity}" for prefix in _PREFIXES[unit])


def reason_words(found: Assignment) -> str:
    """Why the unit got what it got, in one sentence."""
    return _REASONS[found.reason]


def step_title(step: TraceStep) -> str:
    """The question that a step asked."""
    return _TITLES.get(step.name, step.name.replace("_", " "))


def step_words(step: TraceStep) -> str:
    """Its answer in a few words."""
    detail = step.detail
    bucket = detail.get("bucket")
    hashed = f"{bucket:.4f}" if isinstance(bucket, float) else "no hash"
    if step.name == "phase":
        coverage = detail.get("coverage")
        covered = share_written(coverage) if isinstance(coverage, int | float) else "?"
        return f"Phase {detail.get('number')}, {covered} of units covered."
    if step.name == "bucket":
        variant = detail.get("variant") or "no variant"
        return f"Hash {hashed} of the unit under the phase's salt: {variant}."
    if step.name in {"holdout", "layer"}:
        return f"Hash {hashed} {'passes' if step.passed else 'does not pass'}."
    if step.name == "outcome":
        return f"Variant {detail.get('variant')}, because: {detail.get('reason')}."
    return "Yes." if step.passed else "No."


def _pairs(value: Json) -> list[tuple[float, float]]:
    found = []
    for pair in value if isinstance(value, list) else []:
        match pair:
            case [int() | float() as low, int() | float() as high]:
                found.append((float(low), float(high)))
            case _:
                return []
    return found


def step_picture(step: TraceStep, names: Mapping[str, str]) -> Drawing | None:
    """Where the hash fell, for steps that hash."""
    bucket = step.detail.get("bucket")
    if not isinstance(bucket, int | float):
        return None
    if step.name == "bucket":
        ranges = _pairs(step.detail.get("ranges"))
        titles = list(names.values())
    else:
        ranges = _pairs(step.detail.get("passes"))
        titles = ["passes"] * len(ranges)
    if not ranges or len(ranges) != len(titles):
        return None
    return bucket_picture(ranges, titles, float(bucket))
