"""GET …/{key}/days: the sufficient statistics of every day, ready for a notebook."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api.openapi import hot_route_document
from apps.common.errors import InvalidInput
from apps.experiments.api.base import ExperimentsView, query_known
from apps.experiments.domain.pages.exports import DAY_COLUMNS, day_rows, table_csv
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.rollups import rollup_rows

_PATH = "/api/v1/experiments/{key}/days"


class ExperimentDays(ExperimentsView):
    """Cumulative rows: the last day of a phase and variant is the whole of it."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_experiment"}

    def get(self, request: Request, key: str) -> HttpResponse:
        """JSON lines, or CSV with `as=csv`; `dimension=*` adds every dimension's values."""
        query_known(request, "as", "dimension")
        shape = request.query_params.get("as", "jsonl")
        if shape not in {"jsonl", "csv"}:
            raise InvalidInput("Rows are written as jsonl or csv.", field="as")
        dimension = request.query_params.get("dimension", "")
        wanted = None if dimension == "*" else dimension
        rows = day_rows(key, rollup_rows(experiment_id=experiment_view(key).id, dimension=wanted))
        if shape == "csv":
            return HttpResponse(table_csv(DAY_COLUMNS, rows), content_type="text/csv")
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return HttpResponse(lines, content_type="application/x-ndjson")


_REFUSALS = {
    "400": "A parameter cannot be used.",
    "401": "No valid key.",
    "403": "The key may not.",
    "404": "There is no such experiment.",
    "429": "Too many requests.",
}


def days_document() -> dict[str, Any]:
    """The operation in the committed schema."""
    text = {"schema": {"type": "string"}}
    return {
        "operationId": "experiments_days",
        "summary": "Sufficient statistics per phase, variant, metric and day, cumulative.",
        "tags": ["experiments"],
        "security": [{"ApiKey": []}, {"Bearer": []}],
        "parameters": [
            {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}},
            {
                "name": "as",
                "in": "query",
                "schema": {"type": "string", "enum": ["jsonl", "csv"], "default": "jsonl"},
            },
            {
                "name": "dimension",
                "in": "query",
                "description": "A declared dimension, `*` for all; all units when empty.",
                "schema": {"type": "string"},
            },
        ],
        "responses": {
            "200": {
                "description": "One row a line.",
                "content": {"application/x-ndjson": text, "text/csv": text},
            },
            **{status: {"description": words} for status, words in _REFUSALS.items()},
        },
    }


def days_register() -> None:
    """Make the route known to the schema."""
    hot_route_document(_PATH, "get", days_document)
