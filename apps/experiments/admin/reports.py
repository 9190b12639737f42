"""Report subscriptions, with a webhook's secret shown once; deliveries, read only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.common.errors import ApplicationError
from apps.experiments.admin.pages_base import person_of
from apps.experiments.forms.reports import SubscriptionForm
from apps.experiments.models import ReportDelivery, ReportSubscription
from apps.experiments.services.report_subscriptions import (
    report_secret_renew,
    report_subscription_create,
    report_subscription_edit,
    report_subscription_remove,
)

_LIST = "admin:experiments_reportsubscription_changelist"


@admin.register(ReportSubscription)
class ReportSubscriptionAdmin(ModelAdmin):
    """Who hears of experiments by e-mail or webhook."""

    form = SubscriptionForm
    list_display = ("target", "channel", "about", "occasions_words", "active", "created_at")
    list_filter = ("channel", "active")
    list_select_related = ("experiment",)
    search_fields = ("target",)
    actions = None
    change_form_outer_before_template = "admin/experiments/subscription_bar.html"  # type: ignore[assignment]  # unfold annotates its empty default

    def get_fields(self, _request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("channel", "target", "experiment_key", "occasions")
        return ("channel", "target", "about", "occasions", "active")

    def get_readonly_fields(self, _request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("channel", "target", "about") if obj else ()

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **kwargs: Any,
    ) -> Any:
        # The experiment's key is a field of the form alone.
        kwargs["fields"] = ("occasions", "active") if obj else ("channel", "target", "occasions")
        return super().get_form(request, obj, change, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        renew = self.admin_site.admin_view(require_POST(self.renew_view))
        name = "experiments_reportsubscription_renew"
        urls: list[URLPattern] = super().get_urls()
        return [path("<int:subscription_id>/renew/", renew, name=name), *urls]

    @display(description="About")
    def about(self, row: ReportSubscription) -> str:
        return row.experiment.key if row.experiment is not None else "all experiments"

    @display(description="Tells when")
    def occasions_words(self, row: ReportSubscription) -> str:
        return ", ".join(each.replace("_", " ") for each in row.occasions)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ApplicationError as refused:
            messages.error(request, refused.message)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        cleaned = form.cleaned_data
        if change:
            report_subscription_edit(
                subscription_id=int(obj.pk),
                occasions=cleaned["occasions"],
                active=cleaned["active"],
                actor=person_of(request),
            )
            return
        view, secret = report_subscription_create(
            channel=cleaned["channel"],
            target=cleaned["target"],
            occasions=cleaned["occasions"],
            experiment=cleaned.get("experiment_key", ""),
            actor=person_of(request),
        )
        obj.pk = view.id
        obj.refresh_from_db()
        request._endcap_secret = secret  # type: ignore[attr-defined]  # noqa: SLF001 - ours, for response_add

    def response_add(
        self, request: HttpRequest, obj: Model, post_url_continue: Any = None
    ) -> HttpResponse:
        secret: str = request._endcap_secret  # type: ignore[attr-defined]  # noqa: SLF001 - the same
        if not secret:
            return super().response_add(request, obj, post_url_continue)
        return self._secret_page(request, str(obj), secret)

    def renew_view(self, request: HttpRequest, subscription_id: int) -> HttpResponse:
        """Another secret, shown once; the old one signs nothing any more."""
        row = self.get_object(request, str(subscription_id))
        if row is None or not self.has_change_permission(request, row):
            return HttpResponseRedirect(reverse(_LIST))
        try:
            secret = report_secret_renew(subscription_id=subscription_id, actor=person_of(request))
        except ApplicationError as refused:
            messages.error(request, refused.message)
            return HttpResponseRedirect(reverse(_LIST))
        return self._secret_page(request, str(row), secret)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        report_subscription_remove(subscription_id=int(obj.pk), actor=person_of(request))

    def _secret_page(self, request: HttpRequest, target: str, secret: str) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(
            request,
            "admin/experiments/secret.html",
            {**shared, "title": "The secret of a webhook", "target": target, "secret": secret},
        )


@admin.register(ReportDelivery)
class ReportDeliveryAdmin(ModelAdmin):
    """Every report that left, or tries to."""

    list_display = (
        "created_at", "occasion", "experiment", "subscription", "state", "attempts", "last_error",
    )  # fmt: skip
    list_filter = ("state", "occasion")
    list_select_related = ("experiment", "subscription")
    actions = None

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False
