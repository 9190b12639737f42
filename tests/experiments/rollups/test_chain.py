"""The minute's chain, its command and its job; and units that are no people."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from prometheus_client import REGISTRY

from apps.common.domain.uuid7 import uuid7_new
from apps.experiments.domain.rollups.days import OTHER, Group, group_kept
from apps.experiments.models import Analysis, Experiment
from apps.experiments.registration.jobs_rollups import rollups_run
from apps.experiments.selectors.rollups import (
    freshness,
    freshness_many,
    rollup_last_day,
    rollup_rows,
)
from apps.experiments.services.rollups.chain import rollups_refresh
from apps.experiments.services.rollups.run import experiment_rollup
from apps.jobs.contracts import JobContext
from tests.experiments.factories import experiment_running
from tests.experiments.rollups.scene import (
    KEY,
    START,
    Row,
    at,
    events_fact,
    experiment_on_stage,
    exposure,
    metric_make,
    rows_store,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _metrics(settings: Any) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = False
    posted = {"source": "conversions", "value": "value", "aggregation": "sum"}
    metric_make("goals", kind="mean", numerator=posted)
    metric_make(
        "phone", kind="mean", numerator=events_fact(
            "click", filters=[
                {"field": "attributes.device", "operator": "in", "value": ["phone", "tv"]},
                {"field": "attributes.n", "operator": "gte", "value": 2},
                {"field": "attributes.old", "operator": "exists", "value": False},
                {"field": "position", "operator": "lte", "value": 3},
                {"field": "currency", "operator": "ne", "value": "EUR"},
                {"field": "attributes.gift", "value": True},
            ],
        ),
    )  # fmt: skip
    metric_make("points", kind="mean", numerator=events_fact("click", value="attributes.n"))
    searched = {"source": "searches"}
    metric_make("searches", kind="mean", numerator=searched)
    distinct = {**searched, "value": "query", "aggregation": "distinct"}
    metric_make("words", kind="mean", numerator=distinct)


def uses(*keys: str) -> list[dict[str, str]]:
    roles = ["primary", *["secondary"] * (len(keys) - 1)]
    return [{"key": key, "role": role} for key, role in zip(keys, roles, strict=True)]


def sums(experiment_id: int, metric: str) -> tuple[float, float]:
    day = rollup_last_day(experiment_id=experiment_id)
    assert day is not None
    rows = rollup_rows(experiment_id=experiment_id, days=[day], metrics=[metric])
    (found,) = rows.values()
    return found.n, found.m


def aged() -> None:
    """As if everything stored so far had been committed long ago."""
    with connection.cursor() as cursor:
        for table in ("events_event", "events_querylog", "events_identity"):
            cursor.execute(f"UPDATE {table} SET stored_xid = 0")


@pytest.mark.parametrize("unit", ["session", "request"])
def test_sessions_and_requests_are_units_and_followed(unit: str) -> None:
    query = str(uuid7_new(at(1)))
    who: dict[str, Any] = {"client_id": "a", "session_id": "visit", "query_id": query}
    view = experiment_on_stage(
        metrics=uses("goals", "phone", "points", "searches", "words"), unit=unit,
        dimensions=["new_returning"],
    )  # fmt: skip
    gift = {"device": "phone", "n": 2, "gift": True}
    rows_store(
        [
            exposure(1, "control", **who),
            Row("answered", 1, **who),
            Row("click", 2, position=2, attributes=gift, **who),
            Row("click", 2, position=9, attributes={"n": True}, **who),
        ]
    )
    experiment_rollup(key=KEY, as_of=at(10))
    assert sums(view.id, "phone") == (1, 1)
    assert sums(view.id, "points") == (1, 3)
    assert (sums(view.id, "searches"), sums(view.id, "words")) == ((1, 1), (1, 1))
    aged()
    rows_store(
        [
            Row("conversion", 3, value=4, experiment=KEY, attributes={"metric": "goals"}, **who),
            Row("conversion", 3, value=9, experiment="other", attributes={"metric": "goals"},
                **who),
            Row("conversion", 3, value=9, attributes={"metric": "another"}, **who),
        ]
    )  # fmt: skip
    report = experiment_rollup(key=KEY, as_of=at(11))
    assert (report.full, report.changed) == (False, 1)
    assert sums(view.id, "goals") == (1, 4)
    full = experiment_rollup(key=KEY, as_of=at(11), full=True)
    assert (full.full, full.rows) == (True, 0), "nothing differs from what stood there"


def test_one_failure_does_not_sink_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.experiments.services.rollups import chain

    good = experiment_on_stage(metrics=uses("phone"))
    experiment_running("another", now=START)
    rows_store([exposure(1, "control", client_id="a")])

    def failing(*, key: str, **more: Any) -> Any:
        if key == "another":
            raise RuntimeError("of all things")
        return experiment_rollup(key=key, **more)

    monkeypatch.setattr(chain, "experiment_rollup", failing)
    report = rollups_refresh(as_of=at(10))
    assert (report.experiments, report.failed) == (2, ["another"])
    assert freshness(experiment_id=good.id).units == 1
    assert set(freshness_many([good.id])) == {good.id}
    assert Analysis.objects.filter(experiment_id=good.id, latest=True).exists()
    labels = {"experiment_id": KEY, "variant": "control", "metric_name": "phone"}
    assert REGISTRY.get_sample_value("experiment_metrics", labels) == 0.0


def test_the_job_tells_what_it_did_and_leaves_old_experiments_alone() -> None:
    view = experiment_on_stage(metrics=uses("phone"))
    rows_store([exposure(1, "control", client_id="a")])
    context = JobContext(
        run_id=1, job_name="experiments_rollup", attempt=1, scheduled_for=at(10), as_of=at(10),
        params={}, progress=lambda *_args: None, cancelled=lambda: False,
    )  # fmt: skip
    assert rollups_run(context)["units"] == 1
    assert freshness(experiment_id=-1).as_of is None
    Experiment.objects.filter(pk=view.id).update(status="completed", ended_at=at(11))
    assert rollups_refresh(as_of=at(24 * 30)).experiments == 0


def test_the_command_rolls_up_one_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    experiment_on_stage(metrics=uses("phone"))
    rows_store([exposure(1, "control", client_id="a")])
    moment = at(10).isoformat()
    call_command("experiments_rollup", "--key", KEY, "--as-of", moment)
    assert f"{KEY}: everything; 1 of 1 units" in capsys.readouterr().out
    call_command("experiments_rollup", "--as-of", moment)
    assert "1 experiments, 1 units computed again, 0 rows written" in capsys.readouterr().out
    for bad in (["--key", "none"], ["--as-of", "yesterday"]):
        with pytest.raises(CommandError):
            call_command("experiments_rollup", *bad)


def test_rare_values_of_a_dimension_are_reported_together() -> None:
    kept = {"device": frozenset({"phone"})}
    phone, tv = (Group(1, "control", "device", value) for value in ("phone", "tv"))
    assert group_kept(phone, kept) == phone
    assert group_kept(tv, kept).value == OTHER
