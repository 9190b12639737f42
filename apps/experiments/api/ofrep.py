"""OpenFeature Remote Evaluation Protocol 0.3: one flag, or all of them with an ETag.

Source: open-feature/protocol, service/openapi.yaml 0.3.
"""

from hashlib import sha256

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.common.api.bodies import body_json
from apps.common.errors import InvalidInput
from apps.events.domain.items import MAX_BODY_BYTES
from apps.experiments.api.bodies import json_answer
from apps.experiments.api.etags import etag_matches
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.serving import FlagAnswer, FlagFault
from apps.experiments.services.flag_evaluation import (
    FlagRequest,
    context_read,
    flag_evaluate,
    flag_sticky_keys,
    flags_evaluate,
)


def _reads(request: HttpRequest) -> tuple[str, ...]:
    match = request.resolver_match
    key = str(match.kwargs.get("key", "")) if match is not None else ""
    try:
        return flag_sticky_keys(context=_context(request), key=key)
    except InvalidInput:
        # The view says so, in the protocol's words.
        return ()


@hot_route(scope=Scope.EXPERIMENTS_ASSIGN, methods=("POST",), reads=_reads)
def ofrep_flag_post(request: EdgeRequest, key: str) -> HttpResponse:
    """One flag for one context."""
    try:
        context = _context(request)
    except InvalidInput as error:
        return json_answer(_fault(key, FlagFault(error.code), error.message), 400)
    asked = FlagRequest(context, timezone.now(), request.edge.hashes)
    answer = flag_evaluate(key=key, request=asked)
    if answer.fault is None:
        return json_answer(_document(answer))
    return json_answer(_document(answer), 404 if _unknown(answer) else 400)


@hot_route(scope=Scope.EXPERIMENTS_ASSIGN, methods=("POST",), reads=_reads)
def ofrep_flags_post(request: EdgeRequest) -> HttpResponse:
    """Every flag for one context; 304 when nothing changed for it."""
    try:
        context = _context(request)
    except InvalidInput as error:
        body = {"errorCode": error.code, "errorDetails": error.message}
        return json_answer(body, 400)
    asked = FlagRequest(context, timezone.now(), request.edge.hashes)
    answers = flags_evaluate(request=asked)
    written = msgspec.json.encode({"flags": [_document(answer) for answer in answers]})
    etag = f'"{sha256(written).hexdigest()[:32]}"'
    if etag_matches(request.headers.get("If-None-Match", ""), etag):
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(written, content_type="application/json")
    response["ETag"] = etag
    return response


def _context(request: HttpRequest) -> dict[str, Json]:
    try:
        body = body_json(request, most_bytes=MAX_BODY_BYTES)
    except InvalidInput as error:
        raise InvalidInput(error.message, field="body", code=FlagFault.PARSE_ERROR) from error
    return context_read(body)


def _unknown(answer: FlagAnswer) -> bool:
    return answer.fault is FlagFault.FLAG_NOT_FOUND


def _document(answer: FlagAnswer) -> dict[str, object]:
    if answer.fault is not None:
        return _fault(answer.key, answer.fault, answer.message)
    return {
        "key": answer.key,
        "value": answer.value,
        "reason": answer.reason.value,
        "variant": answer.variant,
        "metadata": answer.metadata,
    }


def _fault(key: str, fault: FlagFault, message: str) -> dict[str, object]:
    return {"key": key, "errorCode": fault.value, "errorDetails": message}
