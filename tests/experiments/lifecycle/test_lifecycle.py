from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.db import IntegrityError, transaction
from django.test import TestCase
from pytest_django import Settings

from apps.access.models import AuditEntry
from apps.common.errors import Conflict, Forbidden, InvalidInput
from apps.common.selectors import version_numbers
from apps.experiments.contracts.assignment import Status
from apps.experiments.models import ExperimentVersion
from apps.experiments.selectors.activity import activity
from apps.experiments.selectors.experiments import (
    experiment_view,
    proposal_view,
    serving_rows,
)
from apps.experiments.selectors.requirements import requirements
from apps.experiments.services.design import (
    experiment_approve,
    experiment_edit,
    experiment_reject,
    experiment_submit,
    experiment_withdraw,
)
from apps.experiments.services.lifecycle import (
    experiment_archive,
    experiment_complete,
    experiment_kill,
    experiment_pause,
    experiment_resume,
    experiment_start,
    experiment_status_set,
)
from tests.experiments.factories import (
    NOW,
    design_make,
    experiment_approved,
    experiment_make,
    experiment_running,
    people,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
KEY = "weights-test"
SAID: dict[str, Any] = {"key": KEY, "reason": "a test", "now": LATER}


def test_from_idea_to_archive() -> None:
    maker, checker = people()
    assert experiment_make().status is Status.DRAFT
    assert experiment_submit(key=KEY, actor=maker).status is Status.IN_REVIEW
    assert experiment_approve(key=KEY, actor=checker).approved
    running = experiment_start(key=KEY, actor=maker, reason="go", now=NOW)
    assert (running.status, running.started_at) == (Status.RUNNING, NOW)
    assert running.phase is not None
    assert (running.phase.number, running.phase.salt_version, running.phase.weights) == (
        1,
        1,
        (0.5, 0.5),
    )
    assert running.phase.salt.startswith(f"{KEY}:1:")
    assert experiment_pause(actor=maker, **SAID).status is Status.PAUSED
    resumed = experiment_resume(actor=maker, **SAID)
    assert (resumed.status, len(resumed.phases)) == (Status.RUNNING, 1)
    ended = experiment_complete(actor=maker, **SAID)
    assert (ended.status, ended.ended_at, ended.phase) == (Status.COMPLETED, LATER, None)
    assert experiment_archive(actor=maker, **SAID).status is Status.ARCHIVED
    assert serving_rows() == ()
    actions = [line.action for line in activity(KEY)]
    assert sorted(actions) == sorted(
        ["created", "submitted", "approved", "started", "paused", "resumed", "completed",
         "archived"]
    )  # fmt: skip


def test_every_step_is_audited_told_and_followed_by_every_worker() -> None:
    maker, _ = people()
    experiment_running()
    before = version_numbers()["experiments"]
    with structlog.testing.capture_logs() as logs, TestCase.captureOnCommitCallbacks(execute=True):
        experiment_kill(key=KEY, actor=maker, now=LATER)
    assert version_numbers()["experiments"] == before + 1
    (line,) = [each for each in logs if each["event"] == "experiment_transition"]
    assert (line["experiment_id"], line["action"], line["to_status"], line["actor"]) == (
        KEY,
        "killed",
        "paused",
        "mara",
    )
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.subject_id, entry.reason) == (
        "experiment.killed",
        KEY,
        "kill switch",
    )
    assert activity(KEY)[-1].action == "killed"


def test_a_start_lists_what_is_missing() -> None:
    maker, _ = people()
    experiment_make(hypothesis="")
    with pytest.raises(Conflict) as caught:
        experiment_submit(key=KEY, actor=maker)
    assert caught.value.code == "requirements_missing"
    assert [each["code"] for each in caught.value.extra["requirements"]] == ["hypothesis"]
    with pytest.raises(Conflict) as caught:
        experiment_start(key=KEY, actor=maker, reason="go")
    codes = [each["code"] for each in caught.value.extra["requirements"]]
    assert codes == ["hypothesis", "approved"]
    assert experiment_view(KEY).phases == ()
    assert [each.code for each in requirements(key=KEY, action="start") if not each.met] == codes


def test_the_maker_cannot_be_the_checker() -> None:
    maker, _ = people()
    experiment_make()
    experiment_submit(key=KEY, actor=maker)
    for actor in (maker, None):
        with pytest.raises(Forbidden) as caught:
            experiment_approve(key=KEY, actor=actor)
        assert caught.value.code == "maker_is_checker"
    with pytest.raises(IntegrityError), transaction.atomic():
        ExperimentVersion.objects.update(reviewed_by=maker)


def test_approving_twice_and_without_review() -> None:
    _, checker = people()
    experiment_approved()
    with pytest.raises(Conflict) as caught:
        experiment_approve(key=KEY, actor=checker)
    assert caught.value.code == "approved_already"
    experiment_make("other")
    with pytest.raises(Conflict):
        experiment_approve(key="other", actor=checker)


