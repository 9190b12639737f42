"""Every table of experiments; Django looks for them here."""

from apps.experiments.models.analysis import Analysis, Decision
from apps.experiments.models.experiment import (
    Experiment,
    ExperimentVersion,
    ForcedUnit,
    HoldoutVersion,
    Layer,
    LayerClaim,
    Phase,
    Transition,
)
from apps.experiments.models.flag import Flag, FlagVersion
from apps.experiments.models.interleaving import InterleavedAnswer, InterleavingState
from apps.experiments.models.metric import MetricVersion
from apps.experiments.models.report import ReportDelivery, ReportSubscription
from apps.experiments.models.rollup import (
    Rollup,
    RollupAge,
    RollupExposure,
    RollupInterleaving,
    RollupState,
    Unit,
)

__all__ = [
    "Analysis",
    "Decision",
    "Experiment",
    "ExperimentVersion",
    "Flag",
    "FlagVersion",
    "ForcedUnit",
    "HoldoutVersion",
    "InterleavedAnswer",
    "InterleavingState",
    "Layer",
    "LayerClaim",
    "MetricVersion",
    "Phase",
    "ReportDelivery",
    "ReportSubscription",
    "Rollup",
    "RollupAge",
    "RollupExposure",
    "RollupInterleaving",
    "RollupState",
    "Transition",
    "Unit",
]
