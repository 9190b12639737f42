"""GET …/{key}/trace ('Why is this unit in B?') and POST …/{key}/qa-links."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.access.idempotency import idempotent_route
from apps.common.errors import InvalidInput
from apps.experiments.api.bodies import QaLinkBody, body_as, json_answer
from apps.experiments.contracts.assignment import Json
from apps.experiments.services.assign import assignment_trace, experiment_found
from apps.experiments.services.qa_tokens import qa_link_make, qa_overrides
from apps.experiments.services.sticky import sticky_keys, sticky_known

_NAMED = frozenset({"unit", "attributes", "as_of", "qa", "sticky_token"})


def trace_reads(request: HttpRequest) -> tuple[str, ...]:
    """The unit's stored first assignment, for the edge's round trip."""
    match = request.resolver_match
    key = str(match.kwargs["key"]) if match is not None else ""
    return sticky_keys(surface="", attributes=_attributes(request, key), experiment=key)


@hot_route(scope=Scope.EXPERIMENTS_READ, reads=trace_reads)
def experiment_trace_get(request: EdgeRequest, key: str) -> HttpResponse:
    """Every question that assignment asked of a unit, with what it read."""
    attributes = _attributes(request, key)
    as_of = _moment(request.GET.get("as_of", ""))
    qa = request.GET.get("qa", "")
    keys = sticky_keys(surface="", attributes=attributes, experiment=key)
    token = request.GET.get("sticky_token", "")
    known = sticky_known(hashes=request.edge.hashes, keys=keys, token=token, attributes=attributes)
    found = assignment_trace(
        key=key,
        attributes=attributes,
        as_of=as_of,
        overrides=qa_overrides(qa, as_of=as_of) if qa else {},
        sticky=known.assignments,
    )
    return json_answer({**asdict(found), "counted": found.counted, "as_of": as_of})


@hot_route(scope=Scope.EXPERIMENTS_WRITE, methods=("POST",))
@idempotent_route
def experiment_qa_links_post(request: EdgeRequest, key: str) -> HttpResponse:
    """A signed token that shows one variant to whoever carries it; nobody is counted."""
    asked = body_as(request, QaLinkBody)
    link = qa_link_make(key=key, variant=asked.variant, hours=asked.hours, actor=None)
    return json_answer({**asdict(link), "query": f"qa={link.token}"}, 201)


def _attributes(request: HttpRequest, key: str) -> dict[str, Json]:
    """`unit` and `attributes` (JSON) of a query string.

    Raises:
        InvalidInput: they cannot be read.
        NotFound: no such experiment.
    """
    _plans, experiment = experiment_found(key)
    for name in request.GET:
        if name not in _NAMED:
            raise InvalidInput(f"Unknown parameter {name}.", field=name, code="unknown_parameter")
    attributes = _object(request.GET.get("attributes", "{}"))
    unit = request.GET.get("unit", "")
    return {**attributes, experiment.spec.unit: unit} if unit else attributes


def _object(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput("attributes must be a JSON object.", field="attributes") from error


def _moment(text: str) -> datetime:
    if not text:
        return timezone.now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("as_of must be an ISO 8601 time.", field="as_of") from error
    if found.tzinfo is None:
        raise InvalidInput("as_of needs its time zone.", field="as_of")
    return found
