"""Reads of metric definitions."""

from collections.abc import Iterable

from apps.common.errors import NotFound
from apps.experiments.contracts.metrics import MetricVersionView
from apps.experiments.domain.metrics.reading import metric_read
from apps.experiments.models import MetricVersion
from apps.publishing.contracts import VersionStatus

METRIC_KIND = "experiment_metric"
_LIVE = VersionStatus.PUBLISHED.value


def metrics_live() -> tuple[MetricVersionView, ...]:
    """The published version of every metric, by key; one statement."""
    return tuple(
        _view(row) for row in MetricVersion.objects.filter(status=_LIVE).order_by("subject")
    )


def metric_view(key: str, version: int | None = None) -> MetricVersionView:
    """A metric's published version, or the one with this number (0 and None: the published).

    Raises:
        NotFound: there is none.
    """
    rows = MetricVersion.objects.filter(subject=key)
    row = (rows.filter(number=version) if version else rows.filter(status=_LIVE)).first()
    if row is None:
        words = f"no version {version}" if version else "not been published"
        raise NotFound(f"The metric '{key}' has {words}.", code="no_such_metric")
    return _view(row)


def metric_views(uses: Iterable[tuple[str, int]]) -> tuple[MetricVersionView, ...]:
    """Several (key, version) pairs in one statement, in order; unknown ones are left out.

    Version 0 is the published one.
    """
    wanted = tuple(uses)
    rows = MetricVersion.objects.filter(subject__in={key for key, _ in wanted})
    found: dict[tuple[str, int], MetricVersion] = {}
    for row in rows:
        found[row.subject, row.number] = row
        if row.status == _LIVE:
            found[row.subject, 0] = row
    return tuple(_view(found[use]) for use in wanted if use in found)


def _view(row: MetricVersion) -> MetricVersionView:
    return MetricVersionView(row.subject, row.number, metric_read(row.definition))
