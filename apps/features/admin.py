"""The registry's rows in admin: code is the truth of what a feature is, people of whose it is."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.features.contracts import FeatureSpec
from apps.features.contracts_store import FeatureUnknown
from apps.features.domain.lineage import lineage_svg
from apps.features.domain.registry import feature_of, features_registered
from apps.features.domain.rendering import span_written
from apps.features.forms import FeatureNoteForm
from apps.features.models import FeatureNote
from apps.features.selectors_state import store_state
from apps.features.services_notes import feature_note_change

_TOLD = (
    "title", "entity", "kind", "description", "computation", "made_from", "freshness", "lineage",
)  # fmt: skip


def _spec(note: FeatureNote) -> FeatureSpec | None:
    try:
        return feature_of(note.key).spec
    except FeatureUnknown:
        return None  # its code is gone; the row is history


@admin.register(FeatureNote)
class FeatureNoteAdmin(ModelAdmin):
    form = FeatureNoteForm
    list_display = ("key", "title", "entity", "status_label", "owner", "as_of")
    list_filter = ("status", "owner")
    search_fields = ("key", "owner", "notes")
    readonly_fields = ("key", *_TOLD)
    fields = ("key", *_TOLD, "owner", "status", "successor", "notes")
    actions = None

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False  # code registers

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # its values and its history refer to it

    def save_model(
        self,
        request: HttpRequest,
        obj: Any,
        _form: Any,
        _change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """By the service, which audits."""
        feature_note_change(
            key=obj.key, owner=obj.owner, status=obj.status, successor=obj.successor,
            notes=obj.notes, actor=request.user,
        )  # fmt: skip

    @display(description="Title")
    def title(self, note: FeatureNote) -> str:
        spec = _spec(note)
        return spec.title if spec else "no longer registered"

    @display(description="Describes")
    def entity(self, note: FeatureNote) -> str:
        spec = _spec(note)
        return spec.entity.value.replace("_", " and ") if spec else ""

    @display(description="Type")
    def kind(self, note: FeatureNote) -> str:
        spec = _spec(note)
        return spec.kind.value if spec else ""

    @display(description="Status", label={"active": "success", "deprecated": "warning"})
    def status_label(self, note: FeatureNote) -> str:
        return note.status

    @display(description="Values as of")
    def as_of(self, note: FeatureNote) -> str:
        run = store_state().runs.get(note.key)
        return f"{run.as_of:%Y-%m-%d %H:%M}" if run else "none yet"

    def description(self, note: FeatureNote) -> str:
        spec = _spec(note)
        return spec.description if spec else ""

    def computation(self, note: FeatureNote) -> str:
        spec = _spec(note)
        return spec.computation if spec else ""

    @display(description="Made from")
    def made_from(self, note: FeatureNote) -> str:
        spec = _spec(note)
        return ", ".join(spec.depends_on) if spec else ""

    def freshness(self, note: FeatureNote) -> str:
        spec = _spec(note)
        if spec is None or not spec.stored:
            return "worked out at each request"
        return f"every {span_written(spec.fresh_s)}; {spec.ttl_s:,} s in Redis"

    def lineage(self, note: FeatureNote) -> SafeString:
        spec = _spec(note)
        drawing = lineage_svg(_around(spec)) if spec else ""
        return mark_safe(drawing)  # noqa: S308 - every text in it was escaped by the domain


def _around(spec: FeatureSpec) -> list[FeatureSpec]:
    """The feature, all it is made from, and what is made from it."""
    by_name = {each.spec.name: each.spec for each in features_registered()} | {spec.name: spec}
    found, waiting = {spec.name: spec}, [spec]
    while waiting:
        parents = [by_name[name] for name in waiting.pop().depends_on if name in by_name]
        waiting += [each for each in parents if each.name not in found]
        found |= {each.name: each for each in parents}
    return [*found.values(), *(each for each in by_name.values() if spec.name in each.depends_on)]
