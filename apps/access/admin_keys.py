"""Admin pages of API keys: made, rotated and revoked by the services; the secret shown once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.access.contracts import IssuedKey
from apps.access.forms import ApiKeyForm, RevokeForm, RotateForm
from apps.access.models import ApiKey
from apps.access.services import (
    api_key_create,
    api_key_revoke,
    api_key_rotate,
    api_key_update,
)
from apps.common.errors import ApplicationError

_SETTLED = ("prefix", "state_text", "created_at", "made_by", "rotated_from", "revoked_at")

_NOTHING, _SOON = timedelta(0), timedelta(days=14)


class ApiKeyAdmin(ModelAdmin):
    form = ApiKeyForm
    list_display = (
        "name", "prefix", "kind_label", "state_label", "scopes_text", "rate_per_minute",
        "expires_at",
    )  # fmt: skip
    list_filter = ("public",)
    search_fields = ("name", "prefix")
    actions_detail = ("rotate", "revoke")  # type: ignore[assignment]  # unfold annotates its empty default
    actions = None
    compressed_fields = True
    fieldsets = (
        (None, {"fields": ("name", "public", "scopes")}),
        ("From where", {"fields": ("allowed_origins", "allowed_networks", "denied_networks")}),
        ("How much, how long", {"fields": ("rate_per_minute", "expires_at")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, ("The key", {"fields": _SETTLED})] if obj else fieldsets

    def get_readonly_fields(self, _request: HttpRequest, obj: Any = None) -> Any:
        # Its prefix says which kind it is, so that cannot change.
        return (*_SETTLED, "public") if obj else ()

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        form.granted_by = request.user  # type: ignore[attr-defined]  # a class of this request's own
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        from django.conf import settings

        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"rate_per_minute": settings.RATE_LIMIT_PER_MINUTE, **initial}

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # revoked, and kept: audit rows point here

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        revoked = isinstance(obj, ApiKey) and obj.revoked_at is not None
        return super().has_change_permission(request, obj) and not revoked

    @display(
        description="State",
        label={
            "live": "success", "expires soon": "warning", "expired": "danger", "revoked": "danger",
        },
    )  # fmt: skip
    def state_label(self, key: ApiKey) -> str:
        return _state_of(key)

    @display(description="State")
    def state_text(self, key: ApiKey) -> str:
        return _state_of(key)

    @display(description="Made by")
    def made_by(self, key: ApiKey) -> str:
        return key.created_by.get_username() if key.created_by else "a command"

    @display(description="Kind", label={"public": "info", "secret": "primary"})
    def kind_label(self, key: ApiKey) -> str:
        return "public" if key.public else "secret"

    @display(description="Scopes")
    def scopes_text(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ApplicationError as error:
            # Revoked in the meantime, say: nothing is saved, and the list shows why.
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:access_apikey_changelist"))

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        if not isinstance(obj, ApiKey):
            raise TypeError(type(obj))
        if change:
            # Only what was typed: `obj` is as old as the request, the row may be revoked by now.
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            api_key_update(key_id=obj.pk, changes=changes, actor=request.user)
            return
        issued = api_key_create(**form.cleaned_data, actor=request.user)
        request._endcap_issued = issued  # type: ignore[attr-defined]  # noqa: SLF001 - ours, for response_add
        obj.pk = issued.key.id
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: Model, post_url_continue: Any = None
    ) -> HttpResponse:
        del obj, post_url_continue
        issued: IssuedKey = request._endcap_issued  # type: ignore[attr-defined]  # noqa: SLF001 - the same
        return self._issued_page(request, issued)

    @action(  # type: ignore[operator]  # unfold says that its decorator returns no decorator
        description="Rotate",
        url_path="rotate",
        permissions=["change"],
        icon="autorenew",
        variant=ActionVariant.PRIMARY,
    )
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new key; the old one goes on for the hours asked."""

        def rotated(key: ApiKey, form: Form) -> HttpResponse:
            overlap = timedelta(hours=form.cleaned_data["overlap_hours"])
            issued = api_key_rotate(key_id=key.pk, overlap=overlap, actor=request.user)
            return self._issued_page(request, issued, old=key)

        return self._asked(request, object_id, RotateForm, "Rotate", rotated)

    @action(  # type: ignore[operator]  # unfold says that its decorator returns no decorator
        description="Revoke",
        url_path="revoke",
        permissions=["change"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ends the key now, for good."""

        def revoked(key: ApiKey, form: Form) -> HttpResponse:
            reason = form.cleaned_data["reason"]
            api_key_revoke(key_id=key.pk, actor=request.user, reason=reason)
            messages.success(request, f"{key} is revoked. Every worker refuses it by now.")
            return HttpResponseRedirect(reverse("admin:access_apikey_changelist"))

        return self._asked(request, object_id, RevokeForm, "Revoke", revoked)

    def _asked(
        self,
        request: HttpRequest,
        object_id: str,
        form_class: type[Form],
        verb: str,
        act: Callable[[ApiKey, Form], HttpResponse],
    ) -> HttpResponse:
        """One page with one form; what it posts is done by `act`."""
        key = get_object_or_404(ApiKey, pk=object_id)
        if not self.has_change_permission(request, key):
            raise PermissionDenied
        form = form_class(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                return act(key, form)
            except ApplicationError as error:
                form.add_error(None, error.message)
        return self._page(request, "ask", key, form=form, verb=verb, title=f"{verb} {key.name}")

    def _issued_page(
        self, request: HttpRequest, issued: IssuedKey, old: ApiKey | None = None
    ) -> HttpResponse:
        if old is not None:
            old.refresh_from_db()
        page = self._page(
            request, "issued", None, issued=issued, old=old, title="Copy the key now"
        )
        # The only place its secret ever stands: neither the browser nor a proxy keeps it.
        page["Cache-Control"] = "no-store"
        return page

    def _page(
        self, request: HttpRequest, name: str, original: ApiKey | None, **context: Any
    ) -> TemplateResponse:
        return TemplateResponse(
            request,
            f"admin/access/apikey/{name}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": original,
                **context,
            },
        )


def _state_of(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None:
        return "live"
    left = key.expires_at - timezone.now()
    return "expired" if left <= _NOTHING else "expires soon" if left < _SOON else "live"


admin.site.register(ApiKey, ApiKeyAdmin)
