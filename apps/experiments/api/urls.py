from collections.abc import Callable, Mapping

from django.urls import URLPattern, path

from apps.experiments.api.days import ExperimentDays, days_register
from apps.experiments.api.experiments import Activity, Experiment, Experiments, Requirements
from apps.experiments.api.flags import FlagRollback, FlagRoute, Flags, FlagStatus, FlagStep
from apps.experiments.api.layers import Holdout, HoldoutRollback, HoldoutStep, LayerRoute, Layers
from apps.experiments.api.schema import schema_register
from apps.experiments.api.steps import DecisionRoute, ForcedUnits, Phases, StatusRoute, Step
from apps.experiments.api.subscriptions import (
    Deliveries,
    Subscription,
    Subscriptions,
    SubscriptionSecret,
)
from apps.experiments.api.urls_analysis import analysis_urlpatterns
from apps.experiments.services.decision import experiment_ship
from apps.experiments.services.design import (
    experiment_approve,
    experiment_reject,
    experiment_submit,
    experiment_withdraw,
)
from apps.experiments.services.flags import (
    flag_approve,
    flag_discard,
    flag_publish,
    flag_reject,
    flag_submit,
    flag_withdraw,
)
from apps.experiments.services.layers import (
    holdout_approve,
    holdout_discard,
    holdout_publish,
    holdout_reject,
    holdout_submit,
    holdout_withdraw,
)
from apps.experiments.services.lifecycle import experiment_kill, experiment_start

schema_register()
days_register()

_Steps = Mapping[str, tuple[Callable[..., object], str]]
_ReasonedSteps = Mapping[str, tuple[Callable[..., object], str, bool]]
_CHANGE, _REVIEW, _START = "change_experiment", "review_experiment", "start_experiment"
# What is done → the permission that a person needs.
_STEPS: _Steps = {
    "submit": (experiment_submit, _CHANGE),
    "withdraw": (experiment_withdraw, _CHANGE),
    "approve": (experiment_approve, _REVIEW),
    "reject": (experiment_reject, _REVIEW),
    "start": (experiment_start, _START),
    "kill": (experiment_kill, _START),
    "ship": (experiment_ship, "decide_experiment"),
}
# The same, and whether the step wants a reason.
_FLAG_STEPS: _ReasonedSteps = {
    "submit": (flag_submit, "change_flag", False),
    "withdraw": (flag_withdraw, "change_flag", False),
    "discard": (flag_discard, "change_flag", True),
    "approve": (flag_approve, "review_flagversion", False),
    "reject": (flag_reject, "review_flagversion", True),
    "publish": (flag_publish, "publish_flagversion", True),
}
_HOLDOUT_STEPS: _ReasonedSteps = {
    "submit": (holdout_submit, "change_holdoutversion", False),
    "withdraw": (holdout_withdraw, "change_holdoutversion", False),
    "discard": (holdout_discard, "change_holdoutversion", True),
    "approve": (holdout_approve, "review_holdoutversion", False),
    "reject": (holdout_reject, "review_holdoutversion", True),
    "publish": (holdout_publish, "publish_holdoutversion", True),
}

urlpatterns: list[URLPattern] = [
    *analysis_urlpatterns,
    path("experiments", Experiments.as_view(), name="experiments"),
    path("experiments/flags", Flags.as_view(), name="experiment-flags"),
    path("experiments/flags/<slug:key>", FlagRoute.as_view(), name="experiment-flag"),
    path("experiments/flags/<slug:key>/status", FlagStatus.as_view(), name="flag-status"),
    *(
        path(
            f"experiments/flags/<slug:key>/{name}",
            FlagStep.as_view(act=act, codename=codename, reasoned=reasoned),
            name=f"flag-{name}",
        )
        for name, (act, codename, reasoned) in _FLAG_STEPS.items()
    ),
    path("experiments/flags/<slug:key>/rollback", FlagRollback.as_view(), name="flag-rollback"),
    # Beside, not below, `experiments/`: there every other word is an experiment's key.
    path("experiment-layers", Layers.as_view(), name="experiment-layers"),
    path("experiment-layers/<slug:name>", LayerRoute.as_view(), name="experiment-layer"),
    path("experiment-holdout", Holdout.as_view(), name="experiment-holdout"),
    *(
        path(
            f"experiment-holdout/{name}",
            HoldoutStep.as_view(act=act, codename=codename, reasoned=reasoned),
            name=f"experiment-holdout-{name}",
        )
        for name, (act, codename, reasoned) in _HOLDOUT_STEPS.items()
    ),
    path("experiment-holdout/rollback", HoldoutRollback.as_view(), name="holdout-rollback"),
    path("experiment-reports", Subscriptions.as_view(), name="experiment-reports"),
    path("experiment-reports/deliveries", Deliveries.as_view(), name="report-deliveries"),
    path("experiment-reports/<int:subscription_id>", Subscription.as_view(), name="report"),
    path(
        "experiment-reports/<int:subscription_id>/secret",
        SubscriptionSecret.as_view(),
        name="report-secret",
    ),
    path("experiments/<slug:key>", Experiment.as_view(), name="experiment"),
    path("experiments/<slug:key>/status", StatusRoute.as_view(), name="experiment-status"),
    path("experiments/<slug:key>/phases", Phases.as_view(), name="experiment-phases"),
    path(
        "experiments/<slug:key>/requirements",
        Requirements.as_view(),
        name="experiment-requirements",
    ),
    path("experiments/<slug:key>/days", ExperimentDays.as_view(), name="experiment-days"),
    path("experiments/<slug:key>/activity", Activity.as_view(), name="experiment-activity"),
    path("experiments/<slug:key>/decision", DecisionRoute.as_view(), name="experiment-decision"),
    path(
        "experiments/<slug:key>/forced-units",
        ForcedUnits.as_view(),
        name="experiment-forced-units",
    ),
    *(
        path(
            f"experiments/<slug:key>/{name}",
            Step.as_view(act=act, codename=codename),
            name=f"experiment-{name}",
        )
        for name, (act, codename) in _STEPS.items()
    ),
]
