"""The two doors of ingestion: hot routes, answered only after the commit."""

import msgspec
from django.db import DataError, InterfaceError, InternalError, OperationalError
from django.http import HttpResponse
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.common.api.bodies import body_json
from apps.common.errors import InvalidInput, Unavailable
from apps.events.api.bodies import Envelope, Options, envelope_open, options_read
from apps.events.contracts import IngestResult, Shape
from apps.events.domain.adapters import ShapeUnreadable
from apps.events.domain.items import MAX_BODY_BYTES
from apps.events.services.ingest import events_ingest

_OPTIONS = frozenset({"shape", "atomic", "ordinal_start"})
_GA4_OPTIONS = frozenset({"atomic", "ordinal_start"})


@hot_route(scope=Scope.EVENTS_WRITE, methods=("POST",))
def events_post(request: EdgeRequest) -> HttpResponse:
    """Native and UBI items, one or many."""
    options = options_read(request.GET, known=_OPTIONS)
    body = body_json(request, most_bytes=MAX_BODY_BYTES)
    return _answer(envelope_open(body, options.shape), options)


@hot_route(scope=Scope.EVENTS_WRITE, methods=("POST",))
def events_ga4_post(request: EdgeRequest) -> HttpResponse:
    """One Measurement Protocol request."""
    options = options_read(request.GET, known=_GA4_OPTIONS)
    body = body_json(request, most_bytes=MAX_BODY_BYTES)
    return _answer(Envelope([body], Shape.GA4, single=False), options)


def _answer(envelope: Envelope, options: Options) -> HttpResponse:
    try:
        result = events_ingest(
            items=envelope.items,
            received_at=timezone.now(),
            shape=envelope.shape,
            atomic=options.atomic or envelope.single,
            ordinal_start=options.ordinal_start,
        )
    except ShapeUnreadable as error:
        raise InvalidInput(error.message, field=error.field) from error
    except DataError as error:
        # Every item is checked before; what still slips through is the caller's to mend.
        raise InvalidInput("The database refuses a value.", field="events") from error
    except (OperationalError, InterfaceError, InternalError) as error:
        raise Unavailable("Events cannot be stored now; send them again.") from error
    return HttpResponse(
        msgspec.json.encode(_body(result)),
        content_type="application/json",
        status=207 if result.errors else 200,
    )


def _body(result: IngestResult) -> dict[str, object]:
    # What was stored and what replayed is not told apart: a replay answers the same.
    return {
        "accepted": result.accepted,
        "event_ids": result.event_ids,
        "errors": result.errors,
        "read_as": result.read_as,
    }
