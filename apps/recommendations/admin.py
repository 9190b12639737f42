"""Placements in admin: what is live of each, the guided form with its preview, versions."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from apps.catalog.selectors import category_tree_fresh
from apps.catalog.selectors_names import products_named
from apps.common.errors import ApplicationError
from apps.publishing.admin_mixins import PublishableVersionAdmin
from apps.publishing.admin_steps import Step
from apps.publishing.contracts import VersionStatus, VersionView
from apps.publishing.selectors import subject_versions
from apps.recommendations.contracts import Placement, PlacementName
from apps.recommendations.domain.placement_words import (
    PLACEMENT_TITLES,
    content_place_title,
    placement_lines,
)
from apps.recommendations.domain.placements import placement_content
from apps.recommendations.domain.shelf_comparison import ShelfComparison
from apps.recommendations.forms import OccasionForm
from apps.recommendations.forms_guided import GuidedPlacement
from apps.recommendations.models import PlacementVersion
from apps.recommendations.selectors.placements import (
    PLACEMENTS,
    placement_of_version,
    placement_worked_on,
    placements_overview,
)
from apps.recommendations.services.placement_preview import (
    occasion_usual,
    shelf_preview,
    shoppers_suggested,
    weights_in_force,
)
from apps.recommendations.services.placements import placement_draft

_PICKED = 10
_COPY = "copy"
_VERSIONS = 20
_OPEN = (VersionStatus.DRAFT, VersionStatus.IN_REVIEW)


@admin.register(PlacementVersion)
class PlacementVersionAdmin(PublishableVersionAdmin):
    """Five shelves, each with what is live, what waits, and its own history."""

    publish_kind = PLACEMENTS

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, self._url_name
        ours = [
            path("products/", view(self.products_view), name=name("products")),
            path("placement/<slug:place>/edit/", view(self.edit_view), name=name("edit")),
            path("placement/<slug:place>/board/", view(self.board_view), name=name("board")),
        ]
        urls: list[URLPattern] = super().get_urls()
        return ours + urls

    def place_title(self, path: str) -> str:
        return content_place_title(path)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """What stands where: one card a placement."""
        del extra_context
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._shelf_page(
            request,
            "list",
            title="Placements",
            cards=placements_overview(),
            may_edit=self.has_change_permission(request),
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """There are five placements; a new version begins at one of them."""
        del form_url, extra_context
        if not self.has_add_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse(f"admin:{self._url_name('changelist')}"))

    def edit_view(self, request: HttpRequest, place: str) -> HttpResponse:
        """The placement's draft, begun from what waits, else from what is live."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        name = _placement(place)
        guided = self._guided(request, name)
        valid = guided.checked and guided.is_valid()
        if valid and guided.placement is not None and "preview" not in request.POST:
            saved = self._saved(request, guided, guided.placement)
            if saved is not None:
                return saved
        return self._edit_page(request, name, guided)

    def _edit_page(
        self, request: HttpRequest, name: PlacementName, guided: GuidedPlacement
    ) -> HttpResponse:
        occasion = self._occasion(request, name)
        draft = guided.placement or placement_worked_on(name)
        return self._shelf_page(
            request,
            "edit",
            title=PLACEMENT_TITLES[name],
            place=name,
            guided=guided,
            occasion=occasion,
            shoppers=shoppers_suggested(),
            compared=shelf_preview(draft=draft, occasion=occasion.occasion()),
        )

    def board_view(self, request: HttpRequest, place: str) -> HttpResponse:
        """Both shelves anew, for the form as it stands on the page; nothing is logged."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            raise Http404
        name = _placement(place)
        guided = self._guided(request, name)
        context: dict[str, Any] = {"guided": guided}
        if guided.is_valid() and guided.placement is not None:
            asked = self._occasion(request, name).occasion()
            context["compared"] = shelf_preview(draft=guided.placement, occasion=asked)
        return TemplateResponse(request, "admin/recommendations/_board.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One version: what it says, what it would show, the steps from here."""
        del form_url, extra_context
        version = self._version(request, int(object_id) if object_id.isdecimal() else 0)
        placement, name = placement_of_version(version), PlacementName(version.subject)
        occasion = self._occasion(request, name)
        return self._shelf_page(
            request,
            "version",
            title=PLACEMENT_TITLES[name],
            place=name,
            version=version,
            publishing=self._bar(request, object_id),
            lines=() if placement is None else placement_lines(placement),
            versions=subject_versions(kind=PLACEMENTS, subject=name.value, limit=_VERSIONS),
            may_edit=super().has_change_permission(request),
            occasion=occasion,
            shoppers=shoppers_suggested(),
            compared=self._compared(version, placement, occasion),
        )

    def products_view(self, request: HttpRequest) -> JsonResponse:
        """Products to choose from: `?q=`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = products_named(request.GET.get("q", "").replace("\x00", "")[:200], limit=_PICKED)
        return JsonResponse(
            {"results": [{"id": each.product_id, "title": each.title} for each in found]}
        )

    def _guided(self, request: HttpRequest, name: PlacementName) -> GuidedPlacement:
        posted = request.POST if request.method == "POST" else None
        return GuidedPlacement(posted, placement_worked_on(name), weights_in_force())

    def _occasion(self, request: HttpRequest, name: PlacementName) -> OccasionForm:
        """What was asked, else something that shows the shelf at work."""
        asked: Any = request.POST if request.method == "POST" else request.GET
        if not any(key.startswith("as_") for key in asked):
            asked = OccasionForm.cells(occasion_usual(name))
        return OccasionForm(asked, placement=name, tree=category_tree_fresh())

    def _saved(
        self, request: HttpRequest, guided: GuidedPlacement, placement: Placement
    ) -> HttpResponse | None:
        try:
            made = placement_draft(
                name=placement.name, content=placement_content(placement), actor=request.user
            )
        except ApplicationError as refused:
            guided.refuse(str(refused.extra.get("field", "")), refused.message)
            return None
        messages.success(request, "The draft is saved; it acts once it is published.")
        return HttpResponseRedirect(self._change_url(made.id))

    def _compared(
        self, version: VersionView, placement: Placement | None, occasion: OccasionForm
    ) -> ShelfComparison | None:
        """What the version would show against what is live; None: it is live, or history."""
        if placement is None or version.status not in _OPEN:
            return None
        return shelf_preview(draft=placement, occasion=occasion.occasion())

    def _steps(self, request: HttpRequest, version: VersionView) -> tuple[Step, ...]:
        # A placement has one draft: "Edit" goes on with it, or begins it.
        return tuple(step for step in super()._steps(request, version) if step.name != _COPY)

    def _shelf_page(self, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(
            request, f"admin/recommendations/{name}.html", {**shared, **context}
        )


def _placement(name: str) -> PlacementName:
    if name not in set(PlacementName):
        raise Http404(f"There is no placement '{name}'.")
    return PlacementName(name)
