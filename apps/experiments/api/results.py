"""GET …/{key}/metrics and …/{key}/results: what the roll-ups say."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.dateparse import parse_datetime
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.contracts import Scope
from apps.access.idempotency import idempotent_method
from apps.common.errors import InvalidInput
from apps.experiments.api.base import READ, ExperimentsView, body_of
from apps.experiments.api.metric_documents import experiment_metrics_document
from apps.experiments.contracts.results import ExperimentResults
from apps.experiments.domain.analysis.documents import results_document
from apps.experiments.selectors.analysis import analysis_latest
from apps.experiments.services.analysis import analysis_refresh, results_for

_PARAMETERS = frozenset({"as_of", "phase", "salt_version"})
_MOST_DIGITS = 6


class _Reading(ExperimentsView):
    """Both routes read the same parameters; `format` is ours, not the renderer's name."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_experiment"}

    def perform_content_negotiation(self, *_request: object, **_force: object) -> Any:
        """JSON, whatever `format` says."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type


class ExperimentMetrics(_Reading):
    """Counts, rates and means per variant, without a test."""

    def get(self, request: Request, key: str) -> Response:
        """Every metric's arms with numerators and denominators."""
        return Response(experiment_metrics_document(_results(request, key, _PARAMETERS)))


class ExperimentResultsRoute(_Reading):
    """The full analysis."""

    def get(self, request: Request, key: str) -> Response:
        """Computed now; `format=document` answers the stored latest analysis instead."""
        shape = request.query_params.get("format", "")
        if shape not in {"", "document"}:
            raise InvalidInput("The only other format is document.", field="format")
        if shape:
            _known_only(request, frozenset({"format"}))
            return Response(dict(analysis_latest(key)))
        return Response(results_document(_results(request, key, _PARAMETERS | {"format"})))


class ExperimentRefresh(ExperimentsView):
    """The latest analysis anew; it changes nothing of the experiment, so reading is enough."""

    required_scope: ClassVar[Mapping[str, Scope]] = {"POST": READ}
    permissions: ClassVar[Mapping[str, str]] = {"POST": "refresh_experiment"}

    @idempotent_method
    def post(self, request: Request, key: str) -> Response:
        """Compute and store it; answers what is stored."""
        with body_of(request):
            pass
        analysis_refresh(key=key)
        return Response(dict(analysis_latest(key)))


def _results(request: Request, key: str, known: frozenset[str]) -> ExperimentResults:
    _known_only(request, known)
    return results_for(
        key=key,
        as_of=_moment(request),
        phase=_whole(request, "phase"),
        salt_version=_whole(request, "salt_version"),
    )


def _known_only(request: Request, known: frozenset[str]) -> None:
    for name in request.query_params:
        if name not in known:
            raise InvalidInput(f"There is no parameter {name}.", field=name)


def _moment(request: Request) -> datetime | None:
    said = request.query_params.get("as_of")
    if said is None:
        return None
    try:
        found = parse_datetime(said)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput("A time with its zone, such as 2026-05-01T00:00:00Z.", field="as_of")
    return found


def _whole(request: Request, name: str) -> int | None:
    said = request.query_params.get(name)
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS):
        raise InvalidInput("A whole number.", field=name)
    return int(said)
