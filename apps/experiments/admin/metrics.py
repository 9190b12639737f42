"""Metrics: a guided form, versions, and what the shop's last four weeks give."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.common.errors import ApplicationError
from apps.experiments.contracts.design import UnitType
from apps.experiments.domain.metrics.reading import metric_read
from apps.experiments.forms.metrics import METRIC_FIELDSETS, MetricForm
from apps.experiments.models import MetricVersion
from apps.experiments.selectors.metric_previews import PREVIEW_DAYS, metric_preview
from apps.experiments.selectors.metrics import METRIC_KIND
from apps.experiments.services.metrics import metric_draft_create, metric_draft_update
from apps.publishing.admin_mixins import PublishableVersionAdmin
from apps.publishing.contracts import VersionStatus

_OPEN = (VersionStatus.PUBLISHED, VersionStatus.DRAFT, VersionStatus.IN_REVIEW)


class LiveOrOpen(admin.SimpleListFilter):
    """What is live and what is being worked on, unless all is asked for."""

    title = "versions"
    parameter_name = "versions"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All, with former ones")]

    def queryset(self, _request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.filter(status__in=[each.value for each in _OPEN])


@admin.register(MetricVersion)
class MetricVersionAdmin(PublishableVersionAdmin):
    """Written by merchandisers and analysts, without code."""

    publish_kind = METRIC_KIND
    form = MetricForm
    list_display = (
        "title", "subject", "kind", "number", "status_label", "preview_link", "published_at",
    )  # fmt: skip
    list_filter = (LiveOrOpen,)  # type: ignore[assignment]  # a name in the base, a class here: Django takes both
    search_fields = ("subject", "definition__title")
    ordering = ("subject", "-number")
    readonly_fields = ("preview_link", "in_words")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            fields = ("subject", "in_words", "preview_link", "definition")
            return [(None, {"fields": fields})]
        return [(title, {"fields": fields}) for title, fields in METRIC_FIELDSETS]

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **kwargs: Any,
    ) -> Any:
        # Fields that are no columns stand in the form class itself.
        kwargs["fields"] = None
        if obj is not None and not self.has_change_permission(request, obj):
            kwargs["fields"] = ()
        return super().get_form(request, obj, change, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.preview_view)
        ours = [
            path(
                "<int:version_id>/preview/",
                preview,
                name="experiments_metricversion_preview",
            )
        ]
        urls: list[URLPattern] = super().get_urls()
        return ours + urls

    def preview_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        """What this definition would have given in the last weeks, by unit."""
        version = self._version(request, version_id)
        unit = request.GET.get("unit", UnitType.CLIENT.value)
        chosen = UnitType(unit) if unit in set(UnitType) else UnitType.CLIENT
        answer, problem = None, ""
        try:
            answer = metric_preview(version, unit=chosen)
        except ApplicationError as refused:
            problem = refused.message
        return self._page_of(
            request,
            version=version,
            title=f"{version.subject} in the last {PREVIEW_DAYS} days",
            answer=answer,
            problem=problem,
            unit=chosen,
            units=list(UnitType),
            change_url=self._change_url(version_id),
        )

    @display(description="Title")
    def title(self, row: MetricVersion) -> str:
        return str(row.definition.get("title", row.subject))

    @display(description="Kind")
    def kind(self, row: MetricVersion) -> str:
        return str(row.definition.get("kind", ""))

    @display(description="Last four weeks")
    def preview_link(self, row: MetricVersion) -> SafeString:
        url = reverse("admin:experiments_metricversion_preview", args=(row.pk,))
        return format_html('<a class="font-medium underline" href="{}">Look</a>', url)

    @display(description="In words")
    def in_words(self, row: MetricVersion) -> str:
        definition = metric_read(row.definition)
        return f"{definition.title}. {definition.description}"

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        del form
        if not isinstance(obj, MetricVersion):
            raise TypeError(type(obj))
        definition, actor = obj.definition, request.user
        if change:
            metric_draft_update(version_id=obj.pk, definition=definition, actor=actor)
        else:
            made = metric_draft_create(key=obj.subject, definition=definition, actor=actor)
            obj.pk = made.id
        obj.refresh_from_db()

    def _page_of(self, request: HttpRequest, **context: Any) -> HttpResponse:
        from django.template.response import TemplateResponse

        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(
            request, "admin/experiments/metric_preview.html", {**shared, **context}
        )
