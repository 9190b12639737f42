from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.merchandising.contracts import DEFAULT_SUBJECT
from apps.merchandising.domain.abbreviations import built_in_entries
from apps.merchandising.domain.synonyms import entries_json, entries_parse, lines_format
from apps.merchandising.forms import AbbreviationSetForm, SynonymSetForm, entry_count
from apps.merchandising.models import AbbreviationSetVersion, SynonymSetVersion
from apps.publishing.admin_mixins import PublishableVersionAdmin
from apps.publishing.selectors import live_version


@admin.register(SynonymSetVersion)
class SynonymSetVersionAdmin(PublishableVersionAdmin):
    publish_kind = "synonyms"
    form = SynonymSetForm
    list_display = ("number", "rules", "status_label", "created_by", "published_at",
                    "published_by", "reason")  # fmt: skip
    ordering = ("-number",)
    readonly_fields = ("lines",)
    standing: ClassVar[Sequence[object]] = ()
    """What holds while nothing is published."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        editable = obj is None or self.has_change_permission(request, obj)
        return ("entries",) if editable else ("lines",)

    def get_changeform_initial_data(self, _request: HttpRequest) -> dict[str, Any]:
        live = live_version(kind=self.publish_kind, subject=DEFAULT_SUBJECT)
        return {"entries": live.content["entries"] if live else self.standing}

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
    form = AbbreviationSetForm
    standing: ClassVar[Sequence[object]] = entries_json(built_in_entries())
