"""Experiments as search takes them part: their payloads read once, not once a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from apps.common.observability.metrics import degraded_total
from apps.experiments.contracts.design import ExperimentKind
from apps.experiments.contracts.serving import Served
from apps.experiments.selectors.serving import serving_plans
from apps.search.domain.contending import Contender
from apps.search.domain.overrides import Knob, OverridesInvalid, overrides_read

logger = structlog.get_logger(__name__)
INTERLEAVED = "interleaved"
_MOST_READINGS = 5000


@dataclass(frozen=True, slots=True, eq=False)
class Participant:
    """An experiment that a request is in.

    Attributes:
        served: its answer.
        contender: what it turns; None when that is nothing of search.
        document: as answers tell it; never edited.
    """

    served: Served
    contender: Contender | None
    document: Mapping[str, object]


# An answer of a serving snapshot is one object for everybody who gets it.
_participants: dict[int, Participant] = {}


def participant_of(served: Served) -> Participant:
    """The experiment as it takes part."""
    found = _participants.get(id(served))
    if found is None or found.served is not served:
        found = Participant(served, _contender_read(served), _document(served))
        if len(_participants) >= _MOST_READINGS:
            _participants.clear()
        _participants[id(served)] = found
    return found


def _document(served: Served) -> Mapping[str, object]:
    found = served.assignment
    interleaves = served.kind is ExperimentKind.INTERLEAVING and not found.forced
    variant = INTERLEAVED if interleaves else found.variant
    document = {"key": found.key, "variant": variant, "phase": found.phase}
    return {**document, "forced": True} if found.forced else document


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
