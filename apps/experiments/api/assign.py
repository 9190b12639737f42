"""POST …/{key}/assign: one unit or many, from the in-process snapshot."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.access.idempotency import idempotent_route
from apps.common.api.bodies import body_json
from apps.common.errors import NotFound
from apps.events.domain.items import MAX_BODY_BYTES
from apps.experiments.api.bodies import (
    AssignMany,
    AssignUnit,
    converted,
    json_answer,
)
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.serving import Served, ServingExperiment
from apps.experiments.services.assign import (
    experiment_assign,
    experiment_found,
    experiment_shown,
)
from apps.experiments.services.qa_tokens import qa_overrides
from apps.experiments.services.sticky import (
    StickyKnown,
    sticky_fresh,
    sticky_keys,
    sticky_known,
    sticky_store,
    sticky_token_of,
)

Attributes = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Asked:
    """One unit of a request."""

    attributes: Attributes
    token: str


def sticky_reads(request: HttpRequest) -> tuple[str, ...]:
    """The stored first assignments of the units in this body, for the edge's round trip."""
    match = request.resolver_match
    key = str(match.kwargs["key"]) if match is not None else ""
    _plans, experiment = experiment_found(key)
    if not sticky_keys(surface="", attributes={experiment.spec.unit: "any"}, experiment=key):
        return ()
    asked, _many = asked_read(body_json(request, most_bytes=MAX_BODY_BYTES), experiment)
    found = (sticky_keys(surface="", attributes=a.attributes, experiment=key) for a in asked)
    return tuple(dict.fromkeys(each for keys in found for each in keys))


@hot_route(scope=Scope.EXPERIMENTS_ASSIGN, methods=("POST",), reads=sticky_reads)
@idempotent_route
def experiment_assign_post(request: EdgeRequest, key: str) -> HttpResponse:
    """Which variant each unit gets; no exposure is logged."""
    now = timezone.now()
    _plans, experiment = experiment_found(key)
    asked, many = asked_read(body_json(request, most_bytes=MAX_BODY_BYTES), experiment)
    qa = request.GET.get("qa", "") or request.headers.get("qa", "")
    overrides = qa_overrides(qa, as_of=now) if qa else {}
    if not experiment_shown(experiment, overrides):
        raise NotFound(f"There is no experiment {key}.")
    batch = Batch(request, experiment, now)
    for each in asked:
        batch.assign(each, overrides)
    degraded = batch.finish()
    if many:
        return json_answer({"assignments": batch.answers, "degraded": degraded})
    return json_answer({**batch.answers[0], "degraded": degraded})


def asked_read(body: Any, experiment: ServingExperiment) -> tuple[list[Asked], bool]:
    """The units of a body, and whether it was a list of them.

    Raises:
        InvalidInput: it cannot be read, naming the field.
    """
    unit = experiment.spec.unit
    if isinstance(body, dict) and "units" in body:
        many = converted(body, AssignMany)
        listed = [AssignUnit(unit=u) if isinstance(u, str) else u for u in many.units]
        return [_asked(each, unit, many.attributes) for each in listed], True
    return [_asked(converted(body, AssignUnit), unit, {})], False


def _asked(one: AssignUnit, unit: str, shared: dict[str, object]) -> Asked:
    attributes: dict[str, Any] = {**shared, **one.attributes}
    if one.unit:
        attributes[unit] = one.unit
    return Asked(attributes, one.sticky_token)


class Batch:
    """The units of one request, assigned one after the other; storing comes at the end."""

    def __init__(self, request: EdgeRequest, experiment: ServingExperiment, now: datetime) -> None:
        self._edge = request.edge
        self._experiment = experiment
        self._now = now
        self._fresh: list[tuple[str, str, str]] = []
        self._lost = False
        self.answers: list[dict[str, object]] = []

    def assign(self, asked: Asked, overrides: Any) -> None:
        """Answer one unit."""
        key = self._experiment.spec.key
        keys = sticky_keys(surface="", attributes=asked.attributes, experiment=key)
        known = sticky_known(
            hashes=self._edge.hashes, keys=keys, token=asked.token, attributes=asked.attributes
        )
        self._lost = self._lost or known.degraded
        served = experiment_assign(
            key=key,
            attributes=asked.attributes,
            as_of=self._now,
            overrides=overrides,
            sticky=known.assignments,
        )
        self._fresh += sticky_fresh(served=[served], known=known, attributes=asked.attributes)
        self.answers.append(self._answer(served, known, asked.attributes))

    def finish(self) -> list[str]:
        """Store what is to be remembered; what was missing."""
        lost = not sticky_store(self._fresh) or self._lost
        return sorted({*self._edge.degraded, *(("sticky",) if lost else ())})

    def _answer(
        self, served: Served, known: StickyKnown, attributes: Attributes
    ) -> dict[str, object]:
        found = served.assignment
        spec = self._experiment.spec
        variant = spec.variants[found.index]
        return {
            "experiment": found.key,
            "unit": attributes.get(spec.unit),
            "variant": found.variant,
            "value": variant.value,
            "payload": variant.payload,
            "phase": found.phase,
            "in_experiment": found.in_experiment,
            "counted": found.counted,
            "reason": found.reason.value,
            "sticky_token": sticky_token_of(served=[served], known=known, attributes=attributes),
        }
