"""Admin pages of the schedules, in place of django-celery-beat's own."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.access.admin_audit import AuditedModelAdmin
from apps.access.services import audit_record
from apps.jobs.contracts import job_specs
from apps.jobs.schedules import TICK_TASK

for _model in (PeriodicTask, IntervalSchedule, CrontabSchedule, ClockedSchedule, SolarSchedule):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A schedule of a registered job: an interval or a crontab."""

    job_name = forms.ChoiceField(label="Job", widget=UnfoldAdminSelectWidget())

    class Meta:
        model = PeriodicTask
        fields = (
            "name",
            "job_name",
            "enabled",
            "interval",
            "crontab",
            "expire_seconds",
            "description",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(spec.name, f"{spec.title} ({spec.name})") for spec in job_specs()]
        if "job_name" in self.fields:
            self.fields["job_name"].choices = names  # type: ignore[attr-defined]  # a ChoiceField
            self.fields["job_name"].initial = job_of(self.instance)

    def _post_clean(self) -> None:
        # Before the model's own validation, which wants a task.
        self.instance.task = TICK_TASK
        if job_name := self.cleaned_data.get("job_name"):
            self.instance.args = json.dumps([job_name])
        super()._post_clean()  # type: ignore[misc]  # Django's hook, left out of its stubs


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ModelAdmin):
    form = ScheduleForm
    list_display = ("name", "job_label", "enabled", "when_label", "last_run_at")
    list_filter = ("enabled",)
    list_editable = ("enabled",)
    list_select_related = ("interval", "crontab", "solar", "clocked")
    search_fields = ("name", "args", "description")
    readonly_fields = ("last_run_at", "total_run_count")
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(task=TICK_TASK)

    @display(description="Job")
    def job_label(self, task: PeriodicTask) -> str:
        titles = {spec.name: spec.title for spec in job_specs()}
        return titles.get(job_of(task), job_of(task))

    @display(description="When")
    def when_label(self, task: PeriodicTask) -> str:
        if task.interval is None:
            return str(task.crontab or "never")
        seconds = task.interval.schedule.run_every.total_seconds()
        return every_in_words(round(seconds))

    @transaction.atomic
    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        before = state_of(PeriodicTask.objects.get(pk=obj.pk)) if change else None
        super().save_model(request, obj, form, change)
        _audit(request, "schedule.update" if change else "schedule.create", obj, before)

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Gone until the next migrate, which makes a default schedule again: better disable."""
        _audit(request, "schedule.delete", obj, state_of(obj))
        super().delete_model(request, obj)


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(AuditedModelAdmin):
    list_display = ("__str__", "every", "period")

    def get_model_perms(self, _request: HttpRequest) -> dict[str, bool]:
        return {}  # opened from a schedule's form, not from the sidebar


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(AuditedModelAdmin):
    list_display = (
        "__str__", "minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone",
    )  # fmt: skip

    def get_model_perms(self, _request: HttpRequest) -> dict[str, bool]:
        return {}


def every_in_words(seconds: int) -> str:
    """An interval in its largest whole unit: 3600 is `every hour`, 90 `every 90 seconds`."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            count = seconds // length
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    return f"every {seconds} seconds" if seconds != 1 else "every second"


def job_of(task: PeriodicTask) -> str:
    """The job that a schedule's tick names; empty when its arguments are something else."""
    try:
        given = json.loads(task.args or "[]")
    except json.JSONDecodeError:
        return ""
    return str(given[0]) if isinstance(given, list) and given else ""


def state_of(task: Any) -> dict[str, object]:
    """What an audit row shows of a schedule."""
    return {
        "name": task.name,
        "job_name": job_of(task),
        "enabled": task.enabled,
        "interval": str(task.interval or ""),
        "crontab": str(task.crontab or ""),
        "expire_seconds": task.expire_seconds,
    }


def _audit(
    request: HttpRequest, action: str, task: Model, before: dict[str, object] | None
) -> None:
    audit_record(
        actor=request.user,
        action=action,
        subject_type="jobs.schedule",
        subject_id=str(task.pk),
        before=before,
        after=None if action == "schedule.delete" else state_of(task),
    )
