"""Routes of metrics, results and plans; they stand before `experiments/<key>`."""

from django.urls import URLPattern, path

from apps.experiments.api.metrics import (
    Metric,
    MetricPreview,
    MetricRollback,
    Metrics,
    MetricStep,
)
from apps.experiments.api.plan import Plan
from apps.experiments.api.results import (
    ExperimentMetrics,
    ExperimentRefresh,
    ExperimentResultsRoute,
)
from apps.experiments.api.schema_analysis import analysis_schema_register

analysis_schema_register()

analysis_urlpatterns: list[URLPattern] = [
    path("experiments/plan", Plan.as_view(), name="experiments-plan"),
    path("metrics", Metrics.as_view(), name="metric-list"),
    path("metrics/<slug:key>", Metric.as_view(), name="metric"),
    path("metrics/<slug:key>/preview", MetricPreview.as_view(), name="metric-preview"),
    path("metrics/<slug:key>/rollback", MetricRollback.as_view(), name="metric-rollback"),
    path("metrics/<slug:key>/<slug:step>", MetricStep.as_view(), name="metric-step"),
    path("experiments/<slug:key>/metrics", ExperimentMetrics.as_view(), name="experiment-metrics"),
    path("experiments/<slug:key>/refresh", ExperimentRefresh.as_view(), name="experiment-refresh"),
    path(
        "experiments/<slug:key>/results",
        ExperimentResultsRoute.as_view(),
        name="experiment-results",
    ),
]
