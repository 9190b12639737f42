"""Hot routes of serving; included before the routes of one experiment."""

from django.urls import URLPattern, path

from apps.experiments.api.assign import experiment_assign_post
from apps.experiments.api.inspecting import experiment_qa_links_post, experiment_trace_get
from apps.experiments.api.ofrep import ofrep_flag_post, ofrep_flags_post
from apps.experiments.api.reports import experiment_conversions_post, experiment_exposures_post
from apps.experiments.api.sdk import sdk_features_get
from apps.experiments.api.serving_schema import schema_register

schema_register()

_ONE = "api/v1/experiments/<str:key>"

urlpatterns: list[URLPattern] = [
    path(
        "api/v1/experiments/conversions",
        experiment_conversions_post,
        name="experiments-conversions",
    ),
    path(f"{_ONE}/assign", experiment_assign_post, name="experiments-assign"),
    path(f"{_ONE}/exposures", experiment_exposures_post, name="experiments-exposures"),
    path(f"{_ONE}/trace", experiment_trace_get, name="experiments-trace-api"),
    path(f"{_ONE}/qa-links", experiment_qa_links_post, name="experiments-qa-links"),
    path("ofrep/v1/evaluate/flags", ofrep_flags_post, name="ofrep-flags"),
    path("ofrep/v1/evaluate/flags/<str:key>", ofrep_flag_post, name="ofrep-flag"),
    path("api/features/<str:client_key>", sdk_features_get, name="sdk-features"),
]
