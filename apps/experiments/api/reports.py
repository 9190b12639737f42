"""POST …/{key}/exposures and …/conversions: durable in PostgreSQL before they are answered."""

from collections.abc import Callable
from typing import TypeVar

from django.db import DataError, InterfaceError, InternalError, OperationalError
from django.http import HttpResponse
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.access.idempotency import idempotent_route
from apps.common.errors import InvalidInput, Unavailable
from apps.events.contracts import ItemError
from apps.experiments.api.bodies import json_answer, refuse_single, reports_read
from apps.experiments.contracts.serving import ExposureReceipt, ReceiptState
from apps.experiments.domain.serving.reports import ConversionReport, ExposureReport
from apps.experiments.services.conversions import conversions_report
from apps.experiments.services.exposure_reports import exposures_report

T = TypeVar("T")


@hot_route(scope=Scope.EXPERIMENTS_ASSIGN, methods=("POST",))
@idempotent_route
def experiment_exposures_post(request: EdgeRequest, key: str) -> HttpResponse:
    """Units have seen their variants: one report or many."""
    reports, unread, single = reports_read(request, ExposureReport, "exposures")
    now = timezone.now()
    result = _stored(lambda: exposures_report(key=key, reports=reports, received_at=now))
    errors = _sorted([*unread, *result.errors])
    if single:
        refuse_single(errors)
    receipts = [receipt and _receipt(receipt) for receipt in result.receipts]
    counted = sum(one is not None and one.state is ReceiptState.COUNTED for one in result.receipts)
    body = {"accepted": counted, "receipts": receipts, "errors": errors}
    return json_answer(body, 207 if errors else 200)


@hot_route(scope=Scope.EXPERIMENTS_ASSIGN, methods=("POST",))
@idempotent_route
def experiment_conversions_post(request: EdgeRequest) -> HttpResponse:
    """Units did what a metric counts: one report or many, of any experiments."""
    reports, unread, single = reports_read(request, ConversionReport, "conversions")
    now = timezone.now()
    result = _stored(lambda: conversions_report(reports=reports, received_at=now))
    errors = _sorted([*unread, *result.errors])
    if single:
        refuse_single(errors)
    body = {"accepted": result.accepted, "event_ids": result.event_ids, "errors": errors}
    return json_answer(body, 207 if errors else 200)


def _receipt(receipt: ExposureReceipt) -> dict[str, object]:
    return {
        "event_id": receipt.event_id or None,
        "counted": receipt.state is ReceiptState.COUNTED,
        "reason": receipt.state.value,
        "phase": receipt.phase,
        "expected": receipt.expected or None,
    }


def _sorted(errors: list[ItemError]) -> list[ItemError]:
    return sorted(errors, key=lambda each: each.index)


def _stored(store: Callable[[], T]) -> T:
    try:
        return store()
    except DataError as error:
        raise InvalidInput("The database refuses a value.", field="body") from error
    except (OperationalError, InterfaceError, InternalError) as error:
        raise Unavailable("Nothing can be stored now; send it again.") from error
