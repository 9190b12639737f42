"""One experiment over many units at once, for analysis and simulation.

The same answers as `plan.py` without overrides and stored assignments; what targeting says of
each unit comes in as a mask.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from apps.experiments.contracts.assignment import (
    HASH_VERSION,
    ExperimentSpec,
    Range,
    SpecInvalid,
    Status,
)
from apps.experiments.domain.assignment.arms import phase_ranges
from apps.experiments.domain.assignment.buckets import NAMESPACE_HASH_VERSION, namespace_seed
from apps.experiments.domain.assignment.bulk import (
    Indices,
    choice_table,
    slots_bulk,
    units_encode,
)

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BulkAssignment:
    """Index of the variant by unit, -1 for those not in the experiment: int16[n].

    `forced` marks units whose index was forced, which no analysis counts: bool[n].
    """

    index: Indices
    forced: Mask

    @property
    def counted(self) -> Mask:
        """Units that an analysis may count: bool[n]."""
        return (self.index >= 0) & ~self.forced


def assign_bulk(
    spec: ExperimentSpec,
    units: Mapping[str, Sequence[str]],
    as_of: datetime,
    *,
    targeted: Mask | None = None,
) -> BulkAssignment:
    """Assign n units: ids by attribute (all of length n; "" where a unit has none).

    Raises:
        SpecInvalid: ids of the experiment's, its layer's or its holdout's unit are not given,
            or the experiment is targeted and `targeted` is missing.
    """
    ids = _ids(spec, units, spec.unit)
    nobody = np.zeros(len(ids), dtype=np.bool_)
    phase = spec.phase_at(as_of) if spec.status is Status.RUNNING else None
    if phase is None:
        return BulkAssignment(np.full(len(ids), -1, dtype=np.int16), nobody)
    if spec.targeting and targeted is None:
        raise SpecInvalid(spec.key, "is targeted: say which units meet its condition")
    index = _choices(ids, phase.salt, phase.hash_version, phase_ranges(phase))
    inside = _gates(spec, units, len(ids))
    if targeted is not None:
        inside &= targeted
    index[~inside] = -1
    forced = _force(spec, ids, index) if spec.forced_units else nobody
    return BulkAssignment(index, forced)


def _ids(
    spec: ExperimentSpec, units: Mapping[str, Sequence[str]], attribute: str
) -> Sequence[str]:
    if attribute not in units:
        raise SpecInvalid(spec.key, f"needs ids of {attribute}")
    return units[attribute]


def _choices(ids: Sequence[str], salt: str, version: int, ranges: Sequence[Range]) -> Indices:
    encoded = units_encode(ids)
    slots = slots_bulk(salt, encoded, version)
    chosen: Indices = choice_table(ranges, version)[slots]
    chosen[encoded.lengths == 0] = -1
    return chosen


def _gates(spec: ExperimentSpec, units: Mapping[str, Sequence[str]], count: int) -> Mask:
    inside = np.ones(count, dtype=np.bool_)
    if spec.holdout is not None:
        ids = _ids(spec, units, spec.holdout.unit or spec.unit)
        kept = ((spec.holdout.share, 1.0),)
        inside &= _choices(ids, spec.holdout.salt, HASH_VERSION, kept) >= 0
    if spec.layer is not None:
        ids = _ids(spec, units, spec.layer.unit or spec.unit)
        salt = namespace_seed(spec.layer.name)
        inside &= _choices(ids, salt, NAMESPACE_HASH_VERSION, spec.layer.ranges) >= 0
    return inside


def _force(spec: ExperimentSpec, ids: Sequence[str], index: Indices) -> Mask:
    """Write forced indices; a dictionary look-up a unit, only where units are forced."""
    keys = spec.variant_keys
    wanted = {unit: keys.index(variant) for unit, variant in spec.forced_units.items() if unit}
    found = np.fromiter((wanted.get(unit, -1) for unit in ids), np.int16, count=len(ids))
    forced = found >= 0
    index[forced] = found[forced]
    return forced
