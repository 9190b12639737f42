"""Values for days gone by: one run a day and feature, each in a transaction of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from apps.catalog.domain.columns import columns_recoded
from apps.catalog.selectors import category_tree_fresh, columns_load
from apps.common.errors import InvalidInput
from apps.features.contracts_store import Compute, ComputeContext, Feature, StoredRun
from apps.features.services_record import run_record, runs_of_day

MOST_DAYS = 3660
Told = Callable[[str, date, StoredRun | None], None]


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """What one backfill did: runs made, days that had one already, values written."""

    computed: int
    there: int
    values: int


def features_backfill(
    *, first: date, last: date, features: Sequence[Feature], told: Told
) -> BackfillReport:
    """Compute features as they were at the beginning of each day, oldest first.

    A day that has a run is left alone: what was cut off is taken up again, and a second time
    changes nothing. One feature and day is in memory at a time, and of users never all.

    Args:
        first: the first UTC day.
        last: the last one, included.
        features: stored ones.
        told: called after each feature and day, with its run; None: it was there.

    Raises:
        InvalidInput: no such range, a day to come, or a feature that is not stored or cannot be
            computed for the past.
    """
    _checked(first, last, features)
    columns, tree = columns_load(), category_tree_fresh()
    columns = columns_recoded(columns, tree)
    computed = there = values = 0
    for day in _days(first, last):
        context = ComputeContext(datetime.combine(day, time(), UTC), columns, tree)
        for feature in features:
            run = _run(feature, context)
            told(feature.spec.key, day, run)
            computed, there = computed + (run is not None), there + (run is None)
            values += run.rows if run else 0
    return BackfillReport(computed, there, values)


def _run(feature: Feature, context: ComputeContext) -> StoredRun | None:
    if runs_of_day(feature.spec.key, context.as_of):
        return None
    pieces = _compute_of(feature)(context)
    return run_record(key=feature.spec.key, as_of=context.as_of, pieces=pieces)


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _checked(first: date, last: date, features: Sequence[Feature]) -> None:
    if not 0 <= (last - first).days < MOST_DAYS:
        raise InvalidInput(f"A range has 1 to {MOST_DAYS} days, the first one first.", field="to")
    if last > timezone.now().astimezone(UTC).date():
        # The latest run is what is served: one of a day to come would be it until then.
        raise InvalidInput(f"{last} has not begun (UTC).", field="to")
    for feature in features:
        _compute_of(feature)
        if not feature.spec.past:
            raise InvalidInput(
                f"{feature.spec.key} needs the catalogue as it was, of which there is no history.",
                field="feature",
                code="no_past",
            )


def _compute_of(feature: Feature) -> Compute:
    if feature.compute is None:
        raise InvalidInput(
            f"{feature.spec.key} is worked out at each request, and not stored.",
            field="feature",
            code="not_stored",
        )
    return feature.compute
