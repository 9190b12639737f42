"""Admin pages of artifact versions: read-only, but for activating another one."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.common.errors import ApplicationError
from apps.model_registry.forms import ActivateForm
from apps.model_registry.models import ArtifactVersion
from apps.model_registry.services.rollback import artifact_rollback

_FIELDS = (
    "name", "number", "state", "is_active", "size", "metadata", "created_at", "ready_at",
    "created_by", "location", "signature",
)  # fmt: skip


@admin.register(ArtifactVersion)
class ArtifactVersionAdmin(ModelAdmin):
    list_display = ("name", "number", "state_label", "size", "created_at", "created_by")
    list_filter = ("name", "state", "is_active")
    list_select_related = ("created_by",)
    search_fields = ("name",)
    fields = _FIELDS
    readonly_fields = _FIELDS
    actions = None
    actions_detail = ("activate",)  # type: ignore[assignment]  # unfold annotates its empty default

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False  # jobs publish

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # signed: nothing about a version can change

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # pruned by age, and the row is history

    def has_activate_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm("model_registry.activate_artifactversion")

    @display(
        description="State",
        label={"served": "success", "ready": "info", "building": "warning"},
    )
    def state_label(self, version: ArtifactVersion) -> str:
        return "served" if version.is_active else version.state

    @display(description="Size", ordering="size_bytes")
    def size(self, version: ArtifactVersion) -> str:
        return filesizeformat(version.size_bytes)

    @action(  # type: ignore[operator]  # unfold says that its decorator returns no decorator
        description="Activate",
        url_path="activate",
        permissions=["activate"],
        icon="history",
        variant=ActionVariant.PRIMARY,
    )
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One page that asks for the reason, then serves this version."""
        version = get_object_or_404(ArtifactVersion, pk=object_id)
        if not self.has_activate_permission(request):
            raise PermissionDenied
        form = ActivateForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                self._activate(request, version, form.cleaned_data["reason"])
                return HttpResponseRedirect(
                    reverse("admin:model_registry_artifactversion_changelist")
                )
            except ApplicationError as error:
                form.add_error(None, error.message)
        return self._page(request, version, form)

    def _activate(self, request: HttpRequest, version: ArtifactVersion, reason: str) -> None:
        artifact_rollback(
            name=version.name, number=version.number, actor=request.user, reason=reason
        )
        messages.success(request, f"{version} is served from now on, by every worker.")

    def _page(
        self, request: HttpRequest, version: ArtifactVersion, form: ActivateForm
    ) -> HttpResponse:
        served = ArtifactVersion.objects.filter(name=version.name, is_active=True).first()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Activate {version}",
            "version": version,
            "served": served,
            "form": form,
        }
        return TemplateResponse(
            request, "admin/model_registry/artifactversion/activate.html", context
        )
