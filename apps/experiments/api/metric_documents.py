"""What the API answers about metrics and their arms."""

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.metrics import MetricVersionView
from apps.experiments.contracts.results import ExperimentResults, MetricResult
from apps.experiments.domain.analysis.documents import document_written
from apps.experiments.domain.metrics.reading import metric_written
from apps.publishing.contracts import VersionView


def metric_document(metric: MetricVersionView) -> dict[str, Json]:
    """A metric's version with its definition."""
    return {
        "key": metric.key,
        "version": metric.version,
        "definition": metric_written(metric.definition),
    }


def version_document(version: VersionView) -> dict[str, Json]:
    """A version on its way to being published."""
    return {"key": version.subject, "version": version.number, "status": version.status.value}


def _metric_arms(metric: MetricResult) -> dict[str, Json]:
    return {
        "key": metric.key,
        "version": metric.version,
        "title": metric.title,
        "role": metric.role.value,
        "kind": metric.kind.value,
        "arms": document_written(metric.arms),
        "steps": document_written(metric.steps),
    }


def experiment_metrics_document(results: ExperimentResults) -> dict[str, Json]:
    """Raw counts, rates and means per variant, with how current they are."""
    return {
        "key": results.key,
        "as_of": results.as_of.isoformat(),
        "salt_version": results.salt_version,
        "units": document_written(results.units),
        "readable": results.readable,
        "unreadable_because": list(results.unreadable_because),
        "freshness": document_written(results.freshness),
        "metrics": [_metric_arms(metric) for metric in results.metrics],
    }
