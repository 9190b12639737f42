"""What a roll-up says of small streams that were counted by hand."""

from typing import Any

import pytest

from apps.common.domain.uuid7 import uuid7_new
from apps.experiments.contracts.design import UnitType
from apps.experiments.contracts.rollups import RollupSums
from apps.experiments.domain.rollups.totals import totals_sql
from apps.experiments.models import RollupState, Unit
from apps.experiments.selectors.metrics import metric_view
from apps.experiments.selectors.rollups import (
    baseline,
    exposure_days,
    freshness,
    quantile_values,
    rollup_rows,
)
from apps.experiments.services.lifecycle import (
    experiment_kill,
    experiment_pause,
    experiment_resume,
)
from apps.experiments.services.metrics import metrics_ensure_shipped
from apps.experiments.services.rollups import units
from apps.experiments.services.rollups.run import experiment_rollup
from tests.experiments.factories import people
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
PURCHASES = {"source": "events", "event_types": ["purchase"]}


@pytest.fixture(autouse=True)
def _one_person(settings: Any) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = False


def uses(*keys: str) -> list[dict[str, str]]:
    roles = ["primary", *["secondary"] * (len(keys) - 1)]
    return [{"key": key, "role": role} for key, role in zip(keys, roles, strict=True)]


def last(experiment_id: int, metric: str, dimension: str = "") -> dict[Any, RollupSums]:
    rows = rollup_rows(experiment_id=experiment_id, dimension=dimension)
    newest = max(key.day for key in rows)
    return {
        (key.phase, key.variant, *([key.value] if dimension else [])): sums
        for key, sums in rows.items()
        if key.metric == metric and key.day == newest
    }


def test_what_is_seen_while_it_is_paused_is_nobodys() -> None:
    metric_make("cvr", kind="proportion", numerator=PURCHASES)
    view = experiment_on_stage(metrics=uses("cvr"))
    maker, _ = people()
    rows_store([exposure(hour, "control", client_id=f"c{hour}") for hour in (1, 3, 5, 7)])

    def units() -> list[str]:
        found = Unit.objects.filter(experiment_id=view.id)
        return sorted(found.values_list("unit", flat=True))

    experiment_rollup(key=KEY, as_of=at(8))
    assert units() == ["c:c1", "c:c3", "c:c5", "c:c7"]
    experiment_pause(key=KEY, actor=maker, reason="a test", now=at(2))
    experiment_resume(key=KEY, actor=maker, reason="a test", now=at(4))
    experiment_kill(key=KEY, actor=maker, reason="a test", now=at(6))
    experiment_rollup(key=KEY, as_of=at(9))
    assert units() == ["c:c1", "c:c5"]


def test_proportions_means_ratios_and_windows() -> None:
    metric_make("cvr", kind="proportion", numerator=PURCHASES, window_hours=24)
    metric_make("rpv", kind="mean", numerator=events_fact("purchase", "refund", value="value"))
    metric_make(
        "ctr", kind="ratio", numerator=events_fact("click"), denominator=events_fact("impression")
    )
    view = experiment_on_stage(metrics=uses("cvr", "rpv", "ctr"))
    rows_store(
        [
            exposure(1, "control", client_id="a"),
            Row("purchase", 0.5, client_id="a", value=99),  # before exposure
            Row("impression", 1.1, client_id="a"),
            Row("impression", 1.1, client_id="a"),
            Row("click", 1.2, client_id="a"),
            Row("purchase", 2, client_id="a", value=10),
            Row("purchase", 30, client_id="a", value=5),  # second day, outside of cvr's window
            Row("refund", 31, client_id="a", value=4),
            exposure(3, "control", client_id="b"),
            exposure(4, "treatment", client_id="t"),
            Row("purchase", 40, client_id="t", value=7),  # outside of cvr's window
            Row("purchase", 5, client_id="stranger", value=1000),
        ]
    )
    report = experiment_rollup(key=KEY, as_of=at(60))
    assert (report.full, report.units) == (True, 3)
    cvr, rpv, ctr = (last(view.id, key) for key in ("cvr", "rpv", "ctr"))
    assert (cvr[1, "control"].n, cvr[1, "control"].m) == (2, 1)
    assert (cvr[1, "treatment"].n, cvr[1, "treatment"].m) == (1, 0)
    assert (rpv[1, "control"].m, rpv[1, "control"].mm, rpv[1, "control"].rows) == (11, 121, 3)
    assert (ctr[1, "control"].m, ctr[1, "control"].d, ctr[1, "control"].md) == (1, 2, 2)
    by_day = rollup_rows(experiment_id=view.id, metrics=["rpv"])
    control = [
        (key.day.day, sums.n, sums.m, sums.mm)
        for key, sums in sorted(by_day.items(), key=lambda row: row[0].day)
        if key.variant == "control"
    ]
    assert control == [(2, 2, 10, 100), (3, 2, 11, 121), (4, 2, 11, 121)]
    days = {(row.variant, row.day.day): (row.units, row.exposures)
            for row in exposure_days(experiment_id=view.id)}  # fmt: skip
    assert days == {("control", 2): (2, 2), ("treatment", 2): (1, 1)}


