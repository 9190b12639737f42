"""Rules in admin: the list, a page a version, the guided form, retiring."""

from textwrap import shorten
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.decorators import display

from apps.catalog.selectors import category_tree_fresh
from apps.catalog.selectors_names import product_titles, products_named
from apps.common.errors import ApplicationError, NotFound
from apps.merchandising.admin_calendar import calendar_page
from apps.merchandising.admin_files import export_answer, import_page
from apps.merchandising.admin_rule_lists import (
    STATE_COLOURS,
    CampaignFilter,
    StateFilter,
    words_changed,
)
from apps.merchandising.contracts_rule_views import RuleView
from apps.merchandising.contracts_rules import MerchandisingRule, RuleState
from apps.merchandising.domain.rules.content import rule_parse
from apps.merchandising.domain.rules.wording import rule_lines, rule_words
from apps.merchandising.forms_guided_rule import GuidedRule
from apps.merchandising.models import RuleVersion
from apps.merchandising.selectors_rules import (
    RULES,
    campaigns_known,
    rule_of_version,
    rule_view,
    state_of_version,
)
from apps.merchandising.services_checks import conflicts_with_published, products_named_by
from apps.merchandising.services_csv import rules_export, rules_import
from apps.merchandising.services_rules import rule_create, rule_edit, rule_retire
from apps.publishing.admin_mixins import PublishableVersionAdmin
from apps.publishing.admin_steps import Step
from apps.publishing.contracts import FieldChange, VersionStatus, VersionView
from apps.publishing.selectors import subject_versions

_PICKED = 10
_MOST_SAID = 90
_COPY = "copy"


