from django.urls import path

from apps.experiments.views import actions, detail, exports, listing, methods, tracing

urlpatterns = [
    path("", listing.experiments_list, name="experiments-list"),
    # No key is a lone dash: methods stand beside the experiments.
    path("-/statistics/", methods.methods_page, name="experiments-methods"),
    path("<str:key>/", detail.experiment_detail, name="experiments-detail"),
    path("<str:key>/decide", actions.experiment_decided, name="experiments-decide"),
    path("<str:key>/refresh", actions.experiment_refreshed, name="experiments-refresh"),
    path("<str:key>/trace", tracing.experiment_trace, name="experiments-trace"),
    path("<str:key>/report.<str:kind>", exports.experiment_report, name="experiments-report"),
    path("<str:key>/export/<str:kind>", exports.experiment_export, name="experiments-export"),
]
