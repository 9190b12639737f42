"""Flags: a switch each, and the definition that a second person may have to approve."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.common.errors import ApplicationError
from apps.experiments.admin.flag_steps import flag_steps
from apps.experiments.admin.versions import ReadOnlyVersions
from apps.experiments.admin.words import percent, targeting_words
from apps.experiments.contracts.lifecycle import FlagDefinition, FlagView
from apps.experiments.domain.design.flags import flag_read, flag_written
from apps.experiments.forms.flags import GuidedFlag
from apps.experiments.models import Flag, FlagVersion
from apps.experiments.selectors.flags import FLAG_KIND, flag_proposal, flag_view, flags_view
from apps.experiments.services.flags import flag_create, flag_edit, flag_switch
from apps.publishing.admin_steps import Step
from apps.publishing.contracts import VersionView


@admin.register(Flag)
class FlagAdmin(ModelAdmin):
    """The list with its switches, and one page a flag."""

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False  # switched off, and kept

    def get_urls(self) -> list[URLPattern]:
        switch = self.admin_site.admin_view(require_POST(self.switch_view))
        ours = [path("<int:object_id>/switch/", switch, name="experiments_flag_switch")]
        urls: list[URLPattern] = super().get_urls()
        return ours + urls

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        del extra_context
        if not self.has_view_permission(request):
            raise PermissionDenied
        ids = dict(Flag.objects.values_list("key", "pk"))
        return self._page(
            request,
            "list",
            title="Flags",
            lines=[(view, ids[view.key], _served(view)) for view in flags_view()],
            may_switch=request.user.has_perm("experiments.switch_flag"),
            may_add=self.has_add_permission(request),
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        del form_url, extra_context
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._edited(request, GuidedFlag(_posted(request), {}, new=True), None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        del form_url, extra_context
        if not self.has_view_permission(request):
            raise PermissionDenied
        view = self._view(object_id)
        proposal = flag_proposal(view.key)
        document: Any = flag_written(view.definition) if view.definition is not None else {}
        if proposal is not None:
            document = proposal.content["definition"]
        return self._edited(request, GuidedFlag(_posted(request), document, new=False), view)

    def switch_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """On or off at one click; audited."""
        if not request.user.has_perm("experiments.switch_flag"):
            raise PermissionDenied
        key, enabled = self._view(object_id).key, request.POST.get("enabled") == "1"
        try:
            flag_switch(key=key, enabled=enabled, actor=request.user, reason="switched in admin")
        except ApplicationError as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, f"{key} is {'on' if enabled else 'off'}.")
        return HttpResponseRedirect(reverse("admin:experiments_flag_changelist"))

    def _edited(
        self, request: HttpRequest, guided: GuidedFlag, view: FlagView | None
    ) -> HttpResponse:
        if guided.checked and (view is None or self.has_change_permission(request)):
            saved = self._saved(request, guided, view)
            if saved is not None:
                return saved
        proposal = flag_proposal(view.key) if view is not None else None
        return self._page(
            request,
            "edit",
            title="A new flag" if view is None else view.key,
            guided=guided,
            view=view,
            served=_served(view) if view is not None else (),
            proposal=proposal,
            may_change=view is None or self.has_change_permission(request),
        )

    def _saved(
        self, request: HttpRequest, guided: GuidedFlag, view: FlagView | None
    ) -> HttpResponse | None:
        if not guided.is_valid():
            return None
        try:
            definition = guided.document()
            if view is None:
                key = guided.main.cleaned_data["key"]
                flag_create(key=key, definition=definition, actor=request.user)
            else:
                key = view.key
                flag_edit(key=key, definition=definition, actor=request.user)
        except ApplicationError as refused:
            guided.refuse(str(refused.extra.get("field", "")), refused.message)
            return None
        proposal = flag_proposal(key)
        if proposal is None:
            raise AssertionError("a saved flag has a draft")
        messages.success(request, "The draft is saved; it serves nothing before it is published.")
        return HttpResponseRedirect(
            reverse("admin:experiments_flagversion_change", args=(proposal.id,))
        )

    def _view(self, object_id: object) -> FlagView:
        text = str(object_id)
        row = Flag.objects.filter(pk=int(text)).first() if text.isdigit() else None
        if row is None:
            raise Http404("There is no such flag.")
        return flag_view(row.key)

    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(
            request, f"admin/experiments/flags/{name}.html", {**shared, **context}
        )


@admin.register(FlagVersion)
class FlagVersionAdmin(ReadOnlyVersions):
    """Versions of flags with their steps; written on the flag's page."""

    publish_kind = FLAG_KIND
    fields = ("subject", "what_it_serves", "definition")
    readonly_fields = ("what_it_serves",)

    def _steps(self, request: HttpRequest, version: VersionView) -> tuple[Step, ...]:
        return flag_steps(super()._steps(request, version))

    def what_it_serves(self, row: FlagVersion) -> str:
        """In words."""
        return "; ".join(_definition_words(flag_read(row.definition)))


def _served(view: FlagView) -> tuple[str, ...]:
    if view.definition is None:
        return ("nothing is published yet",)
    return _definition_words(view.definition)


def _definition_words(definition: FlagDefinition) -> tuple[str, ...]:
    rules = [
        f"{rule.value!r} for {targeting_words(rule.targeting)}"
        + ("" if rule.coverage >= 1 else f", {percent(rule.coverage)} of them by {rule.unit}")
        for rule in definition.rules
    ]
    return (*rules, f"else {definition.value!r}", f"{definition.off_value!r} when off")


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None
