"""Subscribing, queueing each occasion once, delivering, failing, giving up."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from apps.access.models import AuditEntry
from apps.common.errors import InvalidInput, NotFound
from apps.experiments.contracts.reports import Occasion, SubscriptionView
from apps.experiments.contracts.results import ExperimentResults, HealthStatus
from apps.experiments.domain.analysis.documents import results_document
from apps.experiments.domain.report_signing import signature_valid
from apps.experiments.models import Analysis, ReportDelivery
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.reports import deliveries, subscriptions
from apps.experiments.services.report_delivery import DeliveryReport, reports_deliver
from apps.experiments.services.report_subscriptions import (
    report_secret_renew,
    report_subscription_create,
    report_subscription_edit,
    report_subscription_remove,
)
from apps.experiments.services.reports import report_started, reports_consider
from apps.jobs.contracts import JobContext, job_spec
from tests.experiments.factories import experiment_make, experiment_running, people
from tests.experiments.reports.made import NOW, results_made, srm_made
from tests.experiments.reports.receiver import receiver

pytestmark = pytest.mark.django_db
ALL = [each.value for each in Occasion]


def subscribed(target: str = "ana@shop.example", **more: Any) -> tuple[SubscriptionView, str]:
    channel = "webhook" if "://" in target else "email"
    asked: dict[str, Any] = {"occasions": ALL, "actor": people()[0], **more}
    return report_subscription_create(channel=channel, target=target, **asked)


def analysed(key: str, results: ExperimentResults) -> None:
    Analysis.objects.update_or_create(
        experiment_id=experiment_view(key).id,
        latest=True,
        defaults={
            "as_of": NOW, "computed_at": NOW, "action": "ship", "health": "ok",
            "document": results_document(results),
        },
    )  # fmt: skip


@pytest.fixture
def key() -> str:
    return experiment_running("weights-test", now=NOW - timedelta(days=3)).key


def mismatch(**more: Any) -> ExperimentResults:
    return results_made(health=(srm_made(HealthStatus.ALARM),), **more)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"target": "nobody"}, "target"),
        ({"channel": "webhook", "target": "http://shop.example/"}, "target"),
        ({"channel": "webhook", "target": "https://shop.example/" + "a" * 500}, "target"),
        ({"occasions": []}, "occasions"),
        ({"occasions": ["lunch"]}, "occasions"),
    ],
)
def test_a_subscription_that_could_not_be_told_is_refused(
    change: dict[str, Any], field: str
) -> None:
    asked = {"channel": "email", "target": "a@b.example", "occasions": ALL, "actor": None}
    with pytest.raises(InvalidInput) as refused:
        report_subscription_create(**{**asked, **change})
    assert refused.value.extra["field"] == field


def test_an_unknown_experiment_or_subscription_is_not_found(key: str) -> None:
    with pytest.raises(NotFound):
        subscribed(experiment="nothing")
    with pytest.raises(NotFound):
        report_subscription_edit(subscription_id=0, active=False, actor=None)
    with pytest.raises(NotFound):
        reports_consider(key="nothing")


def test_the_secret_is_shown_once_and_never_in_the_audit_trail() -> None:
    view, secret = subscribed("https://shop.example/hook")
    assert len(secret) == 64
    renewed = report_secret_renew(subscription_id=view.id, actor=None)
    assert renewed != secret
    told = json.dumps(list(AuditEntry.objects.values("before", "after", "action")), default=str)
    assert secret not in told
    assert renewed not in told
    assert "experiments.report_subscribed" in told
    mailed, nothing = subscribed()
    assert nothing == ""
    with pytest.raises(InvalidInput):
        report_secret_renew(subscription_id=mailed.id, actor=None)


def test_a_subscription_is_changed_and_removed() -> None:
    view, _ = subscribed()
    changed = report_subscription_edit(
        subscription_id=view.id, occasions=["srm", "started"], active=False, actor=None
    )
    assert (changed.occasions, changed.active) == ((Occasion.STARTED, Occasion.SRM), False)
    report_subscription_remove(subscription_id=view.id, actor=None)
    assert subscriptions() == ()


def test_every_occasion_is_queued_once_a_subscriber(key: str) -> None:
    mine, _ = subscribed(experiment=key)
    subscribed("eve@shop.example")
    subscribed("only@shop.example", occasions=["started"])
    off, _ = subscribed("off@shop.example")
    report_subscription_edit(subscription_id=off.id, active=False, actor=None)
    assert reports_consider(key=key, now=NOW) == 0
    analysed(key, mismatch())
    assert reports_consider(key=key, now=NOW) == 2
    assert reports_consider(key=key, now=NOW) == 0
    analysed(key, mismatch(salt_version=3, days_running=20.0))
    assert reports_consider(key=key, now=NOW) == 4
    assert len(deliveries(subscription_id=mine.id)) == 3
    assert len(deliveries(experiment=key)) == 6
    assert {view.target for view in subscriptions(experiment=key)} >= {"ana@shop.example"}
    assert subscriptions(experiment="other")[0].experiment == ""


def test_without_subscribers_nothing_is_read_or_queued(
    key: str, django_assert_num_queries: Any
) -> None:
    analysed(key, mismatch())
    with django_assert_num_queries(2):
        assert reports_consider(key=key) == 0


def test_a_start_tells_the_allocation() -> None:
    draft = experiment_make("later")
    assert report_started(key=draft.key, now=NOW) == 0
    subscribed(experiment=draft.key)
    assert report_started(key=draft.key, now=NOW) == 1
    (told,) = ReportDelivery.objects.all()
    assert told.payload["facts"] == {"weights": {"control": 0.5, "treatment": 0.5}}
    assert told.payload["experiment"]["url"].endswith("/experiments/later/")
    assert str(told) == "started of later"


def test_starting_tells_it() -> None:
    subscribed()
    experiment_running("weights-test")
    assert [row.occasion for row in deliveries(experiment="weights-test")] == [Occasion.STARTED]


def test_a_mail_says_what_happened(key: str) -> None:
    subscribed()
    analysed(key, mismatch())
    reports_consider(key=key, now=NOW)
    assert reports_deliver(now=NOW) == DeliveryReport(delivered=1)
    (sent,) = mail.outbox
    assert sent.to == ["ana@shop.example"]
    assert "52 % instead of 50 %." in sent.body
    (row,) = deliveries()
    assert (row.state, row.attempts, row.delivered_at) == ("delivered", 1, NOW)
    assert reports_deliver(now=NOW) == DeliveryReport()


def test_a_webhook_is_signed_and_verifies(key: str, settings: Any) -> None:
    settings.EXPERIMENT_WEBHOOK_PRIVATE = True
    with receiver() as hook:
        _, secret = subscribed(hook.url)
        analysed(key, mismatch())
        reports_consider(key=key, now=NOW)
        assert reports_deliver(now=NOW).delivered == 1
        (body,), (headers,) = hook.bodies, hook.headers
    signature = headers["Endcap-Signature"]
    assert signature_valid(secret, signature, body, now=NOW.timestamp())
    assert not signature_valid("another", signature, body, now=NOW.timestamp())
    document = json.loads(body)
    assert document["id"] == headers["Endcap-Delivery"]
    assert document["occasion"] == headers["Endcap-Occasion"] == "srm"
    assert document["experiment"]["key"] == key


def test_a_failure_is_tried_again_later_with_the_same_id(key: str, settings: Any) -> None:
    settings.EXPERIMENT_WEBHOOK_PRIVATE = True
    with receiver() as hook:
        hook.statuses = [500, 302]
        subscribed(hook.url)
        analysed(key, mismatch())
        reports_consider(key=key, now=NOW)
        assert reports_deliver(now=NOW) == DeliveryReport(failed=1)
        (row,) = deliveries()
        assert "answered 500: said" in row.last_error
        assert row.next_attempt_at == NOW + timedelta(seconds=30)
        assert reports_deliver(now=NOW + timedelta(seconds=29)) == DeliveryReport()
        assert reports_deliver(now=NOW + timedelta(seconds=30)) == DeliveryReport(failed=1)
        assert reports_deliver(now=NOW + timedelta(seconds=90)) == DeliveryReport(delivered=1)
        assert len({headers["Endcap-Delivery"] for headers in hook.headers}) == 1
        assert hook.bodies[0] == hook.bodies[2]
    (row,) = deliveries()
    assert (row.state, row.attempts, row.last_error) == ("delivered", 3, "")


def test_the_eighth_failure_is_the_last(key: str, settings: Any) -> None:
    settings.EXPERIMENT_WEBHOOK_PRIVATE = True
    with receiver() as hook:
        hook.statuses = [503] * 20
        subscribed(hook.url)
        analysed(key, mismatch())
        reports_consider(key=key, now=NOW)
        for hour in range(12):
            reports_deliver(now=NOW + timedelta(hours=hour))
        assert len(hook.bodies) == 8
    (row,) = deliveries()
    assert (row.state, row.attempts) == ("dead", 8)


def test_what_may_not_be_posted_to_is_given_up_at_once(key: str) -> None:
    subscribed("https://localhost/hook")
    analysed(key, mismatch())
    reports_consider(key=key, now=NOW)
    assert reports_deliver(now=NOW) == DeliveryReport(dead=1)
    assert "not a public address" in deliveries()[0].last_error


def test_a_subscription_that_was_switched_off_hears_nothing_more(key: str) -> None:
    view, _ = subscribed()
    analysed(key, mismatch())
    reports_consider(key=key, now=NOW)
    report_subscription_edit(subscription_id=view.id, active=False, actor=None)
    assert reports_deliver(now=NOW) == DeliveryReport(dead=1)
    assert mail.outbox == []


def test_a_worker_that_died_while_sending_is_followed_by_another(key: str) -> None:
    subscribed()
    analysed(key, mismatch())
    reports_consider(key=key, now=NOW)
    # Claimed, never noted: out of sight for five minutes, then due again.
    ReportDelivery.objects.update(attempts=1, next_attempt_at=NOW + timedelta(minutes=5))
    assert reports_deliver(now=NOW + timedelta(minutes=4)) == DeliveryReport()
    assert reports_deliver(now=NOW + timedelta(minutes=5)) == DeliveryReport(delivered=1)


def test_the_job_delivers_what_is_due(key: str) -> None:
    subscribed()
    analysed(key, mismatch())
    reports_consider(key=key, now=NOW - timedelta(days=3650))
    context = JobContext(
        run_id=1, job_name="experiments_reports", attempt=1, scheduled_for=NOW, as_of=NOW,
        params={}, progress=lambda *_: None, cancelled=lambda: False,
    )  # fmt: skip
    outcome = job_spec("experiments_reports").run(context)
    assert outcome == {"delivered": 1, "failed": 0, "dead": 0}
