"""Judgement lists and evaluations over the API; admin's services behind it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.contracts import Scope
from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of, person_permitted
from apps.common.errors import InvalidInput, TooLarge
from apps.explainability.contracts.judged import (
    ConfigurationInvalid,
    EvaluationStatus,
)
from apps.explainability.domain.comparing import gate_verdict
from apps.explainability.domain.configurations import configuration_of
from apps.explainability.domain.judgement_csv import rows_written
from apps.explainability.domain.told import gate_told, list_told, run_told
from apps.explainability.selectors.judged import (
    judgement_list,
    judgement_list_named,
    judgement_lists,
    judgements_merged,
    ratings_stream,
)
from apps.explainability.selectors.runs import (
    run_scores,
    run_view,
    runs_compared,
    runs_count,
    runs_newest,
)
from apps.explainability.services.evaluations import evaluation_request
from apps.explainability.services.gate import alpha_now
from apps.explainability.services.lists import judgements_import
from apps.explainability.services.reconciling import runs_reconcile

READ, WRITE = Scope.RANKING_READ, Scope.RANKING_WRITE
_MOST, _PAGE = 200, 50
_LONGEST_NUMBER = 10
_BODY = ("list", "configuration", "label")


class RelevanceView(APIView):
    """Reads want `ranking:read`, writes `ranking:write`; of people their permission too."""

    # Described in `schema_judged`, like the hot routes.
    schema = None
    required_scope: ClassVar[Mapping[str, Scope]] = {"GET": READ, "POST": WRITE}
    permissions: ClassVar[Mapping[str, str]] = {}

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Let in by scope, then by the person's permission."""
        super().initial(request, *args, **kwargs)
        codename = self.permissions.get(request.method or "", "")
        person_permitted(request, f"explainability.{codename}")


class Lists(RelevanceView):
    """All of them."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_judgementlist"}

    def get(self, request: Request) -> Response:
        """Every list by name."""
        _known(request)
        return Response({"results": [list_told(each) for each in judgement_lists()]})


class CsvParser(BaseParser):
    """The body of an import, unread."""

    media_type = "text/csv"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """All of it, where it is no more than DATA_UPLOAD_MAX_MEMORY_SIZE.

        Raises:
            TooLarge: over it. Django bounds what it reads into memory itself, no stream.
        """
        del media_type, parser_context
        most = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        body = bytes(stream.read(most + 1))
        if len(body) > most:
            raise TooLarge(
                f"A request carries at most {most} bytes.",
                extra={"field": "body", "limit_bytes": most},
            )
        return body


class Judgements(RelevanceView):
    """The ratings of a list as CSV."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "export_judgementlist",
        "POST": "import_judgementlist",
    }
    parser_classes = (CsvParser,)

    def get(self, request: Request, list_id: int) -> HttpResponse:
        """`query,product_id,rating`; with `raters=true` every rater's own."""
        _known(request, "raters")
        asked = request.query_params.get("raters", "false")
        if asked not in {"true", "false"}:
            raise InvalidInput("raters is true or false.", field="raters")
        view = judgement_list(list_id)
        rows = (
            rows_written(ratings_stream(view.id), raters=True)
            if asked == "true"
            else rows_written(judgements_merged(view.id))
        )
        return HttpResponse("".join(rows), content_type="text/csv; charset=utf-8")

    def post(self, request: Request, list_id: int) -> Response:
        """All of a CSV, or nothing of it."""
        _known(request)
        # Without a body DRF asks no parser, and has an empty form instead.
        given: object = request.data
        body = given if isinstance(given, bytes) else b""
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidInput("The body is no UTF-8 text.", field="body") from error
        report = judgements_import(
            list_id=list_id, lines=text.splitlines(keepends=True), actor=actor_of(request)
        )
        told = ("rows", "stored", "unchanged", "queries", "unknown_products")
        return Response({name: getattr(report, name) for name in told})


class Runs(RelevanceView):
    """Stored evaluations, newest first."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_evaluationrun",
        "POST": "add_evaluationrun",
    }

    def get(self, request: Request) -> Response:
        """Of one `list` (its name), with one `status`; `limit` and `offset`."""
        _known(request, "list", "status", "limit", "offset")
        name, status = (request.query_params.get(each, "") for each in ("list", "status"))
        if status and status not in set(EvaluationStatus):
            raise InvalidInput("There is no such status.", field="status")
        list_id = judgement_list_named(name).id if name else None
        limit, offset = _number(request, "limit", _PAGE, _MOST), _number(request, "offset", 0)
        runs_reconcile()
        found = runs_newest(list_id=list_id, status=status, limit=limit, offset=offset)
        count = runs_count(list_id=list_id, status=status)
        return Response({"count": count, "results": [run_told(each) for each in found]})

    @idempotent_method
    def post(self, request: Request) -> Response:
        """`list`, `configuration` (an object; published when missing) and `label`."""
        body = request.data
        if not isinstance(body, dict):
            raise InvalidInput("The body is an object.", field="body")
        for name in body:
            if name not in _BODY:
                raise InvalidInput(f"There is no field {name}.", field=str(name))
        for name in ("list", "label"):
            if not isinstance(body.get(name, ""), str):
                raise InvalidInput(f"{name} is a text.", field=name)
        try:
            configuration = configuration_of(body.get("configuration", {}))
        except ConfigurationInvalid as error:
            raise InvalidInput(str(error), field=f"configuration.{error.field}") from error
        run_id = evaluation_request(
            list_id=judgement_list_named(body.get("list", "")).id,
            configuration=configuration,
            label=body.get("label", ""),
            actor=actor_of(request),
        )
        return Response(run_told(run_view(run_id)), status=202)


class Run(RelevanceView):
    """One of them."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_evaluationrun"}

    def get(self, request: Request, run_id: int) -> Response:
        """With its queries and what the figures mean."""
        _known(request)
        runs_reconcile()
        return Response(run_told(run_view(run_id), run_scores(run_id)))


class Compared(RelevanceView):
    """Two of them."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_evaluationrun"}

    def get(self, request: Request, before: int, after: int) -> Response:
        """The paired test of every metric, and the queries that moved most."""
        _known(request)
        first, second = run_view(before), run_view(after)
        comparison = runs_compared(first, second)
        verdict = gate_verdict(comparison, alpha=alpha_now())
        return Response(gate_told(first, second, comparison, verdict))


def _known(request: Request, *known: str) -> None:
    for name in request.query_params:
        if name not in known:
            raise InvalidInput(f"There is no parameter {name}.", field=name)


def _number(request: Request, name: str, default: int, most: int = 10**6) -> int:
    value = request.query_params.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < _LONGEST_NUMBER):
        raise InvalidInput(f"{name} is a whole number.", field=name)
    if int(value) > most:
        raise InvalidInput(f"{name} is at most {most}.", field=name)
    return int(value)
