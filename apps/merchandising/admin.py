from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.merchandising.admin_files import export_answer, import_page
from apps.merchandising.contracts import DEFAULT_SUBJECT
from apps.merchandising.domain.abbreviations import built_in_entries
from apps.merchandising.domain.synonyms import entries_json, entries_parse, lines_format
from apps.merchandising.forms import AbbreviationSetForm, SynonymSetForm, entry_count
from apps.merchandising.models import AbbreviationSetVersion, SynonymSetVersion
from apps.merchandising.services_csv import synonyms_export, synonyms_import
from apps.publishing.admin_mixins import PublishableVersionAdmin
from apps.publishing.selectors import live_version


@admin.register(SynonymSetVersion)
class SynonymSetVersionAdmin(PublishableVersionAdmin):
    publish_kind = "synonyms"
    form = SynonymSetForm
    list_display = ("number", "rules", "status_label", "created_by", "published_at",
                    "published_by", "reason")  # fmt: skip
    ordering = ("-number",)
    list_before_template = "admin/merchandising/synonym_tools.html"  # type: ignore[assignment]  # unfold annotates its empty default
    readonly_fields = ("lines",)
    standing: ClassVar[Sequence[object]] = ()
    """What holds while nothing is published."""

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        return [
            path(f"{name}/", self.admin_site.admin_view(view), name=self._url_name(name))
            for name, view in (("import", self.import_view), ("export", self.export_view))
        ] + urls

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """A CSV file of synonyms, as a draft."""
        if not self.has_change_permission(request):
            raise PermissionDenied

        def taken(text: str) -> str:
            draft = synonyms_import(text=text, actor=request.user)
            return f"Version {draft.number} of the synonyms is drafted."

        return import_page(self, request, taken, title="Import synonyms", what="synonyms")

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The published synonyms as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return export_answer(synonyms_export(), "synonyms.csv")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        editable = obj is None or self.has_change_permission(request, obj)
        return ("entries",) if editable else ("lines",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What is live; with `?word=` a line more, for its synonyms to be written in."""
        live = live_version(kind=self.publish_kind, subject=DEFAULT_SUBJECT)
        stored = live.content["entries"] if live else self.standing
        entries = stored if isinstance(stored, list | tuple) else ()
        word = " ".join(request.GET.get("word", "").replace(",", " ").lower().split())
        if not word:
            return {"entries": entries}
        lines = lines_format(entries_parse(entries))
        return {"entries": "\n".join(filter(None, (lines.rstrip(), f"{word} => ")))}

    @display(description="Entries")
    def lines(self, row: SynonymSetVersion) -> SafeString:
        return format_html(
            '<pre class="whitespace-pre-wrap">{}</pre>', lines_format(entries_parse(row.entries))
        )

    @display(description="Rules")
    def rules(self, row: SynonymSetVersion) -> str:
        return entry_count(row.entries)


@admin.register(AbbreviationSetVersion)
class AbbreviationSetVersionAdmin(SynonymSetVersionAdmin):
    publish_kind = "abbreviations"
    list_before_template = "admin/publishing/in_force.html"
    form = AbbreviationSetForm
    standing: ClassVar[Sequence[object]] = entries_json(built_in_entries())

    def get_urls(self) -> list[URLPattern]:
        # Files are of synonyms: that page is theirs alone.
        urls: list[URLPattern] = super(SynonymSetVersionAdmin, self).get_urls()
        return urls

    def in_force(self) -> str:
        """What holds now; a list without versions does not mean that nothing does."""
        live = live_version(kind=self.publish_kind, subject=DEFAULT_SUBJECT)
        if live is None:
            return f"{entry_count(self.standing)} built in, until a version is published."
        stored = live.content["entries"]
        count = entry_count(stored if isinstance(stored, list | tuple) else ())
        return f"version {live.number} with {count}."
