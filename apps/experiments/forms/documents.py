"""The plain fields of the form as parts of a design's document, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import ExperimentKind

PLAN_FIELDS = (
    "method", "alpha", "horizon", "power", "mde", "minimum_runtime_days", "minimum_units",
    "cuped_days", "covariates", "correction", "spending", "spending_rho", "looks",
    "planned_units", "tuning_n", "prior_sd", "post_stratify_by", "srm_threshold",
)  # fmt: skip
_PLAIN_FIELDS = (
    "name", "hypothesis", "kind", "surface", "unit", "coverage", "holdout", "stickiness",
    "stratify_by", "dimensions",
)  # fmt: skip
_BANDIT_FIELDS = ("metric", "every_hours", "floor", "burn_in_units")


def design_initial(document: Mapping[str, Any]) -> dict[str, Any]:
    """The form's initial values from a whole document."""
    layer, bandit = document.get("layer") or {}, document.get("bandit") or {}
    schedule = document.get("schedule") or {}
    return {
        **{name: document.get(name) for name in _PLAIN_FIELDS},
        **{name: document["plan"][name] for name in PLAN_FIELDS},
        "layer": layer.get("name", ""),
        "layer_low": layer.get("low"),
        "layer_high": layer.get("high"),
        **{f"bandit_{name}": bandit.get(name) for name in _BANDIT_FIELDS},
        "starts_at": _moment(schedule.get("starts_at")),
        "ends_at": _moment(schedule.get("ends_at")),
    }


def plan_document(cleaned: Mapping[str, Any]) -> dict[str, Json]:
    """The analysis plan as it stands in a design."""
    return {name: cleaned[name] for name in PLAN_FIELDS if name in cleaned}


def design_document(cleaned: Mapping[str, Any], *, primary: str) -> dict[str, Json]:
    """The design without its rows: variants, targeting, metrics and ramp."""
    layer = None
    if cleaned["layer"]:
        layer = {
            "name": cleaned["layer"], "low": cleaned["layer_low"], "high": cleaned["layer_high"],
        }  # fmt: skip
    return {
        **{name: cleaned[name] for name in _PLAIN_FIELDS},
        "layer": layer,
        "plan": plan_document(cleaned),
        "bandit": _bandit(cleaned, primary),
        "schedule": {
            "starts_at": _written(cleaned["starts_at"]),
            "ends_at": _written(cleaned["ends_at"]),
        },
    }


def _bandit(cleaned: Mapping[str, Any], primary: str) -> Json:
    if cleaned["kind"] != ExperimentKind.BANDIT:
        return None
    found = {name: cleaned[f"bandit_{name}"] for name in _BANDIT_FIELDS}
    given = {name: value for name, value in found.items() if value is not None}
    return {**given, "metric": found["metric"] or primary}


def _written(moment: Any) -> str | None:
    return None if moment is None else str(moment.isoformat())


def _moment(text: Any) -> Any:
    return datetime.fromisoformat(text) if isinstance(text, str) else text
