"""Admin pages of people, groups and the installation's IP rules."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm

from apps.access.admin_audit import AuditedModelAdmin
from apps.access.context import client_ip_current
from apps.access.domain.networks import address_parse
from apps.access.forms import IpRuleForm, PersonCreationForm
from apps.access.models import IpRule, User
from apps.access.services import ip_rules_publish

admin.site.unregister(Group)


class UserAdmin(DjangoUserAdmin, AuditedModelAdmin):  # type: ignore[misc,type-arg]  # as unfold documents it; subscripts exist for the checker only
    form = UserChangeForm
    add_form = PersonCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "groups_text", "is_staff", "is_superuser", "is_active")
    audit_redacted = ("password",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # made inactive: their name stands in the audit log

    @display(description="Groups")
    def groups_text(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())


class GroupAdmin(DjangoGroupAdmin, AuditedModelAdmin):  # type: ignore[misc]  # as unfold documents it
    pass


class IpRuleAdmin(AuditedModelAdmin):
    form = IpRuleForm
    list_display = ("network", "verdict", "area", "active", "note", "created_at")
    list_filter = ("area", "verdict", "active")
    search_fields = ("network", "note")
    actions = None

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **kwargs: Any,
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.asking_from = address_parse(client_ip_current() or "")
        return form

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # made inactive, by the form that refuses to lock its own user out

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        super().save_model(request, obj, form, change)
        ip_rules_publish()


admin.site.register(User, UserAdmin)
admin.site.register(Group, GroupAdmin)
admin.site.register(IpRule, IpRuleAdmin)
