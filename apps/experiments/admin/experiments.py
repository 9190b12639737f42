"""Experiments in admin: the list with its kill switch; pages stand in the classes it inherits."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.experiments.admin.guided_pages import GuidedPages
from apps.experiments.contracts.assignment import Status
from apps.experiments.models import Analysis, Experiment

STATUS_COLOURS = {
    "draft": "info",
    "in review": "warning",
    "approved": "primary",
    "running": "success",
    "paused": "warning",
    "completed": "default",
    "archived": "default",
}
HEALTH_COLOURS = {"ok": "success", "warning": "warning", "alarm": "danger", "unknown": "default"}
_WORKED_ON = (Status.DRAFT, Status.IN_REVIEW, Status.RUNNING, Status.PAUSED, Status.COMPLETED)


class StatusFilter(admin.SimpleListFilter):
    """Everything but the archive, unless asked for."""

    title = "status"
    parameter_name = "standing"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [
            *((each.value, each.value.replace("_", " ")) for each in Status),
            ("change", "with a change proposed"),
        ]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if wanted == "change":
            return queryset.filter(live__isnull=False, draft__isnull=False)
        if wanted:
            return queryset.filter(status=wanted)
        return queryset.filter(status__in=[each.value for each in _WORKED_ON])


@admin.register(Experiment)
class ExperimentAdmin(GuidedPages):
    """What runs, what waits, what is being written."""

    list_display = (
        "name_and_key", "status_label", "units", "health", "recommendation", "owner",
        "started_at", "switch",
    )  # fmt: skip
    list_filter = (StatusFilter, "kind", "surface")
    list_select_related = ("owner", "draft", "live")
    list_display_links = None
    list_per_page = 50
    search_fields = ("key", "name")
    ordering = ("-created_at", "-id")
    actions = None
    list_before_template = "admin/experiments/experiment/before_list.html"  # type: ignore[assignment]  # unfold annotates its empty default

    class Media:
        css = {"all": ("experiments/admin/admin.css",)}

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # archived, and kept

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        latest = Analysis.objects.filter(latest=True).defer("document")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("analyses", queryset=latest, to_attr="latest_analyses"))
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        # Cells are drawn without the request; whether a switch is shown depends on the person.
        self._may_stop = self._holds(request)("start_experiment")
        context = {"waiting": self._waiting_count(), **(extra_context or {})}
        return super().changelist_view(request, context)

    @display(description="Experiment")
    def name_and_key(self, row: Experiment) -> SafeString:
        return format_html(
            '<a class="xa-name" href="{}">{}</a><br><code>{}</code>',
            reverse("admin:experiments_experiment_change", args=(row.pk,)),
            row.name,
            row.key,
        )

    @display(description="Status", label=STATUS_COLOURS)
    def status_label(self, row: Experiment) -> str:
        if row.status == Status.IN_REVIEW and row.draft and row.draft.reviewed_at is not None:
            return "approved"
        return row.status.replace("_", " ")

    @display(description="Units")
    def units(self, row: Experiment) -> str:
        latest = _latest(row)
        return f"{latest.units:,}" if latest is not None else ""

    @display(description="Health", label=HEALTH_COLOURS)
    def health(self, row: Experiment) -> str:
        latest = _latest(row)
        return latest.health if latest is not None else ""

    @display(description="What the evidence says")
    def recommendation(self, row: Experiment) -> SafeString | str:
        latest = _latest(row)
        if latest is None:
            return "no analysis yet" if row.started_at is not None else ""
        headline = latest.headline if latest.readable else f"Not to be read yet. {latest.headline}"
        return format_html('<span class="xa-headline">{}</span>', headline)

    @display(description="Kill switch")
    def switch(self, row: Experiment) -> SafeString | str:
        if row.status != Status.RUNNING or not self._may_stop:
            return ""
        # The changelist is one form already: the button belongs to another, before the list.
        return format_html(
            '<button type="submit" form="kill-form" formaction="{}" class="xa-kill" '
            'aria-label="Kill {}">Kill</button>',
            reverse("admin:experiments_experiment_kill", args=(row.pk,)),
            row.key,
        )


def _latest(row: Experiment) -> Analysis | None:
    found: list[Analysis] = getattr(row, "latest_analyses", [])
    return found[0] if found else None
