"""Conversions that storefronts report: events of type conversion, durable on return."""

from collections.abc import Sequence
from datetime import datetime

from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.events.contracts import EventType, IngestResult, ItemError
from apps.events.services.ingest import events_ingest
from apps.experiments.domain.serving.reports import ConversionReport
from apps.experiments.services.assign import experiment_found


def conversions_report(
    *, reports: Sequence[ConversionReport | None], received_at: datetime
) -> IngestResult:
    """Store conversions; a metric over `conversion` events with this name counts them.

    The unit is named by the experiment's own kind of unit, so that it joins its exposures.

    Args:
        reports: None where one could not be read (its error is the caller's to tell).
        received_at: aware, the server's clock.

    Raises:
        Unavailable: nothing can be stored now.
    """
    items: list[dict[str, object]] = []
    places: list[int] = []
    errors: list[ItemError] = []
    for index, report in enumerate(reports):
        if report is None:
            continue
        try:
            items.append(_item(report, received_at))
            places.append(index)
        except (NotFound, Conflict) as error:
            errors.append(ItemError(index, "experiment", error.code, error.message))
        except InvalidInput as error:
            errors.append(ItemError(index, "metric", error.code, error.message))
    stored = events_ingest(items=items, received_at=received_at)
    return _placed(stored, places, errors, len(reports))


def _item(report: ConversionReport, received_at: datetime) -> dict[str, object]:
    plans, experiment = experiment_found(report.experiment)
    if not experiment.phases:
        raise Conflict(f"{report.experiment} has not started.", code="not_started")
    if plans.conversions is not None and report.metric not in plans.conversions:
        raise InvalidInput(
            f"No published metric counts conversions called {report.metric}.",
            field="metric",
            code="unknown_metric",
        )
    item: dict[str, object] = {
        "type": EventType.CONVERSION.value,
        "occurred_at": report.occurred_at or received_at,
        experiment.unit.attribute: report.unit,
        "experiment": report.experiment,
        "value": report.value,
        "attributes": {
            **report.attributes,
            "metric": report.metric,
            "experiment": report.experiment,
            "unit": report.unit,
        },
    }
    return item if report.event_id is None else {**item, "event_id": report.event_id}


def _placed(
    stored: IngestResult, places: Sequence[int], errors: list[ItemError], count: int
) -> IngestResult:
    """The result with indexes of the request instead of those of what was handed on."""
    ids = dict(zip(places, stored.event_ids, strict=True))
    moved = [
        ItemError(places[each.index], each.field, each.code, each.message)
        for each in stored.errors
    ]
    return IngestResult(
        stored=stored.stored,
        replayed=stored.replayed,
        errors=tuple(sorted([*errors, *moved], key=lambda each: each.index)),
        event_ids=tuple(ids.get(index) for index in range(count)),
    )
