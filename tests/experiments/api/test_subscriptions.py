"""Report subscriptions over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.access.models import AuditEntry
from apps.experiments.models import Experiment, ReportDelivery, ReportSubscription
from tests.experiments.api.conftest import Send
from tests.experiments.factories import experiment_running

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/experiment-reports"
HOOK = {"channel": "webhook", "target": "https://93.184.216.34/hook", "occasions": ["srm"]}
MAIL = {"channel": "email", "target": "ana@shop.example", "occasions": ["started", "srm"]}


def test_a_webhook_from_subscribing_to_leaving(api: Send) -> None:
    made = api("post", ROOT, HOOK, **{"Idempotency-Key": "one"})
    assert made.status_code == 201, made.content
    body = made.json()
    row = ReportSubscription.objects.get()
    assert (body["secret_once"], body["experiment"], body["active"]) == (row.secret, None, True)
    again = api("post", ROOT, HOOK, **{"Idempotency-Key": "one"})
    assert (again.json(), ReportSubscription.objects.count()) == (body, 1)
    one = f"{ROOT}/{body['id']}"
    assert "secret_once" not in api("get", one).json()
    changed = api("patch", one, {"occasions": ["started", "srm"], "active": False}).json()
    assert (changed["occasions"], changed["active"]) == (["started", "srm"], False)
    assert api("patch", one, {"active": True}).json()["occasions"] == ["started", "srm"]
    renewed = api("post", f"{one}/secret").json()["secret_once"]
    row.refresh_from_db()
    assert renewed == row.secret != body["secret_once"]
    assert api("delete", one).status_code == 204
    assert api("get", one).status_code == 404
    assert AuditEntry.objects.filter(action="experiments.report_unsubscribed").exists()


def test_who_hears_of_one_experiment(api: Send) -> None:
    key = experiment_running().key
    mail = api("post", ROOT, {**MAIL, "experiment": key}).json()
    assert (mail["experiment"], mail["secret_once"]) == (key, None)
    api("post", ROOT, HOOK)
    assert len(api("get", f"{ROOT}?experiment={key}").json()["results"]) == 2
    assert len(api("get", f"{ROOT}?experiment=other").json()["results"]) == 1
    now = timezone.now()
    ReportDelivery.objects.create(
        subscription_id=mail["id"], experiment=Experiment.objects.get(key=key), occasion="srm",
        occasion_key="srm:1", payload={}, next_attempt_at=now + timedelta(hours=1),
    )  # fmt: skip
    sent = f"{ROOT}/deliveries"
    (line,) = api("get", f"{sent}?subscription={mail['id']}&experiment={key}&limit=5").json()[
        "results"
    ]
    assert (line["experiment"], line["state"], line["occasion"]) == (key, "pending", "srm")
    assert api("get", f"{sent}?experiment=other").json()["results"] == []
    for wrong in ("limit=0", "limit=x", "subscription=-1", "nothing=1"):
        assert api("get", f"{sent}?{wrong}").status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "occasions"),
        ({**HOOK, "occasions": "srm"}, "occasions"),
        ({**HOOK, "occasions": [3]}, "occasions"),
        ({**HOOK, "occasions": []}, "occasions"),
        ({**HOOK, "channel": "pigeon"}, "channel"),
        ({**HOOK, "target": "http://127.0.0.1/"}, "target"),
        ({**MAIL, "target": "nobody"}, "target"),
        ({**MAIL, "secret": "mine"}, "secret"),
    ],
)
def test_a_bad_subscription_names_the_field(api: Send, body: Any, field: str) -> None:
    answer = api("post", ROOT, body)
    assert (answer.status_code, answer.json()["extra"]["field"]) == (400, field)
    assert not ReportSubscription.objects.exists()


def test_what_admin_refuses_is_refused(api: Send, maker: Send, analyst: Send) -> None:
    one = f"{ROOT}/{api('post', ROOT, MAIL).json()['id']}"
    assert api("post", f"{one}/secret").json()["extra"]["field"] == "channel"
    assert api("post", ROOT, {**MAIL, "experiment": "none"}).status_code == 404
    assert analyst("get", ROOT).status_code == 200
    assert analyst("post", ROOT, MAIL).status_code == 403
    assert analyst("patch", one, {"active": False}).status_code == 403
    assert maker("patch", one, {"active": False}).status_code == 200
    assert maker("delete", one).json()["extra"]["required_permission"] == (
        "experiments.delete_reportsubscription"
    )
