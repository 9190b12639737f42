"""Exposures that storefronts report: durable in PostgreSQL when this returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.common.errors import Conflict
from apps.events.contracts import EventType, IngestResult, ItemError
from apps.events.services.ingest import events_ingest
from apps.experiments.contracts.serving import ExposureReceipt, ReceiptState, ServingExperiment
from apps.experiments.domain.serving.receipts import ReportChecked, ReportInvalid, report_check
from apps.experiments.domain.serving.reports import ExposureReport
from apps.experiments.services.assign import experiment_found


@dataclass(frozen=True, slots=True)
class ReportResult:
    """A receipt for each report, None for those refused, which `errors` explains."""

    receipts: tuple[ExposureReceipt | None, ...]
    errors: tuple[ItemError, ...]


def exposures_report(
    *, key: str, reports: Sequence[ExposureReport | None], received_at: datetime
) -> ReportResult:
    """Store the exposures of one experiment that count; the others are told and not stored.

    Args:
        key: of the experiment.
        reports: None where one could not be read (its error is the caller's to tell).
        received_at: aware, the server's clock.

    Raises:
        NotFound: no such experiment.
        Conflict: it never ran.
        Unavailable: nothing can be stored now.
    """
    _plans, experiment = experiment_found(key)
    if not experiment.phases:
        raise Conflict(f"{key} has not started.", code="not_started")
    checked: list[ReportChecked | None] = []
    errors: list[ItemError] = []
    for index, report in enumerate(reports):
        try:
            checked.append(_check(experiment, report, received_at) if report else None)
        except ReportInvalid as error:
            checked.append(None)
            errors.append(ItemError(index, error.field, "invalid", error.message))
    stored = _store(experiment, reports, checked, received_at)
    return _result(checked, stored, errors)


def _check(
    experiment: ServingExperiment, report: ExposureReport, received_at: datetime
) -> ReportChecked:
    return report_check(
        experiment,
        variant=report.variant,
        phase=report.phase,
        unit=getattr(report, experiment.unit.attribute),
        occurred_at=report.occurred_at or received_at,
    )


def _counted(checked: Sequence[ReportChecked | None]) -> list[int]:
    return [
        index
        for index, one in enumerate(checked)
        if one is not None and one.state is ReceiptState.COUNTED
    ]


def _store(
    experiment: ServingExperiment,
    reports: Sequence[ExposureReport | None],
    checked: Sequence[ReportChecked | None],
    received_at: datetime,
) -> IngestResult:
    items = []
    for index in _counted(checked):
        report, found = reports[index], checked[index]
        if report is not None and found is not None:
            items.append(_item(experiment.spec.key, report, found.phase, received_at))
    return events_ingest(items=items, received_at=received_at)


def _item(
    key: str, report: ExposureReport, phase: int, received_at: datetime
) -> dict[str, object]:
    given = {
        name: found
        for name in ("event_id", "user_id", "client_id", "session_id", "query_id")
        if (found := getattr(report, name)) is not None
    }
    return {
        **given,
        "type": EventType.EXPOSURE.value,
        "occurred_at": report.occurred_at or received_at,
        "experiment": key,
        "variant": report.variant,
        "attributes": {**report.attributes, "phase": phase},
    }


def _result(
    checked: Sequence[ReportChecked | None], stored: IngestResult, errors: list[ItemError]
) -> ReportResult:
    places = _counted(checked)
    ids = dict(zip(places, stored.event_ids, strict=True))
    moved = [
        ItemError(places[each.index], each.field, each.code, each.message)
        for each in stored.errors
    ]
    receipts: list[ExposureReceipt | None] = []
    for index, one in enumerate(checked):
        event_id = ids.get(index)
        if one is None or (index in ids and event_id is None):
            receipts.append(None)
        else:
            text = "" if event_id is None else str(event_id)
            receipts.append(ExposureReceipt(text, one.state, one.phase, one.expected))
    return ReportResult(
        tuple(receipts), tuple(sorted([*errors, *moved], key=lambda each: each.index))
    )
