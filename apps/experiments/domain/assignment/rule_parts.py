"""The parts that rules and experiments of the public format share, read from JSON.

Source: the public specification of GrowthBook's SDKs (0.7.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.experiments.contracts.assignment import Json, Range
from apps.experiments.domain.assignment import reading
from apps.experiments.domain.assignment.conditions import condition_compile
from apps.experiments.domain.assignment.javascript import truth_of
from apps.experiments.domain.assignment.operators import Groups, Predicate
from apps.experiments.domain.assignment.reading import Document
from apps.experiments.domain.assignment.urls import UrlTarget

DEFAULT_ATTRIBUTE = "id"


@dataclass(frozen=True, slots=True)
class Shared:
    """What rules of one payload refer to: saved groups and contextual bandits."""

    groups: Groups
    bandits: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Filter:
    """Units whose hash lies outside all ranges are out."""

    attribute: str
    seed: str
    hash_version: int
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Meta:
    """What is said of a variation beside its value."""

    key: str = ""
    name: str = ""
    passthrough: bool = False


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """Another feature whose value must pass; a gate ends the evaluation instead of the rule."""

    feature: str
    condition: Predicate
    gate: bool


@dataclass(frozen=True, slots=True)
class Sticky:
    """How an experiment uses stored assignments."""

    disabled: bool
    fallback: str
    version: int
    oldest: int


@dataclass(frozen=True, slots=True)
class Rollout:
    """The share of units that a forced value reaches."""

    seed: str
    attribute: str
    fallback: str
    hash_version: int
    owned: Range | None
    coverage: float | None


def rollout_read(feature: str, document: Document) -> Rollout:
    """The share of units that a forced value of this feature reaches."""
    disabled = truth_of(document.get("disableStickyBucketing"))
    return Rollout(
        seed=reading.text_at(document, "seed", feature),
        attribute=reading.text_at(document, "hashAttribute", DEFAULT_ATTRIBUTE),
        fallback="" if disabled else reading.text_at(document, "fallbackAttribute"),
        hash_version=reading.integer_at(document, "hashVersion", 1),
        owned=reading.range_of(document.get("range")),
        coverage=reading.number_of(document.get("coverage")),
    )


def meta_read(item: Json) -> Meta:
    """What is said of one variation."""
    document = reading.object_of(item)
    return Meta(
        reading.text_at(document, "key"),
        reading.text_at(document, "name"),
        truth_of(document.get("passthrough")),
    )


def sticky_read(document: Document) -> Sticky:
    """How the experiment uses stored assignments."""
    return Sticky(
        disabled=truth_of(document.get("disableStickyBucketing")),
        fallback=reading.text_at(document, "fallbackAttribute"),
        version=reading.integer_at(document, "bucketVersion", 0),
        oldest=reading.integer_at(document, "minBucketVersion", 0),
    )


def filters_read(document: Document) -> tuple[Filter, ...] | None:
    """The filters, None when there are none (an empty list shadows the namespace)."""
    given = document.get("filters")
    if not isinstance(given, list):
        return None
    filters = [reading.object_of(item) for item in given]
    return tuple(
        Filter(
            attribute=reading.text_at(item, "attribute", DEFAULT_ATTRIBUTE),
            seed=reading.text_at(item, "seed"),
            hash_version=reading.integer_at(item, "hashVersion", 2),
            ranges=reading.ranges_of(item.get("ranges")) or (),
        )
        for item in filters
    )


def namespace_read(value: Json) -> tuple[str, float, float] | None:
    """The namespace and range, None when absent."""
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        return None
    owned = reading.range_of(value[1:]) or (0.0, 0.0)
    return value[0], *owned


def condition_read(document: Document, shared: Shared) -> Predicate | None:
    """The compiled targeting condition, None when absent."""
    condition = document.get("condition")
    if not isinstance(condition, dict):
        return None
    return condition_compile(condition, shared.groups)


def prerequisites_read(document: Document, shared: Shared) -> tuple[Prerequisite, ...]:
    """The prerequisites, in order."""
    parents = [reading.object_of(item) for item in reading.list_at(document, "parentConditions")]
    return tuple(
        Prerequisite(
            feature=reading.text_at(parent, "id"),
            condition=condition_compile(reading.object_of(parent.get("condition")), shared.groups),
            gate=truth_of(parent.get("gate")),
        )
        for parent in parents
    )


def force_read(document: Document) -> int | None:
    """The forced index; -1 for one that cannot be read, None when absent."""
    if "force" not in document:
        return None
    index = reading.number_of(document["force"])
    return -1 if index is None else int(index)


def url_targets_read(document: Document) -> tuple[UrlTarget, ...] | None:
    """The page patterns, None when absent."""
    given = document.get("urlPatterns")
    if not isinstance(given, list):
        return None
    patterns = [reading.object_of(item) for item in given]
    return tuple(
        UrlTarget(
            reading.text_at(item, "type"),
            reading.text_at(item, "pattern"),
            item.get("include") is not False,
        )
        for item in patterns
    )
