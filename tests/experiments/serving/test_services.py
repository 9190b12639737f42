from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError
from django.utils import timezone

from apps.common.errors import Unavailable
from apps.events.models import Event
from apps.events.services.buffer import buffer_drain
from apps.experiments.contracts.assignment import Reason
from apps.experiments.contracts.serving import ServingRows
from apps.experiments.domain.serving.plans import ServingPlans
from apps.experiments.services import conversions, flag_evaluation, sdk_payload
from apps.experiments.services.assign import assignments_for
from apps.experiments.services.exposures import exposure_event, exposures_log
from apps.experiments.services.flag_evaluation import FlagRequest, flag_evaluate
from apps.experiments.services.qa_tokens import qa_link_make
from tests.experiments.factories import experiment_running
from tests.experiments.serving.conftest import Call

pytestmark = pytest.mark.django_db
WHO: dict[str, Any] = {"user_id": None, "client_id": "c1", "session_id": "s1", "query_id": "q1"}


def test_exposures_of_an_answer_reach_postgresql_once() -> None:
    now = timezone.now()
    experiment_running(now=now - timedelta(minutes=1))
    experiment_running("left-out", now=now - timedelta(minutes=1), coverage=0.0001)
    served = assignments_for(surface="search", attributes={"client_id": "c1"}, as_of=now)
    assert [each.assignment.reason for each in served] == [Reason.COVERAGE, Reason.SPLIT]
    events = [
        exposure_event(served=each, occurred_at=now, attributes={"category": "audio"}, **WHO)
        for each in served
    ]
    left_out, exposed = events
    assert left_out is None
    assert exposed is not None
    assert exposed.attributes == {"category": "audio", "phase": 1}
    assert exposed == exposure_event(
        served=served[1], occurred_at=now, attributes={"category": "audio"}, **WHO
    )
    assert exposures_log([])
    assert exposures_log([exposed])
    assert exposures_log([exposed])
    buffer_drain()
    stored = Event.objects.get()
    assert (stored.experiment, stored.variant, stored.query_id) == (
        "weights-test",
        served[1].assignment.variant,
        "q1",
    )


def test_an_old_qa_link_shows_a_shopper_the_shop_as_it_is() -> None:
    now = timezone.now()
    experiment_running(now=now - timedelta(days=3))
    link = qa_link_make(key="weights-test", variant="treatment", hours=1, actor=None, now=now)
    for moment, reason in ((now, Reason.OVERRIDE), (now + timedelta(hours=2), Reason.SPLIT)):
        (served,) = assignments_for(
            surface="search", attributes={"client_id": "c1"}, as_of=moment, qa=link.token
        )
        assert served.assignment.reason is reason
        event = exposure_event(served=served, occurred_at=moment, **WHO)
        assert (event is None) is (reason is Reason.OVERRIDE)


def test_nothing_is_pretended_before_the_first_load(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = ServingPlans(ServingRows(complete=False))
    monkeypatch.setattr(flag_evaluation, "serving_plans", lambda: empty)
    monkeypatch.setattr(sdk_payload, "serving_plans", lambda: empty)
    now = timezone.now()
    with pytest.raises(Unavailable):
        flag_evaluate(key="f", request=FlagRequest({}, now))
    with pytest.raises(Unavailable):
        sdk_payload.sdk_payload(as_of=now)


def test_what_the_database_refuses_is_the_callers_to_mend(
    post: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_arguments: object) -> None:
        raise DataError("no")

    monkeypatch.setattr(conversions, "events_ingest", refuse)
    experiment_running(now=timezone.now())
    body = {"experiment": "weights-test", "unit": "c1", "metric": "m"}
    assert post("/api/v1/experiments/conversions", body).status_code == 400
