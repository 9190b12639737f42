"""Read-only lists of what came in last. Bounded: nothing here counts or scans a whole log."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

from apps.common.domain.uuid7 import uuid7_floor
from apps.events.models import Event, QueryLog

_COUNT_AT_MOST = 10_000
_RECENT = timedelta(days=31)


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # subscripts exist for the checker only
    """Counts no further than it lets anybody page."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk")[:_COUNT_AT_MOST])


class ReadOnlyLog(ModelAdmin):
    paginator = BoundedPaginator
    show_full_result_count = False
    ordering = ("-id",)
    list_per_page = 50
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # By id, which is time: the planner leaves out every older partition.
        oldest = uuid7_floor(timezone.now() - _RECENT)
        return super().get_queryset(request).filter(id__gte=oldest)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnlyLog):
    list_display = (
        "type", "product_id", "user_id", "client_id", "position", "quantity", "value",
        "occurred_at",
    )  # fmt: skip
    list_filter = ("type",)
    search_fields = ("product_id__exact", "user_id__exact", "client_id__exact", "query_id__exact")
    search_help_text = "A whole product, user, client or query id; the last 31 days"


@admin.register(QueryLog)
class QueryLogAdmin(ReadOnlyLog):
    list_display = (
        "query", "results_count", "category", "latency_ms", "cache_hit", "degraded", "occurred_at",
    )  # fmt: skip
    list_filter = ("cache_hit",)
    search_fields = ("normalised__exact",)
    search_help_text = "A whole normalised query; the last 31 days"