def test_a_login_makes_one_unit_of_two_and_two_variants_are_left_out() -> None:
    metric_make("cvr", kind="proportion", numerator=PURCHASES)
    view = experiment_on_stage(metrics=uses("cvr"))
    rows_store(
        [
            exposure(1, "control", client_id="phone"),
            exposure(2, "control", client_id="laptop"),
            Row("purchase", 3, client_id="laptop"),
            exposure(4, "treatment", client_id="tablet"),
        ]
    )
    experiment_rollup(key=KEY, as_of=at(10))
    assert last(view.id, "cvr")[1, "control"].n == 2
    rows_store(
        [
            Row("view", 5, client_id="phone", user_id="ada"),
            Row("view", 6, client_id="laptop", user_id="ada"),
        ]
    )
    report = experiment_rollup(key=KEY, as_of=at(10))
    assert not report.full
    assert (last(view.id, "cvr")[1, "control"].n, last(view.id, "cvr")[1, "control"].m) == (1, 1)
    assert freshness(experiment_id=view.id).merged == 1
    rows_store([Row("view", 7, client_id="tablet", user_id="ada")])
    experiment_rollup(key=KEY, as_of=at(10))
    fresh = freshness(experiment_id=view.id)
    assert (fresh.units, fresh.multiple) == (1, 1)
    assert rollup_rows(experiment_id=view.id) == {}


def test_units_belong_to_the_phase_of_their_first_exposure_within_a_salt() -> None:
    metric_make("cvr", kind="proportion", numerator=PURCHASES)
    view = experiment_on_stage(metrics=uses("cvr"))
    phase_follows(24, salt_version=1, weights=[0.5, 0.5])
    phase_follows(48, salt_version=2, weights=[0.1, 0.9])
    rows_store(
        [
            exposure(1, "control", client_id="a"),
            exposure(30, "control", phase=2, client_id="a"),
            exposure(31, "control", phase=None, client_id="b"),  # placed by time: phase 2
            exposure(50, "treatment", phase=3, client_id="a"),  # a new salt: a new unit
            Row("purchase", 51, client_id="a"),  # after the first salt ended
            exposure(52, "treatment", phase=9, client_id="x"),
            exposure(52, "nobody", phase=3, client_id="x"),
        ]
    )
    experiment_rollup(key=KEY, as_of=at(60))
    found = last(view.id, "cvr")
    assert {key: (sums.n, sums.m) for key, sums in found.items()} == {
        (1, "control"): (1, 0), (2, "control"): (1, 0), (3, "treatment"): (1, 1),
    }  # fmt: skip
    assert freshness(experiment_id=view.id).unknown == 2
    assert freshness(experiment_id=view.id).mismatched > 0
    assert Unit.objects.filter(experiment_id=view.id).count() == 3


def test_the_shops_own_traffic_is_a_baseline() -> None:
    metric_make(
        "spend", kind="mean", cap_percentile=0.5, numerator=events_fact("purchase", value="value")
    )
    metric_make(
        "ret",
        kind="retention",
        numerator=events_fact("view"),
        retention_from_day=1,
        retention_to_day=2,
    )
    rows_store(
        [
            Row("view", 1, client_id="a"),
            Row("purchase", 2, client_id="a", value=3),
            Row("view", 26, client_id="a"),
            Row("purchase", 5, client_id="b", value=9),
            Row("answered", 40, client_id="c"),
        ]
    )
    found = baseline(metric_view("spend"), unit=UnitType.CLIENT, as_of=at(50), days=2)
    assert (found.sums.n, found.units_per_day) == (3, 1.5)
    assert found.sums.m == 3 + 6
    found = baseline(metric_view("ret"), unit=UnitType.CLIENT, as_of=at(50), days=3)
    assert (found.sums.n, found.sums.m) == (1, 1)


def test_transactions_that_are_numbered_lower_start_afresh() -> None:
    """A database restored elsewhere counts transactions anew: nothing would be newer than before."""
    metric_make("p50", kind="quantile", numerator=events_fact("purchase", value="value"))
    view = experiment_on_stage(metrics=uses("p50"))
    rows_store([exposure(1, "control", client_id="a")])
    assert experiment_rollup(key=KEY, as_of=at(50)).full
    RollupState.objects.filter(pk=view.id).update(horizon=2**60)
    rows_store([exposure(2, "control", client_id="b")])
    again = experiment_rollup(key=KEY, as_of=at(50))
    assert (again.full, again.units) == (True, 2)
    assert not experiment_rollup(key=KEY, as_of=at(50)).full


