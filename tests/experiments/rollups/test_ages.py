"""What units did on each day since their first exposure: what novelty is read from."""

from typing import Any

import pytest

from apps.experiments.selectors.rollups import age_days
from apps.experiments.services.rollups.run import experiment_rollup
from tests.experiments.rollups.scene import (
    KEY,
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
def _one_person(settings: Any) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = False


def test_ages_say_what_was_done_on_each_day_since_exposure() -> None:
    metric_make("spend", kind="mean", numerator=events_fact("purchase", value="value"))
    view = experiment_on_stage(metrics=[{"key": "spend", "role": "primary"}])
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


def test_a_capped_metric_is_capped_on_each_day_since_exposure() -> None:
    metric_make(
        "spend", kind="mean", numerator=events_fact("purchase", value="value"), cap_value=3.5
    )
    view = experiment_on_stage(metrics=[{"key": "spend", "role": "primary"}])
    rows_store([exposure(1, "control", client_id="a"), Row("purchase", 2, client_id="a", value=9)])
    experiment_rollup(key=KEY, as_of=at(30))
    ages = [(row.age, row.n, row.m, row.mm) for row in age_days(experiment_id=view.id)]
    assert ages[0] == (0, 1, 3.5, 12.25)
