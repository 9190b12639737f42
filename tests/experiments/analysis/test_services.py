"""From event rows to stored analyses and API answers, on a real database."""

from datetime import timedelta, timezone
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.errors import InvalidInput, NotFound
from apps.experiments.contracts.design import AnalysisPlan, UnitType
from apps.experiments.contracts.results import HealthStatus
from apps.experiments.domain.analysis.documents import results_read
from apps.experiments.models import Analysis
from apps.experiments.selectors.analysis import analysis_latest
from apps.experiments.services.analysis import (
    analysis_refresh,
    health_of,
    plan_calculate,
    results_for,
)
from apps.experiments.services.rollups.run import experiment_rollup
from tests.experiments.rollups.scene import (
    KEY,
    START,
    Row,
    at,
    events_fact,
    experiment_on_stage,
    exposure,
    metric_make,
    phase_follows,
    rows_store,
)

pytestmark = pytest.mark.django_db(transaction=True)
END = START + timedelta(days=3)
UNITS = 60


@pytest.fixture
def _stage() -> None:
    metric_make(
        "revenue", kind="mean", numerator=events_fact("purchase", value="value", aggregation="sum")
    )
    metric_make("bought", kind="proportion", numerator=events_fact("purchase"))


def _played(metrics: tuple[str, ...] = ("revenue", "bought"), **design: Any) -> None:
    """60 units over two days; treatment spends more."""
    uses = [
        {"key": key, "role": "primary" if place == 0 else "secondary"}
        for place, key in enumerate(metrics)
    ]
    design.setdefault("plan", {"minimum_runtime_days": 1, "planned_units": 10, "minimum_units": 5})
    experiment_on_stage(metrics=uses, unit="user", holdout=False, dimensions=["device"], **design)
    rows: list[Row] = []
    for unit in range(UNITS):
        variant, hour = ("control", "treatment")[unit % 2], 1.0 + unit / 2
        device = {"device": "mobile" if unit % 3 else "desktop"}
        rows.append(exposure(hour, variant, user_id=f"user-{unit}", attributes=device))
        if unit % 4 < 2:
            value = 10.0 + unit / 10 + (15.0 if unit % 2 else 0.0)
            rows.append(Row("purchase", hour + 1, user_id=f"user-{unit}", value=value))
    rows_store(rows)
    experiment_rollup(key=KEY, as_of=END)


@pytest.mark.usefixtures("_stage")
def test_results_come_from_event_rows() -> None:
    _played()
    found = results_for(key=KEY, as_of=END)
    assert found.units == {"control": 30, "treatment": 30}
    revenue, bought = found.metrics
    spent = [
        sum(10.0 + u / 10 + (15.0 if u % 2 else 0) for u in range(p, UNITS, 2) if u % 4 < 2)
        for p in (0, 1)
    ]
    assert [arm.numerator for arm in revenue.arms] == pytest.approx(spent)
    assert [arm.n for arm in bought.arms] == [30, 30]
    assert {each.value for each in found.dimensions} == {"desktop", "mobile"}
    assert found.series[-1].effect == pytest.approx(spent[1] / spent[0] - 1)
    early = results_for(key=KEY, as_of=at(12))
    assert early.series[-1].day == START.date()
    assert results_for(key=KEY, as_of=END, phase=1).units == found.units
    with pytest.raises(InvalidInput):
        results_for(key=KEY, as_of=END, phase=7)
    with pytest.raises(InvalidInput):
        results_for(key=KEY, as_of=END, phase=1, salt_version=2)
    with pytest.raises(InvalidInput):
        results_for(key=KEY, as_of=END, salt_version=2)
    with pytest.raises(NotFound):
        results_for(key="nobody")


def _statements() -> int:
    with CaptureQueriesContext(connection) as captured:
        results_for(key=KEY, as_of=END)
    return len(captured)


@pytest.mark.usefixtures("_stage")
def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    _played()
    then = at(23)
    elsewhere = then.astimezone(timezone(timedelta(hours=5)))
    assert elsewhere.date() > then.date()
    here, there = (results_for(key=KEY, as_of=each) for each in (then, elsewhere))
    assert sum(here.units.values()) < UNITS
    assert there == here


@pytest.mark.usefixtures("_stage")
def test_statements_do_not_grow_with_metrics_or_variants() -> None:
    many = tuple(f"m{place}" for place in range(12))
    for key in many:
        metric_make(
            key, kind="mean", numerator=events_fact("purchase", value="value", aggregation="sum")
        )
    variants = [
        {"key": key, "name": key, "weight": 0.25} for key in ("control", "treatment", "c", "d")
    ]
    _played(many, variants=variants)
    assert len(results_for(key=KEY, as_of=END).metrics) == 12
    wide = _statements()
    from apps.experiments.models import Experiment

    Experiment.objects.filter(key=KEY).update(key="wide")
    _played(("revenue",))
    assert _statements() == wide
    assert wide <= 12


