from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.features.contracts import FEATURES
from apps.publishing.admin_mixins import PublishableVersionAdmin
from apps.publishing.contracts import VersionStatus
from apps.ranking_weights.contracts import GLOBAL_SUBJECT
from apps.ranking_weights.forms import WeightSetForm
from apps.ranking_weights.models import WeightSetVersion
from apps.ranking_weights.selectors import weights_to_start_from
from apps.ranking_weights.selectors_evidence import evidence_page

_OPEN = (
    VersionStatus.PUBLISHED.value,
    VersionStatus.DRAFT.value,
    VersionStatus.IN_REVIEW.value,
)


class LiveOrOpen(admin.SimpleListFilter):
    """The list shows what is live and what is being worked on, unless all is asked for."""

    title = "versions"
    parameter_name = "versions"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "Live only"), ("all", "All, with former ones")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        shown = _OPEN[:1] if self.value() == "live" else _OPEN
        return queryset.filter(status__in=shown)


@admin.register(WeightSetVersion)
class WeightSetVersionAdmin(PublishableVersionAdmin):
    publish_kind = "ranking_weights"
    form = WeightSetForm
    list_display = (
        "subject",
        "number",
        "status_label",
        "weights_bars",
        "preview",
        "published_at",
        "published_by",
    )
    list_filter = (LiveOrOpen,)  # type: ignore[assignment]  # a name in the base, a class here: Django takes both
    ordering = ("subject", "-number")
    readonly_fields = ("weights_bars", "preview", "evidence")

    class Media:
        css = {"all": ("ranking_weights/weights.css",)}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("subject", "weights")
        editable = self.has_change_permission(request, obj)
        shown = ("subject", "weights" if editable else "weights_bars", "preview")
        return (*shown, "evidence") if evidence_page(obj.pk) else shown

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        subject = request.GET.get("subject", GLOBAL_SUBJECT)
        return {"subject": subject, "weights": weights_to_start_from(subject).weights}

    def place_title(self, path: str) -> str:
        titles = {f"weights.{spec.name}": spec.title for spec in FEATURES}
        return titles.get(path, path)

    @display(description="Weights")
    def weights_bars(self, row: WeightSetVersion) -> SafeString:
        parts = [(place, spec, row.weights.get(spec.name, 0.0))
                 for place, spec in enumerate(FEATURES)]  # fmt: skip
        bars = format_html_join(
            "",
            '<span class="weight-bar weight-bar-{}" style="width:{}%" title="{}">{}</span>',
            ((place, f"{weight * 100:.2f}", spec.title, f"{weight:.2f}")
             for place, spec, weight in parts if weight > 0),
        )  # fmt: skip
        words = ", ".join(f"{spec.title} {weight:.2f}" for _, spec, weight in parts)
        return format_html(
            '<div class="weight-bars" aria-hidden="true">{}</div>'
            '<div class="weight-words">{}</div>',
            bars,
            words,
        )

    @display(description="Side by side")
    def preview(self, row: WeightSetVersion) -> SafeString:
        url = reverse("search-weights-preview")
        return format_html(
            '<a class="font-medium underline" href="{}?version={}">Compare</a>',
            url,
            row.pk,
        )

    @display(description="Evidence")
    def evidence(self, row: WeightSetVersion) -> SafeString:
        return render_to_string("ranking_weights/evidence.html", evidence_page(row.pk))
