"""What a roll-up says of small streams that were counted by hand."""

from collections.abc import Iterable
from typing import Any

import pytest

from apps.experiments.contracts.rollups import RollupSums
from apps.experiments.models import Unit
from apps.experiments.selectors.rollups import (
    age_days,
    exposure_days,
    freshness,
    rollup_rows,
)
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


def shop(*rows: Row | Iterable[Row]) -> None:
    rows_store([row for row in rows if isinstance(row, Row)])


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


def test_ages_say_what_was_done_on_each_day_since_exposure() -> None:
    metric_make("spend", kind="mean", numerator=events_fact("purchase", value="value"))
    view = experiment_on_stage(metrics=uses("spend"))
    rows_store(
        [
            exposure(1, "control", client_id="a"),
            Row("purchase", 2, client_id="a", value=3),
            Row("purchase", 26, client_id="a", value=4),
            exposure(30, "control", client_id="b"),
        ]
    )
    experiment_rollup(key=KEY, as_of=at(70))
    ages = [(row.age, row.n, row.m, row.mm) for row in age_days(experiment_id=view.id)]
    assert ages == [(0, 2, 3, 9), (1, 1, 4, 16)]