def test_quantiles_are_read_from_units() -> None:
    metric_make("p50", kind="quantile", numerator=events_fact("purchase", value="value"))
    metric_make(
        "wait",
        kind="quantile",
        missing_is_zero=False,
        numerator=events_fact("purchase", aggregation="seconds_to_first"),
    )
    view = experiment_on_stage(metrics=uses("p50", "wait"))
    rows_store(
        [
            exposure(1, "control", client_id="a"),
            Row("purchase", 2, client_id="a", value=3),
            Row("purchase", 26, client_id="a", value=4),
            exposure(1, "control", client_id="b"),
        ]
    )
    experiment_rollup(key=KEY, as_of=at(50))
    found = quantile_values(experiment_id=view.id, salt_version=1, as_of=at(10))
    assert found["p50"].values == {"control": (0.0, 3.0)}
    found = quantile_values(experiment_id=view.id, salt_version=1, as_of=at(50))
    assert found["p50"].values == {"control": (0.0, 7.0)}
    assert found["wait"].values == {"control": (3600.0,)}
    found = quantile_values(experiment_id=view.id, salt_version=1, phase=1, as_of=at(50))
    assert found["p50"].values == {"control": (0.0, 7.0)}
    found = quantile_values(experiment_id=view.id, salt_version=1, phase=2, as_of=at(50))
    assert found["p50"].values == {}
    assert last(view.id, "wait")[1, "control"].n == 1


def test_searches_sessions_funnels_and_dimensions() -> None:
    one, two = str(uuid7_new(at(1))), str(uuid7_new(at(3)))
    metrics_ensure_shipped()
    keys = [
        "click_ndcg",
        "search_exit_rate",
        "zero_result_rate",
        "time_to_first_click",
        "session_length",
        "pages_per_session",
        "search_to_purchase",
        "average_order_value",
        "return_rate",
    ]
    view = experiment_on_stage(metrics=uses(*keys), dimensions=["device", "new_returning"])
    phone: dict[str, Any] = {"attributes": {"device": "phone"}, "session_id": "s1"}
    rows_store(
        [
            exposure(1, "control", client_id="a", **phone),
            Row("answered", 1, client_id="a", session_id="s1", query_id=one),
            Row("click", 1.1, client_id="a", session_id="s1", query_id=one, position=3),
            Row("click", 1.2, client_id="a", session_id="s1", query_id=one, position=3),
            Row("add_to_cart", 1.3, client_id="a", session_id="s1"),
            Row("purchase", 1.4, client_id="a", session_id="s1", value=5),
            Row("purchase", 1.4, client_id="a", session_id="s1", value=7),
            Row("answered", 3, client_id="a", session_id="s2", query_id=two, results_count=0),
            Row("view", 1, client_id="b", session_id="old"),
            exposure(4, "treatment", client_id="b", session_id="s9"),
        ]
    )
    experiment_rollup(key=KEY, as_of=at(10))
    got = {key: last(view.id, key)[1, "control"] for key in keys if key != "return_rate"}
    assert got["click_ndcg"].m == pytest.approx(0.5)
    assert (got["click_ndcg"].d, got["search_exit_rate"].m, got["search_exit_rate"].d) == (1, 1, 2)
    assert (got["zero_result_rate"].m, got["zero_result_rate"].d) == (1, 2)
    assert got["time_to_first_click"].m == pytest.approx(360)
    assert got["session_length"].m == pytest.approx(1440)
    assert got["session_length"].d == 2
    assert (got["pages_per_session"].m, got["average_order_value"].d) == (2, 1)
    assert (got["search_to_purchase"].steps, got["average_order_value"].m) == ((1, 1, 1, 1), 12)
    assert last(view.id, "return_rate") == {}
    assert set(last(view.id, "click_ndcg", "new_returning")) == {
        (1, "control", "new"), (1, "treatment", "returning"),
    }  # fmt: skip
    assert set(last(view.id, "click_ndcg", "device")) == {
        (1, "control", "phone"), (1, "treatment", "(none)"),
    }  # fmt: skip


def test_a_unit_whose_events_went_meanwhile_stays_with_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    metric_make("spend", kind="mean", numerator=events_fact("purchase", value="value"))
    view = experiment_on_stage(metrics=[{"key": "spend", "role": "primary"}])
    rows_store(
        [
            exposure(1, "control", client_id="a"),
            exposure(2, "treatment", client_id="b"),
            Row("purchase", 3, client_id="b", value=7),
        ]
    )
    whole = totals_sql
    # As if everything of the first unit had been dropped after its exposures were read.
    monkeypatch.setattr(
        units,
        "totals_sql",
        lambda *arguments: f"SELECT * FROM ({whole(*arguments)}) z WHERE z.unit_id <> 1",
    )
    assert experiment_rollup(key=KEY, as_of=at(10)).changed == 2
    monkeypatch.undo()
    assert dict(Unit.objects.values_list("unit", "days")) == {
        "c:a": [],
        "c:b": [at(2).date()],
    }
    (day,) = {key.day for key in rollup_rows(experiment_id=view.id)}
    assert day == at(2).date()
