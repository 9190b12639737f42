"""Features and experiments in the public format, read once and compiled.

Source: the public specification of GrowthBook's SDKs (0.7.1): feature rules and experiments.
"""

from dataclasses import dataclass, replace

from apps.experiments.contracts.assignment import Json, Range
from apps.experiments.contracts.features import BanditLeaf
from apps.experiments.domain.assignment import reading
from apps.experiments.domain.assignment.buckets import bucket_ranges, weights_or_equal
from apps.experiments.domain.assignment.conditions import condition_compile
from apps.experiments.domain.assignment.javascript import truth_of
from apps.experiments.domain.assignment.operators import Predicate
from apps.experiments.domain.assignment.reading import Document
from apps.experiments.domain.assignment.rule_parts import (
    DEFAULT_ATTRIBUTE,
    Filter,
    Meta,
    Prerequisite,
    Rollout,
    Shared,
    Sticky,
    condition_read,
    filters_read,
    force_read,
    meta_read,
    namespace_read,
    prerequisites_read,
    rollout_read,
    sticky_read,
    url_targets_read,
)
from apps.experiments.domain.assignment.urls import UrlTarget

FALLBACK_LEAF = -1
_ALWAYS_COPIED = ("coverage", "bucketVersion", "minBucketVersion")
_COPIED = (
    "weights",
    "hashAttribute",
    "fallbackAttribute",
    "disableStickyBucketing",
    "namespace",
    "meta",
    "ranges",
    "name",
    "phase",
    "seed",
    "hashVersion",
    "filters",
    "condition",
)


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment of the public format, compiled. `leaves` replace it for some contexts."""

    document: Document
    key: str
    variations: tuple[Json, ...]
    meta: tuple[Meta, ...]
    ranges: tuple[Range, ...]
    seed: str
    hash_version: int
    attribute: str
    sticky: Sticky
    filters: tuple[Filter, ...] | None
    namespace: tuple[str, float, float] | None
    condition: Predicate | None
    prerequisites: tuple[Prerequisite, ...]
    active: bool
    stopped: bool
    force: int | None
    url_pattern: str
    url_targets: tuple[UrlTarget, ...] | None
    groups: tuple[str, ...]
    bandit: BanditLeaf | None = None
    leaves: "tuple[tuple[Predicate, Experiment], ...]" = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a feature: a forced value with its rollout, an experiment, or neither."""

    key: str
    prerequisites: tuple[Prerequisite, ...]
    filters: tuple[Filter, ...] | None
    condition: Predicate | None
    rollout: Rollout | None
    force: Json
    experiment: Experiment | None


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature: its default and its rules in order."""

    default: Json
    rules: tuple[Rule, ...]


def feature_read(key: str, document: Document, shared: Shared) -> Feature:
    """A feature of the public format, compiled."""
    rules = [reading.object_of(rule) for rule in reading.list_at(document, "rules")]
    return Feature(
        document.get("defaultValue"), tuple(_rule_read(key, rule, shared) for rule in rules)
    )


def _rule_read(feature: str, document: Document, shared: Shared) -> Rule:
    forced = "force" in document
    return Rule(
        key=reading.text_at(document, "id"),
        prerequisites=prerequisites_read(document, shared),
        filters=filters_read(document),
        condition=condition_read(document, shared),
        rollout=rollout_read(feature, document) if forced else None,
        force=document.get("force"),
        experiment=None if forced else _rule_experiment(feature, document, shared),
    )


def _rule_experiment(feature: str, document: Document, shared: Shared) -> Experiment | None:
    contextual = document.get("contextualVariations")
    variations = document.get("variations") if contextual is None else contextual
    if not isinstance(variations, list):
        return None
    public: dict[str, Json] = {
        "variations": variations,
        "key": reading.text_at(document, "key", feature),
    }
    public |= {key: document[key] for key in _ALWAYS_COPIED if key in document}
    public |= {key: document[key] for key in _COPIED if truth_of(document.get(key))}
    experiment = experiment_read(public, shared)
    bandit = shared.bandits.get(reading.text_at(document, "contextualBanditRef"))
    return _with_leaves(experiment, reading.object_of(bandit), shared) if bandit else experiment


def experiment_read(document: Document, shared: Shared) -> Experiment:
    """An experiment of the public format, compiled."""
    key = reading.text_at(document, "key")
    variations = tuple(reading.list_at(document, "variations"))
    return Experiment(
        document=document,
        key=key,
        variations=variations,
        meta=tuple(meta_read(item) for item in reading.list_at(document, "meta")),
        ranges=_ranges(document, len(variations)),
        seed=reading.text_at(document, "seed", key),
        hash_version=reading.integer_at(document, "hashVersion", 1),
        attribute=reading.text_at(document, "hashAttribute", DEFAULT_ATTRIBUTE),
        sticky=sticky_read(document),
        filters=filters_read(document),
        namespace=namespace_read(document.get("namespace")),
        condition=condition_read(document, shared),
        prerequisites=prerequisites_read(document, shared),
        active=document.get("status") != "draft" and document.get("active") is not False,
        stopped=document.get("status") == "stopped",
        force=force_read(document),
        url_pattern=reading.text_at(document, "url"),
        url_targets=url_targets_read(document),
        groups=tuple(
            item for item in reading.list_at(document, "groups") if isinstance(item, str)
        ),
    )


def _with_leaves(experiment: Experiment, bandit: Document, shared: Shared) -> Experiment:
    """The experiment of a contextual bandit: one copy a leaf, with that leaf's weights."""
    version = reading.number_of(bandit.get("banditVersion"))
    number = None if version is None else int(version)
    count = len(experiment.variations)
    leaves: list[tuple[Predicate, Experiment]] = []
    for item in reading.list_at(bandit, "contexts"):
        context = reading.object_of(item)
        weights = reading.numbers_of(context.get("weights")) or ()
        leaf = BanditLeaf(reading.integer_at(context, "leafId", 0), weights, number)
        public: dict[str, Json] = {**experiment.document, "weights": list(weights)}
        condition = condition_compile(reading.object_of(context.get("condition")), shared.groups)
        leaves.append((condition, replace(experiment_read(public, shared), bandit=leaf)))
    marginal = weights_or_equal(count, reading.numbers_of(experiment.document.get("weights")))
    fallback = BanditLeaf(FALLBACK_LEAF, tuple(marginal), number)
    return replace(experiment, bandit=fallback, leaves=tuple(leaves))


def _ranges(document: Document, count: int) -> tuple[Range, ...]:
    given = reading.ranges_of(document.get("ranges"))
    if given is not None:
        return given
    coverage = reading.number_of(document.get("coverage"))
    weights = reading.numbers_of(document.get("weights"))
    return bucket_ranges(count, 1.0 if coverage is None else coverage, weights)
