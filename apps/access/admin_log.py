"""Admin's audit log: read, filtered, never changed."""

import json
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import (
    AllValuesCheckboxFilter,
    FieldTextFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from apps.access.domain.audit import changes_between
from apps.access.models import AuditEntry

_COLUMNS = ("Field", "Before", "After")


class MomentRangeFilter(RangeDateTimeFilter):
    """From and to, in the site's time zone (unfold's own hands naive times on)."""

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        del request
        bounds = {"from": ("gte", "00:00:00"), "to": ("lte", "23:59:59.999999")}
        for end, (lookup, default) in bounds.items():
            day = self.used_parameters.get(f"{self.parameter_name}_{end}_0") or ""
            clock = self.used_parameters.get(f"{self.parameter_name}_{end}_1") or default
            moment = _moment(f"{day}T{clock}")
            if moment is not None:
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": moment})
        return queryset


def _moment(text: str) -> datetime | None:
    try:
        parsed = parse_datetime(text)
    except ValueError:
        return None
    return timezone.make_aware(parsed) if parsed and timezone.is_naive(parsed) else parsed


class AuditEntryAdmin(ModelAdmin):
    list_display = (
        "at_text",
        "actor_name",
        "action",
        "subject_text",
        "changed_text",
        "reason",
        "ip",
    )
    list_display_links = ("at_text", "action")
    list_filter = (
        ("at", MomentRangeFilter),
        ("actor_name", FieldTextFilter),
        ("action", AllValuesCheckboxFilter),
        ("subject_type", AllValuesCheckboxFilter),
        ("subject_id", FieldTextFilter),
    )
    list_filter_submit = True
    search_fields = ("actor_name", "subject_id__exact", "request_id__exact", "trace_id__exact")
    search_help_text = "A person's name, or a whole subject, request or trace id"
    # It only grows: nothing here counts all of it.
    show_full_result_count = False
    paginator = InfinitePaginator
    list_per_page = 50
    ordering = ("-id",)
    sortable_by = ()
    actions = None
    fieldsets = (
        (None, {"fields": ("at_text", "actor_name", "action", "subject_text", "reason")}),
        ("What changed", {"fields": ("changes_table",)}),
        ("Request", {"fields": ("ip", "request_id", "trace_id")}),
    )
    readonly_fields = ("at_text", "subject_text", "changes_table")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    @display(description="At")
    def at_text(self, entry: AuditEntry) -> str:
        return f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"

    @display(description="What")
    def subject_text(self, entry: AuditEntry) -> str:
        return f"{entry.subject_type} {entry.subject_id}"

    @display(description="Changed")
    def changed_text(self, entry: AuditEntry) -> str:
        before, _after = changes_between(entry.before or {}, entry.after or {})
        return ", ".join(before)[:100]

    @display(description="Before and after")
    def changes_table(self, entry: AuditEntry) -> SafeString | str:
        before, after = changes_between(entry.before or {}, entry.after or {})
        if not before:
            return "No field changed."
        rows = ((name, _text(before[name]), _text(after[name])) for name in before)
        return format_html(
            '<table class="w-full"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
            format_html_join("", '<th class="p-2 text-left">{}</th>', ((c,) for c in _COLUMNS)),
            format_html_join(
                "",
                '<tr class="border-t border-base-200 align-top dark:border-base-800">'
                '<th scope="row" class="font-semibold p-2 text-left">{}</th>'
                '<td class="break-all p-2">{}</td><td class="break-all p-2">{}</td></tr>',
                rows,
            ),
        )


def _text(value: object) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


admin.site.register(AuditEntry, AuditEntryAdmin)
