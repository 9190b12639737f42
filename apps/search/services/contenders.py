"""Experiments as search takes them part: their payloads read once, not once a request."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from apps.common.observability.metrics import degraded_total
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import ExperimentKind
from apps.experiments.contracts.serving import Served
from apps.experiments.selectors.serving import serving_plans
from apps.search.domain.contending import Contender
from apps.search.domain.overrides import Knob, OverridesInvalid, overrides_read

logger = structlog.get_logger(__name__)
_MOST_READINGS = 5000


@dataclass(frozen=True, slots=True)
class _Reading:
    """An answer's payloads as search reads them; None for one that is not about search."""

    payloads: tuple[Json, ...]
    contender: Contender | None


_readings: dict[tuple[str, int, bool, ExperimentKind], _Reading] = {}


def contender_of(served: Served) -> Contender | None:
    """The experiment as it takes part; None when it turns nothing of search."""
    found = served.assignment
    asked = (found.key, found.index, found.forced, served.kind)
    reading = _readings.get(asked)
    # Equal designs hold the same objects: compared by identity, until one is published anew.
    if reading is None or reading.payloads != served.payloads:
        reading = _Reading(served.payloads, _contender_read(served))
        if len(_readings) >= _MOST_READINGS:
            _readings.clear()
        _readings[asked] = reading
    return reading.contender


def _contender_read(served: Served) -> Contender | None:
    """Read the payloads once a design. With one that cannot be read no variant acts.

    They were checked when the design was submitted: what fails here was checked by an older
    release.
    """
    key, forced = served.assignment.key, served.assignment.forced
    try:
        overrides = tuple(overrides_read(payload) for payload in served.payloads)
    except OverridesInvalid as error:
        degraded_total.labels(component="experiments", reason="payload").inc()
        logger.exception("experiment_payload_unread", experiment=key, field=error.field)
        return None
    knobs = frozenset[Knob]().union(*(each.knobs for each in overrides))
    if not knobs:
        return None
    interleaves = served.kind is ExperimentKind.INTERLEAVING and not forced
    if interleaves:
        knobs |= {Knob.INTERLEAVING}
    return Contender(
        key=key,
        variants=served.variants,
        index=served.assignment.index,
        forced=forced,
        interleaves=interleaves,
        started_at=_started(key),
        overrides=overrides,
        knobs=knobs,
    )


def _started(key: str) -> datetime | None:
    experiment = serving_plans().experiments.get(key)
    return experiment.phases[0].starts_at if experiment and experiment.phases else None
