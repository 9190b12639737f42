"""Admin pages of runs and dead letters: read only, and operated through the services."""

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.common.errors import ApplicationError
from apps.jobs.contracts import JsonScalar, job_specs
from apps.jobs.models import DeadLetter, JobRun
from apps.jobs.selectors import job_lines
from apps.jobs.services import run_cancel, run_request, run_retry

OPERATE = "jobs.operate_jobrun"
STATUS_COLOURS = {
    "queued": "info",
    "running": "primary",
    "succeeded": "success",
    "failed": "warning",
    "cancelled": "default",
    "dead": "danger",
}


class TriggerForm(forms.Form):
    job_name = forms.ChoiceField(label="Job", widget=UnfoldAdminSelectWidget())
    params = forms.CharField(
        label="Parameters",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text='A JSON object of scalars, such as {"as_of": "2026-03-01"}.',
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(spec.name, f"{spec.title} ({spec.name})") for spec in job_specs()]
        self.fields["job_name"].choices = names  # type: ignore[attr-defined]  # a ChoiceField

    def clean_params(self) -> dict[str, JsonScalar]:
        text = self.cleaned_data["params"].strip()
        try:
            given = json.loads(text or "{}")
        except json.JSONDecodeError as error:
            raise forms.ValidationError(f"Not JSON: {error}") from error
        if not isinstance(given, dict):
            raise forms.ValidationError("Parameters are a JSON object.")
        return given


class _ReadOnlyAdmin(ModelAdmin):
    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest, _obj: Any = None) -> bool:
        return request.user.has_perm(OPERATE)

    def operated(self, request: HttpRequest, done: str, act: Callable[[], object]) -> None:
        """Do it, and say what came of it."""
        try:
            act()
        except ApplicationError as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, done)


@admin.register(JobRun)
class JobRunAdmin(_ReadOnlyAdmin):
    list_display = (
        "job_title", "scheduled_for", "status_label", "progress_text", "attempts", "duration",
        "error_reason", "coalesced",
    )  # fmt: skip
    list_filter = ("status", "job_name")
    search_fields = ("job_name", "error_reason", "error_message")
    date_hierarchy = "scheduled_for"
    list_per_page = 50
    actions_list = ("trigger",)  # type: ignore[assignment]  # unfold annotates its empty default
    actions = ("retry_selected", "cancel_selected")

    @display(description="Job", ordering="job_name")
    def job_title(self, run: JobRun) -> str:
        """What the job calls itself; a job that is gone keeps its name."""
        titles = {spec.name: spec.title for spec in job_specs()}
        return titles.get(run.job_name, run.job_name)

    @display(description="Status", label=STATUS_COLOURS)
    def status_label(self, run: JobRun) -> str:
        return run.status

    @display(description="Progress")
    def progress_text(self, run: JobRun) -> str:
        if not run.progress_total:
            return run.progress_message
        share = 100 * run.progress_done // run.progress_total
        return f"{share} % {run.progress_message}".strip()

    @display(description="Took")
    def duration(self, run: JobRun) -> str:
        if run.started_at is None or run.finished_at is None:
            return ""
        return f"{(run.finished_at - run.started_at).total_seconds():.1f} s"

    @action(  # type: ignore[operator]  # unfold says that its decorator returns no decorator
        description="Run a job", url_path="trigger", permissions=["operate"], icon="play_arrow"
    )
    def trigger(self, request: HttpRequest) -> HttpResponse:
        """The registered jobs, how each went last, and a form that queues a run."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        form = TriggerForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            asked = dict(form.cleaned_data, actor=request.user)
            self.operated(request, "The run is queued.", lambda: run_request(**asked))
            return HttpResponseRedirect(reverse("admin:jobs_jobrun_changelist"))
        return self._trigger_page(request, form)

    def _trigger_page(self, request: HttpRequest, form: TriggerForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Run a job",
            "form": form,
            "lines": job_lines(),
        }
        return TemplateResponse(request, "admin/jobs/trigger.html", context)

    @admin.action(description="Retry", permissions=["operate"])
    def retry_selected(self, request: HttpRequest, runs: Any) -> None:
        for run in runs:
            self.operated(request, f"{run.job_name} is queued again.", _retry(run.pk, request))

    @admin.action(description="Cancel", permissions=["operate"])
    def cancel_selected(self, request: HttpRequest, runs: Any) -> None:
        for run in runs:
            self.operated(
                request, f"{run.job_name}: cancellation asked for.", _cancel(run.pk, request)
            )


@admin.register(DeadLetter)
class DeadLetterAdmin(_ReadOnlyAdmin):
    list_display = ("job_name", "dead_at", "attempts", "error_reason", "error_short", "retried_at")
    list_filter = ("job_name", "error_reason", ("retried_at", admin.EmptyFieldListFilter))
    search_fields = ("job_name", "error_reason", "error_message", "traceback")
    actions = ("retry_selected",)

    @display(description="Error")
    def error_short(self, letter: DeadLetter) -> str:
        return letter.error_message[:120]

    @admin.action(description="Retry", permissions=["operate"])
    def retry_selected(self, request: HttpRequest, letters: Any) -> None:
        for letter in letters:
            self.operated(
                request, f"{letter.job_name} is queued again.", _retry(letter.run_id, request)
            )


def _retry(run_id: int, request: HttpRequest) -> Callable[[], None]:
    return lambda: run_retry(run_id=run_id, actor=request.user)


def _cancel(run_id: int, request: HttpRequest) -> Callable[[], None]:
    return lambda: run_cancel(run_id=run_id, actor=request.user)
