"""Template filters of the pages of judged relevance: figures, written by the pure rooms."""

from collections.abc import Sequence

from django import template

from apps.common.domain.relevance import NotComputable
from apps.explainability.contracts.judged import RunView
from apps.explainability.domain.metrics import GATED, Metric
from apps.explainability.domain.pages.compare import signed as signed_written
from apps.explainability.domain.pages.run_chart import NO_FIGURE, number

register = template.Library()


@register.filter
def figure(value: float | None) -> str:
    return number(value)


@register.filter
def signed(value: float) -> str:
    return signed_written(value)


@register.filter
def gated(run: RunView) -> str:
    return number(run.figures.get(GATED, NO_FIGURE).mean)


@register.filter
def coefficient(value: float | NotComputable) -> str:
    """A coefficient of agreement; a dash where it cannot be computed."""
    return number(None if isinstance(value, NotComputable) else value)


@register.filter
def reason(value: float | NotComputable) -> str:
    """Why a coefficient cannot be computed; empty where it can."""
    return value.reason if isinstance(value, NotComputable) else ""


@register.filter
def at(metrics: Sequence[Metric], place: int) -> str:
    """The title of the metric in this column."""
    return metrics[place].title