@admin.register(RuleVersion)
class RuleVersionAdmin(PublishableVersionAdmin):
    """Rules, one line for what is published of each and one for what waits."""

    publish_kind = RULES
    list_display = (  # type: ignore[assignment]  # mypy reads a tuple of seven from the base
        "subject", "title", "says", "state_label", "campaign", "priority", "number",
        "published_at",
    )  # fmt: skip
    list_display_links = ("subject", "title")
    list_filter = (StateFilter, CampaignFilter)  # type: ignore[assignment]  # the same
    search_fields = ("subject", "title", "campaign", "conditions", "consequences")  # type: ignore[assignment]  # the same
    ordering = ("subject", "-number")
    list_before_template = "admin/merchandising/list_tools.html"  # type: ignore[assignment]  # unfold annotates its empty default

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, self._url_name
        ours = [
            path("calendar/", view(self.calendar_view), name=name("calendar")),
            path("products/", view(self.products_view), name=name("products")),
            path("import/", view(self.import_view), name=name("import")),
            path("export/", view(self.export_view), name=name("export")),
            path("rule/<slug:key>/edit/", view(self.edit_view), name=name("edit")),
            path("rule/<slug:key>/retire/", view(self.retire_view), name=name("retire")),
        ]
        urls: list[URLPattern] = super().get_urls()
        return ours + urls

    @display(description="What it says")
    def says(self, row: RuleVersion) -> str:
        words = rule_words(rule_parse(row.subject, row.number, row.rule_fields()))
        return shorten(words, _MOST_SAID, placeholder=" ...")

    @display(description="State", label=STATE_COLOURS)
    def state_label(self, row: RuleVersion) -> str:
        state = row.state_at(timezone.now())
        if state is RuleState.IN_REVIEW and row.reviewed_at is not None:
            return "approved"
        return state.value.replace("_", " ") if state is not None else row.status

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A new rule."""
        del form_url, extra_context
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._edited(request, {}, key="")

    def edit_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """The rule's draft, begun from what waits, else from what is published."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        view = self._rule_view(key)
        return self._edited(request, dict((view.proposal or view.shown).content), key=key)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One version: what it says, whom it contradicts, the steps from here."""
        del form_url, extra_context
        version = self._version(request, int(object_id) if object_id.isdecimal() else 0)
        rule = rule_of_version(version)
        open_or_live = version.status not in {VersionStatus.SUPERSEDED, VersionStatus.REJECTED}
        acts = open_or_live and not version.content["retired"]
        return self._rule_page(
            request,
            "version",
            title=rule.title,
            version=version,
            publishing=self._bar(request, object_id),
            state=state_of_version(version, timezone.now()),
            lines=rule_lines(rule),
            products=product_titles(tuple(products_named_by(rule.consequences))),
            conflicts=conflicts_with_published(rule) if acts else (),
            versions=subject_versions(kind=RULES, subject=version.subject, limit=20),
            may_edit=self.has_change_permission(request),
            may_retire=self._may_retire(request, version),
        )

    def retire_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Ask why, then take the rule offline."""
        if not request.user.has_perm("merchandising.publish_ruleversion"):
            raise PermissionDenied
        view, refusal = self._rule_view(key), ""
        if request.method == "POST":
            try:
                done = rule_retire(
                    key=key, actor=request.user, reason=request.POST.get("reason", "")
                )
            except ApplicationError as refused:
                refusal = refused.message
            else:
                messages.success(request, f"Version {done.number} of {key}: {done.status}.")
                return HttpResponseRedirect(self._change_url(done.id))
        return self._rule_page(
            request, "retire", title=f"Retire {key}", view=view, refusal=refusal,
            back=self._change_url(view.shown.id),
        )  # fmt: skip

    def products_view(self, request: HttpRequest) -> JsonResponse:
        """Products for the picker: `?q=`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = products_named(request.GET.get("q", "").replace("\x00", "")[:200], limit=_PICKED)
        return JsonResponse({
            "results": [
                {"id": each.product_id, "title": each.title, "brand": each.brand,
                 "active": each.active}
                for each in found
            ]
        })  # fmt: skip

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """A CSV file of rules, as drafts."""
        if not self.has_change_permission(request):
            raise PermissionDenied

        def taken(text: str) -> str:
            done = rules_import(text=text, actor=request.user)
            return f"{len(done.drafts)} rules drafted, {len(done.unchanged)} unchanged."

        return import_page(self, request, taken, title="Import rules", what="rules")

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Every rule as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return export_answer(rules_export(), "rules.csv")

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        """What is live when."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return calendar_page(self, request)

    def _edited(self, request: HttpRequest, content: dict[str, Any], *, key: str) -> HttpResponse:
        guided = GuidedRule(
            request.POST if request.method == "POST" else None,
            content,
            tree=category_tree_fresh(),
            new=not key,
            key=key,
        )
        valid = guided.checked and guided.is_valid()
        checking = "check" in request.POST
        if valid and not checking:
            saved = self._saved(request, guided, key)
            if saved is not None:
                return saved
        rule = self._meant(guided, key) if valid and checking else None
        return self._rule_page(
            request,
            "edit",
            title=f"Edit {key}" if key else "A new rule",
            guided=guided,
            campaigns=campaigns_known(),
            words=rule_words(rule) if rule is not None else "",
            conflicts=conflicts_with_published(rule) if rule is not None else (),
            key=key,
        )

    def _meant(self, guided: GuidedRule, key: str) -> MerchandisingRule:
        return rule_parse(key or guided.main.cleaned_data["key"], 0, guided.content)

    def _saved(self, request: HttpRequest, guided: GuidedRule, key: str) -> HttpResponse | None:
        try:
            if key:
                made = rule_edit(key=key, content=guided.content, actor=request.user)
            else:
                key = guided.main.cleaned_data["key"]
                made = rule_create(key=key, content=guided.content, actor=request.user)
        except ApplicationError as refused:
            field = "key" if refused.code == "key_taken" else refused.extra.get("field", "")
            guided.refuse(str(field), refused.message)
            return None
        messages.success(request, "The draft is saved; it acts once it is published.")
        return HttpResponseRedirect(self._change_url(made.id))

    def _steps(self, request: HttpRequest, version: VersionView) -> tuple[Step, ...]:
        # A rule has one draft: "Edit" goes on with it, or begins it.
        return tuple(step for step in super()._steps(request, version) if step.name != _COPY)

    def _changes(self, other: VersionView | None, version: VersionView) -> tuple[FieldChange, ...]:
        if other is None or other.id == version.id:
            return ()
        return words_changed(other, version)

    def _may_retire(self, request: HttpRequest, version: VersionView) -> bool:
        live = version.status is VersionStatus.PUBLISHED and not version.content["retired"]
        return live and request.user.has_perm("merchandising.publish_ruleversion")

    def _rule_view(self, key: str) -> RuleView:
        try:
            return rule_view(key, as_of=timezone.now())
        except NotFound as missing:
            raise Http404(missing.message) from missing

    def _rule_page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/merchandising/{name}.html", {**shared, **context})
