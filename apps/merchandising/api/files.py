"""Rules and synonyms as CSV files."""

from collections.abc import Callable, Mapping
from typing import ClassVar

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.merchandising.api.base import (
    MerchandisingView,
    answer,
    body_as,
    person_may,
    query_as,
)
from apps.merchandising.api.documents import RulesImportAnswer
from apps.merchandising.api.rules import NothingAsked
from apps.merchandising.api.synonyms import described
from apps.merchandising.services_csv import MOST_BYTES_API, rules_import, synonyms_import


class CsvFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file's text."""

    csv: str


class Export(MerchandisingView):
    """A file to keep or to edit; the URL says of what."""

    codename: str = ""
    exported: Callable[[], str] | None = None
    name: str = ""

    def get(self, request: Request) -> HttpResponse:
        """The file."""
        person_may(request, self.codename)
        query_as(request, NothingAsked)
        if self.exported is None:
            raise AssertionError("an export is routed with what it writes")
        return csv_response(self.exported(), self.name)


class RulesImport(MerchandisingView):
    """Many rules at once."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": "change_ruleversion"}

    @idempotent_method
    def post(self, request: Request) -> Response:
        """`csv`; everything of it is drafted, or nothing."""
        text = body_as(request, CsvFile).csv
        done = rules_import(text=text, actor=actor_of(request), most_bytes=MOST_BYTES_API)
        drafted = [each.subject for each in done.drafts]
        return answer(RulesImportAnswer(drafted, list(done.unchanged)))


class SynonymsImport(MerchandisingView):
    """All synonyms anew."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": "change_synonymsetversion"}

    @idempotent_method
    def post(self, request: Request) -> Response:
        """`csv`, as a draft."""
        text = body_as(request, CsvFile).csv
        synonyms_import(text=text, actor=actor_of(request), most_bytes=MOST_BYTES_API)
        return described()


def csv_response(text: str, name: str) -> HttpResponse:
    """A file to be saved under this name."""
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
