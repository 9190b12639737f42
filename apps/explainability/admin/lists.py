from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.access.admin_audit import AuditedModelAdmin
from apps.explainability.models import JudgementList


@admin.register(JudgementList)
class JudgementListAdmin(AuditedModelAdmin):
    """Name, scale and guideline; ratings have a page of their own."""

    list_display = ("name", "source", "scale", "gate", "changed_at")
    search_fields = ("name", "description")
    fields = ("name", "description", "scale", "how", "gate")

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_addanother" in request.POST or "_continue" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return redirect("relevance-list", obj.pk)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if "_addanother" in request.POST or "_continue" in request.POST:
            return super().response_change(request, obj)
        return redirect("relevance-list", obj.pk)

    def view_on_site(self, obj: JudgementList) -> str:
        return reverse("relevance-list", args=(obj.pk,))
