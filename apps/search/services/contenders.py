"""Experiments as search takes them part: their payloads read once, not once a request."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from apps.common.observability.metrics import degraded_total
from apps.experiments.contracts.design import ExperimentKind, Stickiness
from apps.experiments.contracts.serving import Served
from apps.experiments.selectors.serving import serving_plans
from apps.search.domain.contending import Contender, standing_of
from apps.search.domain.overrides import Knob, OverridesInvalid, overrides_read

logger = structlog.get_logger(__name__)
INTERLEAVED = "interleaved"
_MOST_READINGS = 5000


class _Told(dict[str, Mapping[str, object]]):
    """An experiment as answers tell it, by the one that it gives way to; empty: to none."""

    def __missing__(self, winner: str) -> Mapping[str, object]:
        told = self[winner] = {**self[""], "yields_to": winner}
        return told


@dataclass(frozen=True, slots=True, eq=False)
class Participant:
    """An experiment's answer as search takes it.

    Attributes:
        served: the answer.
        is_in: whether the request is in the experiment.
        contender: what it turns; None when that is nothing of search.
        standing: all that decides who acts; the same object for all variants.
        told: as answers tell it, by the experiment that it gives way to; never edited.
    """

    served: Served
    is_in: bool
    contender: Contender | None
    standing: object
    told: Mapping[str, Mapping[str, object]]


# An answer of a serving snapshot is one object for everybody who gets it.
_participants: dict[int, Participant] = {}
_standings: dict[Hashable, object] = {}


def participants_of(found: Sequence[Served]) -> list[Participant]:
    """The answers as search takes them, those that the request is in."""
    known = list(map(_participants.get, map(id, found)))
    read = known if all(known) else map(_participant_of, found)
    return [one for one in read if one is not None and one.is_in]


def _participant_of(served: Served) -> Participant:
    found = _participants.get(id(served))
    if found is None:
        contender, is_in = _contender_read(served), served.assignment.in_experiment
        standing = _standing(served, contender)
        found = Participant(served, is_in, contender, standing, _Told({"": _document(served)}))
        if len(_participants) >= _MOST_READINGS:
            _participants.clear()
            _standings.clear()
        # It holds what it was read from: as long as it stands here, nothing else has that id.
        _participants[id(served)] = found
    return found


def _standing(served: Served, contender: Contender | None) -> object:
    sticky = served.stickiness is not Stickiness.NONE
    name: Hashable = (sticky,)
    if contender is not None:
        name = (*standing_of(contender), sticky)
    return _standings.setdefault(name, object())


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
