from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.publishing.admin_mixins import PublishableVersionAdmin
from apps.search.domain.configuration import settings_content, settings_words
from apps.search.forms import SearchSettingsForm
from apps.search.models import SearchSettingsVersion
from apps.search.selectors.configuration import search_settings, settings_version
from apps.search.services.preview import settings_preview

_TITLES = {
    "fusion": "How the lists become one",
    "keyword_weight": "Share of words",
    "semantic": "Search by meaning",
    "synonyms": "Synonyms",
    "understanding": "Understanding",
    "spelling": "Spelling",
    "history": "Shoppers' history",
    "session": "This visit",
    "session_weight": "Weight of this visit",
    "revisit_weight": "Weight of what was seen before",
}


@admin.register(SearchSettingsVersion)
class SearchSettingsVersionAdmin(PublishableVersionAdmin):
    publish_kind = "search_settings"
    form = SearchSettingsForm
    list_before_template = "admin/publishing/in_force.html"  # type: ignore[assignment]  # unfold annotates its empty default
    list_display = (
        "number", "in_words", "status_label", "created_by", "published_at", "published_by",
        "reason",
    )  # fmt: skip
    ordering = ("-number",)
    readonly_fields = ("in_words", "live_now", "effect")

    def get_fields(self, _request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        content = tuple(SearchSettingsVersion.content_fields)
        if obj is None:
            return (*content, "live_now")
        return (*content, "in_words", "live_now", "effect")

    def get_changeform_initial_data(self, _request: HttpRequest) -> dict[str, Any]:
        return dict(settings_content(search_settings()))

    def place_title(self, path: str) -> str:
        return _TITLES.get(path, path)

    @display(description="In words")
    def in_words(self, row: SearchSettingsVersion) -> str:
        found = settings_version(row.pk)
        return "" if found is None else settings_words(found)

    @display(description="Live now")
    def live_now(self, _row: SearchSettingsVersion) -> str:
        return self.in_force()

    def in_force(self) -> str:
        """How search works now; a list without versions does not mean that nothing is set."""
        live = search_settings()
        whence = f"version {live.number}" if live.number else "from the environment"
        return f"{settings_words(live)} ({whence})"

    @display(description="What would change")
    def effect(self, row: SearchSettingsVersion) -> SafeString:
        found = settings_version(row.pk)
        changes = settings_preview(found) if found else ()
        lines = format_html_join("", "<li><b>{}</b>: {}</li>", changes)
        return format_html("<ul>{}</ul>", lines) if changes else SafeString("Nobody searched yet.")
