"""Few changed units are looked up one by one, and say the same as everything read at once."""

from typing import Any

import pytest

from apps.experiments.services.rollups.run import experiment_rollup
from tests.experiments.rollups.scene import KEY, Row, at, experiment_on_stage, exposure, rows_store
from tests.experiments.rollups.test_incremental import (
    QUERIES,
    everything,
    metrics_on_stage,
    roll,
    same,
)

pytestmark = pytest.mark.django_db


def test_few_units_are_looked_up_by_user_client_and_login(settings: Any) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = False
    view = experiment_on_stage(
        metrics=metrics_on_stage(), dimensions=["device", "new_returning"],
        plan={"cuped_days": 3, "covariates": ["ctr"]},
    )  # fmt: skip
    rows_store(
        [
            Row("view", -5, client_id="a", session_id="s0"),
            exposure(1, "control", client_id="a", session_id="s1"),
            exposure(1, "treatment", client_id="b", session_id="s2"),
            Row("answered", 1, client_id="a", session_id="s1", query_id=QUERIES[0]),
        ]
    )
    roll(30)
    rows_store(
        [
            Row("click", 2, client_id="a", session_id="s1", query_id=QUERIES[0], position=2),
            Row("purchase", 5, client_id="a", user_id="ada", session_id="s1", value=4),
        ]
    )
    report = experiment_rollup(key=KEY, as_of=at(40))
    assert (report.full, report.changed) == (False, 2), "the client, and the user it became"
    went_on = everything(view.id)
    experiment_rollup(key=KEY, as_of=at(40), full=True)
    same(went_on, everything(view.id))
