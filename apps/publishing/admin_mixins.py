"""Admin pages of a kind: versions, what differs, and the steps from draft to live.

    @admin.register(WeightSetVersion)
    class WeightSetVersionAdmin(PublishableVersionAdmin):
        publish_kind = "ranking_weights"
        form = WeightSetForm

A kind brings its form; everything else is here. Its change form shows the bar of steps by
itself (`admin/publishing/bar.html`).
"""

from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth import get_permission_codename
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.common.errors import ApplicationError, NotFound
from apps.publishing.admin_steps import Step, StepForm, steps_for
from apps.publishing.bases import PublishableVersion
from apps.publishing.contracts import (
    FieldChange,
    Finding,
    VersionStatus,
    VersionView,
    preview_url_name,
)
from apps.publishing.selectors import (
    live_version,
    subject_versions,
    version_numbered,
    version_view,
)
from apps.publishing.services import (
    draft_create,
    draft_update,
    version_diff,
    version_findings,
)

STATUS_COLOURS = {
    "draft": "info",
    "in review": "warning",
    "approved": "primary",
    "published": "success",
    "superseded": "default",
    "rejected": "danger",
}
_LISTED_VERSIONS = 20


class PublishableVersionAdmin(ModelAdmin):
    """Drafts are edited by their authors; everything else is a step with its own page."""

    publish_kind: ClassVar[str] = ""
    list_display = (
        "subject", "number", "status_label", "created_by", "published_at", "published_by",
        "reason",
    )  # fmt: skip
    list_filter = ("status",)
    list_select_related = ("created_by", "reviewed_by", "published_by")
    search_fields = ("subject", "reason")
    actions = None
    change_form_outer_before_template = "admin/publishing/bar.html"  # type: ignore[assignment]  # unfold annotates its empty default

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # a version is discarded, and stays

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        if not allowed or not isinstance(obj, PublishableVersion):
            return allowed
        mine = obj.created_by_id in {None, request.user.pk}
        return obj.status == VersionStatus.DRAFT and mine

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "subject") if obj else fixed

    @display(description="Status", label=STATUS_COLOURS)
    def status_label(self, row: PublishableVersion) -> str:
        if row.status == VersionStatus.IN_REVIEW and row.reviewed_at is not None:
            return "approved"
        return row.status.replace("_", " ")

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        del form
        if not isinstance(obj, PublishableVersion):
            raise TypeError(type(obj))
        kind, content = self.publish_kind, obj.content()
        if change:
            draft_update(kind=kind, version_id=obj.pk, content=content, actor=request.user)
        else:
            made = draft_create(
                kind=kind, subject=obj.subject, content=content, actor=request.user
            )
            obj.pk = made.id
        obj.refresh_from_db()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form, with the steps of its version; a refusal of a service becomes a message."""
        context = {**(extra_context or {}), "publishing": self._bar(request, object_id)}
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except ApplicationError as refused:
            messages.error(request, refused.message)
            return HttpResponseRedirect(request.get_full_path())

    def place_title(self, path: str) -> str:
        """What a place in the content (`weights.cf_score`) is called; kinds may say it better."""
        return path

    def get_urls(self) -> list[URLPattern]:
        ours = [
            path(
                "<int:version_id>/step/<slug:name>/",
                self.admin_site.admin_view(self.step_view),
                name=self._url_name("step"),
            ),
            path(
                "<int:version_id>/diff/",
                self.admin_site.admin_view(self.diff_view),
                name=self._url_name("diff"),
            ),
        ]
        urls: list[URLPattern] = super().get_urls()
        return ours + urls

    def step_view(self, request: HttpRequest, version_id: int, name: str) -> HttpResponse:
        """One step: what it would change, what the checks say, a reason, a button."""
        version = self._version(request, version_id)
        step = next((one for one in self._steps(request, version) if one.name == name), None)
        if step is None:
            messages.error(request, f"Version {version.number} is {version.status} now.")
            return HttpResponseRedirect(self._change_url(version_id))
        findings = self._findings(version, step)
        form = StepForm(request.POST if request.method == "POST" else None, step, findings)
        taken = self._taken(request, version, step, form)
        return taken or self._step_page(request, version, step, form=form, findings=findings)

    def diff_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        """What differs between a version and another (`?with=`), the live one by default."""
        version = self._version(request, version_id)
        other = self._other(version, request.GET.get("with", ""))
        others = subject_versions(
            kind=self.publish_kind, subject=version.subject, limit=_LISTED_VERSIONS
        )
        return self._page(
            request,
            "diff",
            version,
            title=f"What differs: {version.subject}",
            other=other,
            others=[one for one in others if one.id != version.id],
            changes=self._changes(other, version),
        )

    def _taken(
        self, request: HttpRequest, version: VersionView, step: Step, form: StepForm
    ) -> HttpResponse | None:
        if request.method != "POST" or not form.is_valid():
            return None
        try:
            after = step.act(version, request.user, form.asked())
        except ApplicationError as refused:
            form.add_error(None, refused.message)
            return None
        messages.success(request, f"Version {after.number} of {after.subject}: {after.status}.")
        return HttpResponseRedirect(self._change_url(after.id))

    def _step_page(
        self,
        request: HttpRequest,
        version: VersionView,
        step: Step,
        *,
        form: StepForm,
        findings: tuple[Finding, ...],
    ) -> HttpResponse:
        live = live_version(kind=self.publish_kind, subject=version.subject)
        return self._page(
            request,
            "step",
            version,
            title=f"{step.title}: {version.subject} version {version.number}",
            step=step,
            form=form,
            findings=findings,
            other=live,
            changes=self._changes(live, version),
        )

    def _changes(self, other: VersionView | None, version: VersionView) -> tuple[FieldChange, ...]:
        if other is None or other.id == version.id:
            return ()
        return tuple(
            replace(change, path=self.place_title(change.path))
            for change in version_diff(other, version)
        )

    def _page(
        self, request: HttpRequest, name: str, version: VersionView, **context: Any
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/publishing/{name}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "version": version,
                "change_url": self._change_url(version.id),
                **context,
            },
        )

    def _bar(self, request: HttpRequest, object_id: str | None) -> dict[str, Any] | None:
        if object_id is None or not object_id.isdigit():
            return None
        try:
            version = self._version(request, int(object_id))
        except Http404:
            return None  # Django's own page says so, with a message
        steps = [
            (step, reverse(f"admin:{self._url_name('step')}", args=(version.id, step.name)))
            for step in self._steps(request, version)
        ]
        diff_url = reverse(f"admin:{self._url_name('diff')}", args=(version.id,))
        preview = preview_url_name(self.publish_kind)
        return {
            "version": version,
            "steps": steps,
            "diff_url": diff_url,
            "preview_url": preview and f"{reverse(preview)}?version={version.id}",
        }

    def _version(self, request: HttpRequest, version_id: int) -> VersionView:
        if not self.has_view_permission(request):
            raise Http404
        try:
            return version_view(kind=self.publish_kind, version_id=version_id)
        except NotFound as missing:
            raise Http404 from missing

    def _other(self, version: VersionView, number: str) -> VersionView | None:
        if not number.isdigit():
            live = live_version(kind=self.publish_kind, subject=version.subject)
            return live if live is None or live.id != version.id else self._former(version)
        try:
            return version_numbered(
                kind=self.publish_kind, subject=version.subject, number=int(number)
            )
        except NotFound as missing:
            raise Http404 from missing

    def _former(self, version: VersionView) -> VersionView | None:
        if version.based_on is None:
            return None
        return self._other(version, str(version.based_on))

    def _steps(self, request: HttpRequest, version: VersionView) -> tuple[Step, ...]:
        def holds(permission: str) -> bool:
            codename = get_permission_codename(permission, self.opts)
            return request.user.has_perm(f"{self.opts.app_label}.{codename}")

        return steps_for(version, request.user, holds)

    def _findings(self, version: VersionView, step: Step) -> tuple[Finding, ...]:
        if not step.checked:
            return ()
        return version_findings(kind=self.publish_kind, version_id=version.id)

    def _url_name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _change_url(self, version_id: int) -> str:
        return reverse(f"admin:{self._url_name('change')}", args=(version_id,))
