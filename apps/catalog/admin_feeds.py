"""Admin pages for feeds: upload, look at the dry run, then import; and the export."""

import re
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.catalog.domain.import_report import ImportReport
from apps.catalog.forms import ImportForm
from apps.catalog.services import catalog_export, catalog_import
from apps.common.errors import ApplicationError

_SESSION_KEY = "catalog_import"
_TOKEN = re.compile(r"[0-9a-f]{32}")
_SHOWN = 200


def import_page(request: HttpRequest) -> HttpResponse:
    """GET: the form. POST with a file: a dry run (or not). POST `confirm`: the file again."""
    if not request.user.has_perms(("catalog.add_product", "catalog.change_product")):
        raise PermissionDenied
    if request.method == "POST" and "confirm" in request.POST:
        return _confirmed(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form=form)
    upload = form.cleaned_data["file"]
    token = secrets.token_hex(16)
    path = _path(token)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        for chunk in upload.chunks():
            stream.write(chunk)
    wanted = {
        "token": token,
        "name": upload.name[:200],
        "format": form.cleaned_data["format"],
        "currency": form.cleaned_data["currency"],
    }
    dry_run = form.cleaned_data["dry_run"]
    if dry_run:
        request.session[_SESSION_KEY] = wanted
    return _imported(request, wanted, dry_run=dry_run)


def _confirmed(request: HttpRequest) -> HttpResponse:
    # Only the file that this session uploaded, and only once.
    wanted = request.session.pop(_SESSION_KEY, None)
    if not wanted or not _TOKEN.fullmatch(wanted["token"]) or not _path(wanted["token"]).exists():
        return _page(request, form=ImportForm(), failure="Upload the file again.")
    return _imported(request, wanted, dry_run=False)


def _imported(request: HttpRequest, wanted: dict[str, str], *, dry_run: bool) -> HttpResponse:
    path = _path(wanted["token"])
    report: ImportReport | None = None
    failure = ""
    try:
        report = catalog_import(
            path=path,
            format=wanted["format"],
            dry_run=dry_run,
            actor=request.user,
            default_currency=wanted["currency"],
            source_name=wanted["name"],
        )
    except ApplicationError as error:
        failure = error.message
    finally:
        if not dry_run or report is None:
            path.unlink(missing_ok=True)
    return _page(request, form=ImportForm(), report=report, failure=failure, name=wanted["name"])


def _path(token: str) -> Path:
    return Path(settings.VAR_DIR) / "uploads" / f"{token}.feed"


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    report = context.get("report")
    context["problems"] = report.problems[:_SHOWN] if report else ()
    context |= {**admin.site.each_context(request), "title": "Import products"}
    return TemplateResponse(request, "admin/catalog/product/import.html", context)


def export_page(request: HttpRequest) -> HttpResponse | FileResponse:
    """The catalogue as a Merchant feed, gzipped; POST, since it is audited."""
    if not request.user.has_perm("catalog.view_product"):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, form=ImportForm())
    path = Path(settings.VAR_DIR) / "exports" / f"{secrets.token_hex(16)}.tsv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog_export(path=path, actor=request.user, include_inactive="all" in request.POST)
    stream = path.open("rb")
    # Unlinked while open: the bytes live until the answer has been sent.
    path.unlink()
    return FileResponse(stream, as_attachment=True, filename="products.tsv.gz")
