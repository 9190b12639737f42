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
from unfold.decorators import display

from apps.common.domain.uuid7 import uuid7_floor
from apps.events.models import Event, QueryLog

_COUNT_AT_MOST = 10_000
_RECENT = timedelta(days=31)
_ID_TAIL = 8


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
        "type", "product_id", "shopper", "position", "quantity", "value", "occurred_at",
    )  # fmt: skip
    list_filter = ("type",)
    search_fields = ("product_id__exact", "user_id__exact", "client_id__exact", "query_id__exact")
    search_help_text = "A whole product, user, client or query id; the last 31 days"

    @display(description="Shopper")
    def shopper(self, event: Event) -> str:
        """The user, else the end of the client's id: its beginning is a time."""
        if event.user_id:
            return event.user_id
        return f"…{event.client_id[-_ID_TAIL:]}" if event.client_id else ""


class FoundFilter(admin.SimpleListFilter):
    """Searches that disappointed, and those that did not."""

    title = "found"
    parameter_name = "found"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("nothing", "Nothing"), ("something", "Something")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"nothing", "something"}:
            return queryset
        found_none = {"results_count": 0}
        nothing = self.value() == "nothing"
        return queryset.filter(**found_none) if nothing else queryset.exclude(**found_none)


@admin.register(QueryLog)
class QueryLogAdmin(ReadOnlyLog):
    list_display = (
        "query_typed", "results_count", "category", "took", "cached", "missing", "occurred_at",
    )  # fmt: skip
    list_filter = (FoundFilter, "cache_hit")

    @display(description="Query")
    def query_typed(self, search: QueryLog) -> str:
        return search.query or "(browsing)"

    @display(description="Took")
    def took(self, search: QueryLog) -> str:
        return f"{search.latency_ms:.0f} ms"

    @display(description="From cache")
    def cached(self, search: QueryLog) -> str:
        return "yes" if search.cache_hit else "no"

    @display(description="Without")
    def missing(self, search: QueryLog) -> str:
        return ", ".join(search.degraded)

    search_fields = ("normalised__exact",)
    search_help_text = "A whole normalised query; the last 31 days"
