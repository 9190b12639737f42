import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.access.models import AuditEntry, User
from apps.jobs.admin_schedules import every_in_words
from apps.jobs.contracts import JobContext, JobOutcome
from apps.jobs.models import DeadLetter, JobRun
from apps.jobs.services import run_execute, run_request, schedules_ensure
from tests.jobs.conftest import Register

pytestmark = pytest.mark.django_db
RUNS = "admin:jobs_jobrun_changelist"
TRIGGER = "admin:jobs_jobrun_trigger"


def _works(_context: JobContext) -> JobOutcome:
    return {"rows": 1}


def _fails(_context: JobContext) -> JobOutcome:
    raise ValueError("no")


@pytest.fixture
def operator(client: Client) -> User:
    person = User.objects.create_user("operator", is_staff=True)
    person.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=["jobs", "django_celery_beat"])
    )
    client.force_login(person)
    return person


def test_a_run_is_triggered_with_parameters(
    register: Register, client: Client, operator: User
) -> None:
    register(_works)
    page = client.get(reverse(TRIGGER))
    assert page.status_code == 200
    assert b"test_job" in page.content
    asked = {"job_name": "test_job", "params": '{"shop": "a"}'}
    assert client.post(reverse(TRIGGER), asked).status_code == 302
    run = JobRun.objects.get()
    assert (run.params, run.requested_by) == ({"shop": "a"}, operator)
    assert AuditEntry.objects.get(action="job_run.request").actor == operator
    listing = client.get(reverse(RUNS))
    assert listing.status_code == 200
    assert b"queued" in listing.content


@pytest.mark.parametrize("params", ["[1]", "{", '{"list": [1]}'])
def test_odd_parameters_are_refused_with_a_message(
    register: Register, client: Client, operator: User, params: str
) -> None:
    register(_works)
    client.post(reverse(TRIGGER), {"job_name": "test_job", "params": params}, follow=True)
    assert not JobRun.objects.exists()


def test_runs_are_cancelled_and_retried(
    register: Register, client: Client, operator: User
) -> None:
    register(_works)
    run_id = run_request(job_name="test_job")
    for action, status in (
        ("cancel_selected", "cancelled"),
        ("retry_selected", "queued"),
    ):
        client.post(reverse(RUNS), {"action": action, "_selected_action": [run_id]})
        assert JobRun.objects.get(pk=run_id).status == status
    run_execute(run_id=run_id)
    page = client.post(
        reverse(RUNS), {"action": "cancel_selected", "_selected_action": [run_id]}, follow=True
    )
    assert b"This run is succeeded." in page.content
    assert client.get(reverse("admin:jobs_jobrun_change", args=[run_id])).status_code == 200


def test_a_dead_letter_is_seen_and_retried(
    register: Register, client: Client, operator: User
) -> None:
    register(_fails, max_attempts=1)
    run_id = run_request(job_name="test_job")
    run_execute(run_id=run_id)
    letters = reverse("admin:jobs_deadletter_changelist")
    assert b"ValueError" in client.get(letters).content
    letter = DeadLetter.objects.get()
    page = client.get(reverse("admin:jobs_deadletter_change", args=[letter.pk]))
    assert b"Traceback" in page.content
    client.post(letters, {"action": "retry_selected", "_selected_action": [letter.pk]})
    letter.refresh_from_db()
    assert letter.retried_by == operator
    assert JobRun.objects.get(pk=run_id).status == "queued"


def test_whoever_may_only_look_cannot_operate(register: Register, client: Client) -> None:
    register(_works)
    person = User.objects.create_user("analyst", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename="view_jobrun"))
    client.force_login(person)
    assert client.get(reverse(RUNS)).status_code == 200
    assert client.get(reverse(TRIGGER)).status_code == 403
    run_id = run_request(job_name="test_job")
    client.post(reverse(RUNS), {"action": "cancel_selected", "_selected_action": [run_id]})
    assert JobRun.objects.get(pk=run_id).status == "queued"


def test_a_running_run_shows_how_far_it_is(client: Client, operator: User) -> None:
    now = timezone.now()
    JobRun.objects.create(
        job_name="import",
        scheduled_for=now,
        status="running",
        started_at=now,
        finished_at=now,
        progress_done=1,
        progress_total=4,
        progress_message="lines",
    )
    page = client.get(reverse(RUNS))
    assert b"25 % lines" in page.content
    assert b"0.0 s" in page.content