@pytest.mark.usefixtures("_stage")
def test_the_latest_analysis_is_one_row_and_a_frozen_one_stays() -> None:
    _played()
    first = analysis_refresh(key=KEY, as_of=END)
    assert analysis_refresh(key=KEY, as_of=END + timedelta(hours=1)) == first
    row = Analysis.objects.get(pk=first)
    found = results_for(key=KEY, as_of=END + timedelta(hours=1))
    assert results_read(row.document) == found
    assert (row.units, row.readable, row.action) == (
        60,
        found.readable,
        found.recommendation.action.value,
    )
    assert row.health == health_of(found).value
    Analysis.objects.filter(pk=first).update(frozen=True)
    second = analysis_refresh(key=KEY, as_of=END)
    assert second != first
    assert Analysis.objects.get(pk=first).latest is False
    assert Analysis.objects.get(pk=first).document == row.document
    assert analysis_latest(KEY)["as_of"] == END.isoformat()
    with pytest.raises(NotFound):
        analysis_latest("nobody")


@pytest.mark.usefixtures("_stage")
def test_alarms_stand_beside_the_document() -> None:
    _played()
    extra = [exposure(30, "control", user_id=f"more-{unit}") for unit in range(60)]
    rows_store(extra)
    experiment_rollup(key=KEY, as_of=END)
    row = Analysis.objects.get(pk=analysis_refresh(key=KEY, as_of=END))
    assert row.health == HealthStatus.ALARM.value
    assert {alarm["code"] for alarm in row.alarms} >= {"srm"}
    assert row.action == "investigate"


@pytest.mark.usefixtures("_stage")
def test_a_plan_from_the_shops_own_traffic() -> None:
    _played()
    answer = plan_calculate(
        metric="revenue", unit=UnitType.USER, plan=AnalysisPlan(mde=0.5), as_of=END
    )
    assert answer.baseline_units == UNITS or answer.baseline_units > 0
    assert answer.units_needed is not None
    assert answer.units_per_day > 0
    for bad in ({"weights": (1.0,)}, {"weights": (1.0, 0.0)}, {"coverage": 0.0}, {"days": 0.0}):
        with pytest.raises(InvalidInput):
            plan_calculate(metric="revenue", unit=UnitType.USER, as_of=END, **bad)
    with pytest.raises(NotFound):
        plan_calculate(metric="nobody", unit=UnitType.USER)


@pytest.mark.usefixtures("_stage")
def test_quantiles_are_read_from_unit_totals() -> None:
    metric_make(
        "p90", kind="quantile", quantile=0.75,
        numerator=events_fact("purchase", value="value", aggregation="sum"),
    )  # fmt: skip
    _played(("p90",))
    found = results_for(key=KEY, as_of=END)
    [control, treatment] = found.metrics[0].arms
    assert control.value is not None
    assert treatment.value is not None
    assert treatment.value > control.value
    # A phase's row is of its own units, and nobody came into the next phase yet.
    phase_follows(80.0, salt_version=1, weights=(0.5, 0.5))
    alone = results_for(key=KEY, as_of=at(90), phase=1).metrics[0]
    assert [arm.value for arm in alone.arms] == [control.value, treatment.value]
    empty = results_for(key=KEY, as_of=at(90), phase=2).metrics[0]
    assert [arm.value for arm in empty.arms] == [None, None]


@pytest.mark.parametrize(
    ("paid", "told"),
    [
        ((), {}),
        (("EUR",), {"currency": "EUR"}),
        (
            ("EUR", "EUR", "CHF"),
            {"currency": "mixed", "currencies": {"EUR": 20 / 30, "CHF": 10 / 30}},
        ),
    ],
)
def test_money_has_the_currency_of_its_events(
    paid: tuple[str, ...], told: dict[str, object]
) -> None:
    fact = events_fact("purchase", value="value", aggregation="sum")
    metric_make("revenue", kind="mean", numerator=fact, format="money")
    metric_make("bought", kind="proportion", numerator=events_fact("purchase"))
    _played()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM events_event WHERE type = 'purchase' ORDER BY id")
        for place, (event,) in enumerate(cursor.fetchall()):
            currency = paid[place % len(paid)] if paid else None
            cursor.execute(
                "UPDATE events_event SET currency = %s WHERE id = %s", [currency, event]
            )
    extra = results_for(key=KEY, as_of=END).extra
    assert {name: extra[name] for name in ("currency", "currencies") if name in extra} == told