def test_where_nobody_reviews_a_draft_starts(settings: Settings) -> None:
    settings.EXPERIMENT_REVIEW_REQUIRED = False
    maker, _ = people()
    experiment_make()
    started = experiment_start(key=KEY, actor=maker, reason="go")
    assert started.status is Status.RUNNING
    assert [use.version for use in started.design.metrics] == [1]


def test_a_rejected_design_goes_on_as_its_author_s_draft() -> None:
    maker, checker = people()
    experiment_make()
    experiment_submit(key=KEY, actor=maker)
    with pytest.raises(InvalidInput):
        experiment_reject(key=KEY, actor=checker, reason=" ")
    rejected = experiment_reject(key=KEY, actor=checker, reason="Too bold.")
    assert rejected.status is Status.DRAFT
    proposal = proposal_view(KEY)
    assert proposal is not None
    assert (proposal.number, proposal.created_by, proposal.approved) == (2, "mara", False)
    assert activity(KEY)[-1].reason == "Too bold."


def test_who_edits_another_s_draft_becomes_its_author() -> None:
    maker, checker = people()
    experiment_make()
    experiment_edit(key=KEY, design=design_make(name="Mine now"), actor=checker)
    proposal = proposal_view(KEY)
    assert proposal is not None
    assert (proposal.created_by, proposal.design.name, proposal.number) == ("chris", "Mine now", 2)
    experiment_submit(key=KEY, actor=maker)
    with pytest.raises(Forbidden):
        experiment_approve(key=KEY, actor=checker)
    assert experiment_approve(key=KEY, actor=maker).approved


def test_what_is_under_review_is_not_edited() -> None:
    maker, _ = people()
    experiment_approved()
    with pytest.raises(Conflict):
        experiment_edit(key=KEY, design=design_make(), actor=maker)
    back = experiment_withdraw(key=KEY, actor=maker)
    assert (back.status, back.approved) == (Status.DRAFT, False)
    experiment_edit(key=KEY, design=design_make(name="Other"), actor=maker)
    (line,) = [each for each in activity(KEY) if each.action == "edited"]
    assert line.changes == {"name": ("A test of weights", "Other")}


@pytest.mark.parametrize("status", list(Status))
def test_a_status_that_no_step_leads_to(status: Status) -> None:
    experiment_make()
    maker, _ = people()
    if status in {Status.IN_REVIEW, Status.ARCHIVED}:
        view = experiment_status_set(key=KEY, status=status, actor=maker, reason="x")
        assert view.status is status
        return
    with pytest.raises(Conflict):
        experiment_status_set(key=KEY, status=status, actor=maker, reason="x")


def test_statuses_lead_through_the_same_steps() -> None:
    maker, checker = people()
    experiment_make()
    for status in ("in_review", "draft", "in_review"):
        experiment_status_set(key=KEY, status=status, actor=maker, reason="x")
    experiment_approve(key=KEY, actor=checker)
    for status in ("running", "paused", "running", "completed", "archived"):
        view = experiment_status_set(key=KEY, status=status, actor=maker, reason="x")
        assert view.status.value == status
    with pytest.raises(InvalidInput) as caught:
        experiment_status_set(key=KEY, status="gone", actor=maker, reason="x")
    assert caught.value.extra["field"] == "status"


@pytest.mark.parametrize("step", [experiment_pause, experiment_resume, experiment_complete])
def test_steps_that_do_not_fit_a_draft(step: Any) -> None:
    experiment_make()
    with pytest.raises(Conflict) as caught:
        step(actor=None, **SAID)
    assert caught.value.code == "status_refused"
    assert caught.value.extra["status"] == "draft"


def test_reasons_and_moments_are_wanted() -> None:
    maker, _ = people()
    experiment_running()
    with pytest.raises(InvalidInput) as caught:
        experiment_pause(key=KEY, actor=maker, reason=" ")
    assert caught.value.extra["field"] == "reason"
    with pytest.raises(InvalidInput):
        experiment_pause(key=KEY, actor=maker, reason="x", now=NOW.replace(tzinfo=None))
    with pytest.raises(InvalidInput):
        experiment_complete(key=KEY, actor=maker, reason="x", now=NOW - timedelta(days=1))


def test_what_waits_is_dropped_with_what_is_over() -> None:
    maker, _ = people()
    experiment_running()
    experiment_edit(key=KEY, design=design_make(coverage=0.5), actor=maker)
    experiment_submit(key=KEY, actor=maker)
    ended = experiment_complete(actor=None, **SAID)
    assert (ended.draft_version_id, proposal_view(KEY)) == (None, None)
    assert ExperimentVersion.objects.get(number=2).status == "rejected"
    experiment_make("given-up")
    archived = experiment_archive(key="given-up", actor=None, reason="No time.")
    assert archived.design.name == "A test of weights"
    assert proposal_view("given-up") is None
    assert not ExperimentVersion.objects.filter(status__in=["draft", "in_review"]).exists()