def test_a_schedule_is_edited_audited_and_never_overwritten(
    register: Register, client: Client, operator: User
) -> None:
    register(_works, every_s=30)
    schedules_ensure()
    task = PeriodicTask.objects.get(name="job: test_job")
    url = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
    assert client.get(url).status_code == 200
    every_minute, _ = IntervalSchedule.objects.get_or_create(every=60, period="seconds")
    asked = {
        "name": task.name,
        "job_name": "test_job",
        "enabled": "",
        "interval": every_minute.pk,
        "expire_seconds": 60,
    }
    assert client.post(url, asked).status_code == 302
    task.refresh_from_db()
    assert (task.enabled, task.interval, task.args) == (False, every_minute, '["test_job"]')
    entry = AuditEntry.objects.get(action="schedule.update")
    assert (entry.before or {})["enabled"] is True
    assert (entry.after or {})["enabled"] is False
    assert schedules_ensure() == 0
    task.refresh_from_db()
    assert task.enabled is False


def test_a_second_schedule_is_added_and_deleted(
    register: Register, client: Client, operator: User
) -> None:
    register(_works)
    hourly, _ = IntervalSchedule.objects.get_or_create(every=1, period="hours")
    add = reverse("admin:django_celery_beat_periodictask_add")
    asked = {"name": "mine", "job_name": "test_job", "enabled": "on", "interval": hourly.pk}
    assert client.post(add, asked).status_code == 302
    task = PeriodicTask.objects.get(name="mine")
    assert (task.task, task.args) == ("jobs.tick", '["test_job"]')
    listing = client.get(reverse("admin:django_celery_beat_periodictask_changelist"))
    assert b"mine" in listing.content
    delete = reverse("admin:django_celery_beat_periodictask_delete", args=[task.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    actions = AuditEntry.objects.filter(action__startswith="schedule.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "schedule.create",
        "schedule.delete",
    ]


def test_a_schedule_without_an_interval_or_crontab_is_refused(
    register: Register, client: Client, operator: User
) -> None:
    register(_works)
    add = reverse("admin:django_celery_beat_periodictask_add")
    asked = {"name": "mine", "job_name": "test_job", "enabled": "on"}
    assert client.post(add, asked).status_code == 200
    assert not PeriodicTask.objects.filter(name="mine").exists()


@pytest.mark.parametrize("model", ["intervalschedule", "crontabschedule"])
def test_intervals_and_crontabs_have_pages(client: Client, operator: User, model: str) -> None:
    assert client.get(reverse(f"admin:django_celery_beat_{model}_changelist")).status_code == 200


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "every second"),
        (2, "every 2 seconds"),
        (60, "every minute"),
        (90, "every 90 seconds"),
        (300, "every 5 minutes"),
        (3_600, "every hour"),
        (86_400, "every day"),
        (172_800, "every 2 days"),
    ],
)
def test_intervals_read_in_their_largest_whole_unit(seconds: int, words: str) -> None:
    assert every_in_words(seconds) == words


def test_schedules_name_jobs_by_their_titles(client: Client, operator: User) -> None:
    schedules_ensure()
    listing = client.get(reverse("admin:django_celery_beat_periodictask_changelist"))
    page = listing.content.decode()
    assert "Sweep lost runs" in page
    assert "every minute" in page


def test_intervals_and_crontabs_leave_a_trace(client: Client, operator: User) -> None:
    url = reverse("admin:django_celery_beat_intervalschedule_add")
    assert client.post(url, {"every": 7, "period": "hours"}).status_code == 302
    interval = IntervalSchedule.objects.get(every=7)
    edit = reverse("admin:django_celery_beat_intervalschedule_change", args=[interval.pk])
    assert client.post(edit, {"every": 8, "period": "hours"}).status_code == 302
    rows = AuditEntry.objects.filter(subject_type="django_celery_beat.intervalschedule")
    assert [row.action for row in rows.order_by("pk")] == [
        "intervalschedule.add", "intervalschedule.change",
    ]  # fmt: skip
    changed = rows.get(action="intervalschedule.change")
    assert (changed.actor, changed.before, changed.after) == (operator, {"every": 7}, {"every": 8})
    crontab = {
        "minute": "5", "hour": "4", "day_of_month": "*", "month_of_year": "*",
        "day_of_week": "*", "timezone": "UTC",
    }  # fmt: skip
    url = reverse("admin:django_celery_beat_crontabschedule_add")
    assert client.post(url, crontab).status_code == 302
    assert AuditEntry.objects.filter(action="crontabschedule.add", actor=operator).exists()
