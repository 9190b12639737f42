"""Whatever arrives in whatever order: a run that goes on says what a run from scratch says."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.common.domain.uuid7 import uuid7_at
from apps.experiments.contracts.rollups import RollupFreshness, RollupReport
from apps.experiments.models import Phase, RollupState, Unit
from apps.experiments.selectors.rollups import (
    age_days,
    exposure_days,
    freshness,
    quantile_values,
    rollup_rows,
)
from apps.experiments.services.metrics import metrics_ensure_shipped
from apps.experiments.services.rollups.run import experiment_rollup
from tests.experiments.rollups.scene import (
    KEY,
    Row,
    at,
    events_fact,
    experiment_on_stage,
    exposure,
    metric_make,
    phase_follows,
    rows_store,
)

pytestmark = pytest.mark.django_db
END = 24 * 6
QUERIES = [str(uuid7_at(at(hour), bytes([hour]) * 32)) for hour in range(4)]
hours = st.integers(-24, END + 12).map(float)
clients = st.sampled_from(["a", "b", "c", None])
users = st.sampled_from([None, None, None, "ada", "bob"])
people = st.fixed_dictionaries(
    {"client_id": clients, "user_id": users, "session_id": st.sampled_from(["s1", "s2", None])}
)
exposures = st.builds(
    lambda hour, variant, phase, device, who: exposure(
        hour, variant, phase, attributes={"device": device} if device else {}, **who
    ),
    hours,
    st.sampled_from(["control", "control", "treatment", "nobody"]),
    st.sampled_from([1, 1, 2, 3, None, 9]),
    st.sampled_from(["phone", "desk", None]),
    people,
)
actions = st.builds(
    lambda kind, hour, value, query, who: Row(
        kind, hour, value=value, position=int(value) + 1, query_id=query, **who
    ),
    st.sampled_from(
        ["impression", "click", "click", "view", "add_to_cart", "purchase", "purchase", "refund"]
    ),
    hours,
    st.integers(0, 9).map(float),
    st.sampled_from([*QUERIES, None]),
    people,
)
searches = [
    Row("answered", float(hour), client_id="abc"[hour % 3], session_id="s1", query_id=query,
        results_count=hour)
    for hour, query in enumerate(QUERIES)
]  # fmt: skip
streams = st.lists(st.one_of(exposures, actions, actions), min_size=3, max_size=30).map(
    lambda rows: [*rows, *searches]
)


def metrics_on_stage() -> list[dict[str, str]]:
    value = {"value": "value"}
    metrics_ensure_shipped()
    metric_make("spend", kind="mean", numerator=events_fact("purchase", "refund", **value))
    metric_make(
        "capped",
        kind="mean",
        cap_value=5,
        window_hours=30,
        numerator=events_fact("purchase", **value),
    )
    metric_make(
        "winsor", kind="mean", cap_percentile=0.8, numerator=events_fact("purchase", **value)
    )
    metric_make("best", kind="mean", numerator=events_fact("purchase", aggregation="max", **value))
    metric_make("median", kind="quantile", numerator=events_fact("purchase", **value))
    metric_make(
        "wait",
        kind="mean",
        missing_is_zero=False,
        numerator=events_fact("click", aggregation="seconds_to_first"),
    )
    metric_make(
        "back",
        kind="retention",
        numerator=events_fact("view", "click"),
        retention_from_day=1,
        retention_to_day=2,
    )
    keys = ["spend", "capped", "winsor", "best", "median", "wait", "back", "ctr",
            "conversion_rate", "average_order_value", "click_ndcg", "search_exit_rate",
            "session_length", "search_to_purchase"]  # fmt: skip
    roles = ["primary", *["secondary"] * (len(keys) - 1)]
    return [{"key": key, "role": role} for key, role in zip(keys, roles, strict=True)]


def everything(experiment_id: int) -> dict[Any, tuple[float, ...]]:
    """All that the roll-up says, as numbers."""
    found: dict[Any, tuple[float, ...]] = {}
    for key, sums in rollup_rows(experiment_id=experiment_id, dimension=None).items():
        found[key] = tuple(_numbers(astuple(sums)))
    for row in exposure_days(experiment_id=experiment_id):
        found[row.phase, row.variant, row.dimension, row.value, row.day] = (
            row.units, row.exposures,
        )  # fmt: skip
    for age in age_days(experiment_id=experiment_id):
        found[age.phase, age.variant, age.metric, age.age] = astuple(age)[4:]
    for salt in (1, 2):
        values = quantile_values(experiment_id=experiment_id, salt_version=salt, as_of=at(END))
        for variant, numbers in values["median"].values.items():
            found["median", salt, variant] = numbers
    return found


def _numbers(cells: Sequence[Any]) -> list[float]:
    flat: list[float] = []
    for cell in cells:
        flat += cell if isinstance(cell, tuple) else [math.nan if cell is None else cell]
    return flat


def counts(experiment_id: int) -> RollupFreshness:
    return replace(freshness(experiment_id=experiment_id), ran_at=None)


def same(left: dict[Any, tuple[float, ...]], right: dict[Any, tuple[float, ...]]) -> None:
    assert left.keys() == right.keys()
    for key, numbers in left.items():
        assert numbers == pytest.approx(right[key], rel=1e-9, abs=1e-9, nan_ok=True), key


def roll(clock: float) -> RollupReport:
    """One run; afterwards every row is older than its horizon, as if all had been committed."""
    report = experiment_rollup(key=KEY, as_of=at(clock))
    with connection.cursor() as cursor:
        for table in ("events_event", "events_querylog", "events_identity"):
            cursor.execute(f"UPDATE {table} SET stored_xid = 0 WHERE stored_xid > 0")
    return report


def test_going_on_equals_starting_afresh(settings: Any) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = False
    tally: Counter[str] = Counter()
    going_on_equals_starting_afresh(tally)
    assert tally["went on"] > tally["afresh"], tally
    assert tally["went on with changes"] > 5, tally


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    stream=streams.flatmap(st.permutations),
    stops=st.sets(st.integers(1, 12), min_size=1, max_size=4),
    clock=st.sampled_from([30.0, 100.0, 100.0]),
)
def going_on_equals_starting_afresh(
    tally: Counter[str], stream: list[Row], stops: set[int], clock: float
) -> None:
    before = transaction.savepoint()
    try:
        play(tally, stream, stops, clock)
    finally:
        transaction.set_rollback(False)
        transaction.savepoint_rollback(before)


def play(tally: Counter[str], stream: list[Row], stops: set[int], clock: float) -> None:
    """Rows arrive, some runs go by; in the end a run from scratch is compared."""
    view = experiment_on_stage(
        metrics=metrics_on_stage(),
        dimensions=["device", "new_returning"],
        plan={"cuped_days": 3, "covariates": ["ctr"]},
    )
    changes = [(60.0, 1), (96.0, 2)]
    for place, row in enumerate(stream):
        rows_store([row])
        if place in stops:
            phases_begin(changes, clock)
            roll_tallied(tally, clock)
            clock = min(clock + (40.0 if clock < 96 else 15.0), END)
    phases_begin(changes, END)
    roll_tallied(tally, END)
    went_on, its_counts = everything(view.id), counts(view.id)
    assert experiment_rollup(key=KEY, as_of=at(END)).changed == 0
    same(everything(view.id), went_on)
    assert experiment_rollup(key=KEY, as_of=at(END), full=True).full
    same(went_on, everything(view.id))
    assert its_counts == counts(view.id)


def phases_begin(changes: list[tuple[float, int]], clock: float) -> None:
    while changes and changes[0][0] < clock:
        hour, salt = changes.pop(0)
        phase_follows(hour, salt_version=salt, weights=[0.5, 0.5])


def roll_tallied(tally: Counter[str], clock: float) -> None:
    """One run, which starts afresh only when it must.

    That is the first, and one after a phase began while some exposures had named none known.
    """
    state = RollupState.objects.filter(as_of__isnull=False).first()
    afresh = state is None or (
        state.unknown > 0
        and Phase.objects.filter(starts_at__gte=state.as_of, starts_at__lte=at(clock)).exists()
    )
    report = roll(clock)
    assert report.full == afresh
    if state is not None:
        tally["afresh" if afresh else "went on"] += 1
        tally["went on with changes"] += not afresh and report.changed > 0


def test_a_crash_that_empties_the_unlogged_table_is_noticed(settings: Any) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = False
    metric_make("spend", kind="mean", numerator=events_fact("purchase", value="value"))
    view = experiment_on_stage(metrics=[{"key": "spend", "role": "primary"}])
    rows_store([exposure(1, "control", client_id="a"), Row("purchase", 2, client_id="a", value=3)])
    experiment_rollup(key=KEY, as_of=at(10))
    before = everything_of_one(view.id)
    Unit.objects.all().delete()
    report = experiment_rollup(key=KEY, as_of=at(10))
    assert report.full
    assert everything_of_one(view.id) == before


def everything_of_one(experiment_id: int) -> Any:
    return rollup_rows(experiment_id=experiment_id)


def test_forced_units_are_counted_nowhere_from_the_beginning_on(settings: Any) -> None:
    from apps.experiments.services.forced import forced_units_set

    settings.ENDCAP_REVIEW_REQUIRED = False
    metric_make("spend", kind="mean", numerator=events_fact("purchase", value="value"))
    view = experiment_on_stage(metrics=[{"key": "spend", "role": "primary"}])
    rows_store([exposure(1, "control", client_id="a"), exposure(1, "control", client_id="b")])
    experiment_rollup(key=KEY, as_of=at(10))
    forced_units_set(key=KEY, units={"a": "treatment"}, actor=None)
    assert experiment_rollup(key=KEY, as_of=at(11)).full
    assert freshness(experiment_id=view.id).units == 1
