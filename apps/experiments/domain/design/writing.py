"""A design as the JSON that is stored: every field, in one order, defaults written out."""

from datetime import datetime

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import (
    AnalysisPlan,
    BanditPlan,
    ExperimentDesign,
    LayerUse,
    MetricUse,
    Schedule,
    VariantDesign,
)


def design_written(design: ExperimentDesign) -> dict[str, Json]:
    """The document of a design; `design_read` of it is the design again."""
    return {
        "name": design.name,
        "hypothesis": design.hypothesis,
        "kind": design.kind.value,
        "template": design.template,
        "surface": design.surface,
        "unit": design.unit.value,
        "variants": [_variant(variant) for variant in design.variants],
        "coverage": design.coverage,
        "targeting": dict(design.targeting),
        "layer": _layer(design.layer),
        "holdout": design.holdout,
        "metrics": [_metric(use) for use in design.metrics],
        "plan": plan_written(design.plan),
        "schedule": _schedule(design.schedule),
        "stickiness": design.stickiness.value,
        "stratify_by": design.stratify_by,
        "dimensions": list(design.dimensions),
        "bandit": _bandit(design.bandit),
    }


def plan_written(plan: AnalysisPlan) -> dict[str, Json]:
    """The document of an analysis plan."""
    return {
        "method": plan.method.value,
        "alpha": plan.alpha,
        "horizon": plan.horizon.value,
        "power": plan.power,
        "mde": plan.mde,
        "minimum_runtime_days": plan.minimum_runtime_days,
        "minimum_units": plan.minimum_units,
        "cuped_days": plan.cuped_days,
        "covariates": list(plan.covariates),
        "correction": plan.correction.value,
        "spending": plan.spending.value,
        "spending_rho": plan.spending_rho,
        "looks": plan.looks,
        "planned_units": plan.planned_units,
        "tuning_n": plan.tuning_n,
        "prior_sd": plan.prior_sd,
        "post_stratify_by": plan.post_stratify_by,
        "srm_threshold": plan.srm_threshold,
    }


def _variant(variant: VariantDesign) -> Json:
    return {
        "key": variant.key,
        "name": variant.name,
        "weight": variant.weight,
        "payload": variant.payload,
        "description": variant.description,
    }


def _metric(use: MetricUse) -> Json:
    return {
        "key": use.key,
        "role": use.role.value,
        "version": use.version,
        "margin": use.margin,
    }


def _layer(layer: LayerUse | None) -> Json:
    return None if layer is None else {"name": layer.name, "low": layer.low, "high": layer.high}


def _schedule(schedule: Schedule) -> Json:
    return {
        "starts_at": _moment(schedule.starts_at),
        "ends_at": _moment(schedule.ends_at),
        "ramp": [
            {"coverage": step.coverage, "after_hours": step.after_hours} for step in schedule.ramp
        ],
    }


def _bandit(bandit: BanditPlan | None) -> Json:
    if bandit is None:
        return None
    return {
        "metric": bandit.metric,
        "every_hours": bandit.every_hours,
        "floor": bandit.floor,
        "burn_in_units": bandit.burn_in_units,
    }


def _moment(moment: datetime | None) -> Json:
    return None if moment is None else moment.isoformat()
