"""Stored first assignments: their keys, finding one, and what to store.

Source: the public specification of GrowthBook's SDKs (0.7.1), sticky bucketing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.features import EvaluationContext, StickyWrite
from apps.experiments.domain.assignment.javascript import text_of, truth_of
from apps.experiments.domain.assignment.rule_parts import DEFAULT_ATTRIBUTE
from apps.experiments.domain.assignment.rules import Experiment


@dataclass(frozen=True, slots=True)
class StickyFound:
    """What storage says: an index (-1 for nothing), or that an older version bars the unit."""

    index: int = -1
    blocked: bool = False


NOTHING = StickyFound()


def document_key(attribute: str, value: str) -> str:
    """The key of a unit's document of stored assignments."""
    return f"{attribute}||{value}"


def experiment_key(key: str, version: int) -> str:
    """The key of one experiment's assignment inside a document."""
    return f"{key}__{version}"


def hash_value(context: EvaluationContext, attribute: str, fallback: str = "") -> tuple[str, Json]:
    """The attribute that identifies the unit and its value, "" when there is none."""
    value = context.attributes.get(attribute)
    if truth_of(value):
        return attribute, value
    other = context.attributes.get(fallback) if fallback else None
    return (fallback, other) if truth_of(other) else (attribute, "")


def sticky_find(experiment: Experiment, context: EvaluationContext) -> StickyFound:
    """The stored variation of this context, when stickiness is on."""
    if context.sticky is None or experiment.sticky.disabled:
        return NOTHING
    stored = _assignments(experiment, context, context.sticky)
    wanted = experiment.sticky
    if any(experiment_key(experiment.key, old) in stored for old in range(wanted.oldest)):
        return StickyFound(blocked=True)
    variation = stored.get(experiment_key(experiment.key, wanted.version))
    keys = [meta.key for meta in experiment.meta]
    return StickyFound(keys.index(variation)) if variation in keys else NOTHING


def _assignments(
    experiment: Experiment,
    context: EvaluationContext,
    documents: Mapping[str, Mapping[str, str]],
) -> dict[str, str]:
    """Stored assignments of the fallback attribute, overlaid with the hash attribute's own."""
    merged: dict[str, str] = {}
    fallback = experiment.sticky.fallback or DEFAULT_ATTRIBUTE
    _, value = hash_value(context, fallback)
    if truth_of(value):
        merged |= documents.get(document_key(fallback, text_of(value)), {})
    _, value = hash_value(context, experiment.attribute)
    return merged | dict(documents.get(document_key(experiment.attribute, text_of(value)), {}))


def sticky_write(
    experiment: Experiment, context: EvaluationContext, unit: tuple[str, str], variation: str
) -> StickyWrite | None:
    """What to store after an assignment, None when storage already says so or is off."""
    if context.sticky is None or experiment.sticky.disabled:
        return None
    attribute, value = unit
    key = document_key(attribute, value)
    stored = context.sticky.get(key, {})
    name = experiment_key(experiment.key, experiment.sticky.version)
    if stored.get(name) == variation:
        return None
    return StickyWrite(key, attribute, value, {**stored, name: variation})
