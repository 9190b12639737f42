"""CSV files in admin: upload or paste one; every error stands under it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import TEXTAREA_CLASSES

from apps.common.errors import ApplicationError
from apps.merchandising.services_csv import MOST_BYTES


class CsvForm(forms.Form):
    """A file, or its text."""

    file = forms.FileField(required=False, label="A CSV file")
    text = forms.CharField(
        required=False,
        label="or its text",
        strip=False,
        widget=forms.Textarea(
            {"class": " ".join(TEXTAREA_CLASSES), "rows": "8", "spellcheck": "false",
             "style": "font-family: monospace"}
        ),
    )  # fmt: skip

    def csv(self) -> str:
        """The text of either.

        Raises:
            ValidationError: neither, too much, or no text.
        """
        file = self.cleaned_data["file"]
        if file is None:
            return str(self.cleaned_data["text"])
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"A file has at most {MOST_BYTES} bytes.")
        try:
            return str(file.read().decode("utf-8"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError("This file is not UTF-8 text.") from error


def import_page(
    page: Any,
    request: HttpRequest,
    taken: Callable[[str], str],
    *,
    title: str,
    what: str,
) -> HttpResponse:
    """Ask for a file; `taken` imports its text and says what came of it."""
    form = CsvForm(request.POST or None, request.FILES or None)
    errors: list[dict[str, object]] = []
    listed = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, taken(form.csv()))
            return HttpResponseRedirect(listed)
        except forms.ValidationError as refused:
            form.add_error("file", refused)
        except ApplicationError as refused:
            errors = refused.extra.get("errors") or [{"message": refused.message}]
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": title,
        "what": what,
        "form": form,
        "errors": errors,
        "listed": listed,
    }
    return TemplateResponse(request, "admin/merchandising/import.html", context)


def export_answer(text: str, name: str) -> HttpResponse:
    """A file to be saved under this name."""
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
