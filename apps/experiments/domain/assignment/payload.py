"""Our experiments in the public feature format, so that any of its SDKs assigns as we do."""

import math
from collections.abc import Sequence
from datetime import datetime

from apps.experiments.contracts.assignment import (
    HASH_VERSION,
    ExperimentSpec,
    Json,
    PhaseSpec,
    Status,
    VariantSpec,
)
from apps.experiments.domain.assignment.buckets import NAMESPACE_HASH_VERSION, namespace_seed
from apps.experiments.domain.assignment.javascript import number_of, number_text
from apps.experiments.domain.assignment.portable import condition_portable


def features_payload(specs: Sequence[ExperimentSpec], as_of: datetime) -> dict[str, Json]:
    """Features by experiment key, as served at a moment.

    The default is control; experiments that are not running have no rules. Forced units come
    first as forced values, which no SDK counts.

    Raises:
        ConditionInvalid: a targeting condition cannot be read.
    """
    return {spec.key: _feature(spec, as_of) for spec in specs}


def _feature(spec: ExperimentSpec, as_of: datetime) -> dict[str, Json]:
    phase = spec.phase_at(as_of) if spec.status is Status.RUNNING else None
    feature: dict[str, Json] = {"defaultValue": spec.variants[0].value}
    if phase is not None:
        feature["rules"] = [*_forced(spec), _experiment(spec, phase)]
    return feature


def _forced(spec: ExperimentSpec) -> list[Json]:
    return [rule for variant in spec.variants if (rule := _forced_rule(spec, variant))]


def _forced_rule(spec: ExperimentSpec, variant: VariantSpec) -> dict[str, Json]:
    units = [unit for unit, key in spec.forced_units.items() if key == variant.key]
    if not units:
        return {}
    return {
        "id": f"{spec.key}:forced:{variant.key}",
        "condition": {spec.unit: {"$in": [form for unit in units for form in _forms(unit)]}},
        "force": variant.value,
    }


def _forms(unit: str) -> list[Json]:
    """A unit's id as text, and as the number that is written so, since types are apart."""
    number = number_of(unit)
    written_so = bool(number) and math.isfinite(number) and number_text(number) == unit
    return [unit, number] if written_so else [unit]


def _experiment(spec: ExperimentSpec, phase: PhaseSpec) -> dict[str, Json]:
    rule: dict[str, Json] = {
        "id": f"{spec.key}:{phase.number}",
        "key": spec.key,
        "variations": [variant.value for variant in spec.variants],
        "meta": [
            {"key": variant.key, "name": variant.name or variant.key} for variant in spec.variants
        ],
        "hashAttribute": spec.unit,
        "hashVersion": phase.hash_version,
        "seed": phase.salt,
        "phase": str(phase.number),
        "coverage": phase.coverage,
        "weights": list(phase.weights),
    }
    filters = _filters(spec)
    if filters:
        rule["filters"] = filters
    condition = condition_portable(spec.targeting)
    if condition:
        rule["condition"] = condition
    if spec.sticky is None:
        rule["disableStickyBucketing"] = True
    else:
        rule["bucketVersion"] = spec.sticky.version
        rule["minBucketVersion"] = spec.sticky.oldest
    return rule


def _filters(spec: ExperimentSpec) -> list[Json]:
    """The holdout and the layer as filters: a unit must lie inside a range of each."""
    filters: list[Json] = []
    if spec.holdout is not None:
        filters.append(
            {
                "attribute": spec.holdout.unit or spec.unit,
                "seed": spec.holdout.salt,
                "hashVersion": HASH_VERSION,
                "ranges": [[spec.holdout.share, 1.0]],
            }
        )
    if spec.layer is not None:
        filters.append(
            {
                "attribute": spec.layer.unit or spec.unit,
                "seed": namespace_seed(spec.layer.name),
                "hashVersion": NAMESPACE_HASH_VERSION,
                "ranges": [[low, high] for low, high in spec.layer.ranges],
            }
        )
    return filters
