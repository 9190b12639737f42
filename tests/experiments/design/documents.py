"""Designs out of hypothesis: every one of them valid."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import (
    Correction,
    ExperimentKind,
    Horizon,
    Method,
    Stickiness,
    UnitType,
)
from apps.experiments.contracts.statistics import Spending

KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)
ATTRIBUTES = st.from_regex(r"[a-z_][a-z0-9_]{0,15}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
SHARES = st.floats(0.01, 1.0)
LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | WORDS
PAYLOADS: st.SearchStrategy[Json] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


def base(**changes: Any) -> dict[str, Any]:
    """The smallest design."""
    document: dict[str, Any] = {
        "name": "A test",
        "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5}],
        "metrics": [{"key": "cvr", "role": "primary"}],
    }
    return {**document, **changes}


def _plan(draw: st.DrawFn, dimensions: list[str]) -> dict[str, Any]:
    method = draw(st.sampled_from(Method))
    horizon = draw(st.sampled_from(Horizon)) if method is Method.FREQUENTIST else Horizon.FIXED
    return {
        "method": method.value,
        "alpha": draw(st.floats(0.001, 0.5)),
        "horizon": horizon.value,
        "power": draw(st.floats(0.5, 0.99)),
        "mde": draw(st.floats(0.001, 1)),
        "cuped_days": draw(st.integers(0, 90)),
        "correction": draw(st.sampled_from(Correction)).value,
        "spending": draw(st.sampled_from(Spending)).value,
        "looks": draw(st.integers(1, 20)),
        "planned_units": draw(st.integers(0, 10**9)),
        "prior_sd": draw(st.none() | st.floats(0.01, 5)),
        "post_stratify_by": draw(st.sampled_from(["", *dimensions])),
    }


def _schedule(draw: st.DrawFn, coverage: float) -> dict[str, Any]:
    start, end = sorted(draw(st.lists(MOMENTS, min_size=2, max_size=2, unique=True)))
    steps = sorted(draw(st.sets(st.floats(0.02, 1.0), max_size=4)))
    return {
        "starts_at": start.isoformat(),
        "ends_at": end.isoformat(),
        "ramp": [
            {"coverage": step, "after_hours": 24.0 * place}
            for place, step in enumerate([each for each in steps if each > coverage], start=1)
        ],
    }


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A whole valid design."""
    keys = draw(st.lists(KEYS, min_size=2, max_size=5, unique=True))
    metrics = draw(st.lists(KEYS, min_size=1, max_size=4, unique=True))
    dimensions = draw(st.lists(ATTRIBUTES, max_size=3, unique=True))
    coverage = draw(st.floats(0, 1))
    unit = draw(st.sampled_from(UnitType))
    sticky = Stickiness.NONE if unit is UnitType.REQUEST else draw(st.sampled_from(Stickiness))
    low, high = sorted(draw(st.lists(st.integers(0, 10_000), min_size=2, max_size=2, unique=True)))
    return {
        "name": draw(WORDS.filter(lambda text: bool(text.strip()))),
        "hypothesis": draw(WORDS),
        "kind": ExperimentKind.AB.value,
        "template": draw(st.sampled_from(["", "weights", "feature", "ui"])),
        "unit": unit.value,
        "variants": [
            {"key": key, "weight": 1 / len(keys), "payload": draw(PAYLOADS)} for key in keys
        ],
        "coverage": coverage,
        "targeting": draw(st.dictionaries(ATTRIBUTES, WORDS, max_size=2)),
        "layer": draw(
            st.sampled_from([None, {"name": "l", "low": low / 10_000, "high": high / 10_000}])
        ),
        "holdout": draw(st.booleans()),
        "metrics": [
            {"key": key, "role": "secondary" if place else "primary", "margin": draw(SHARES)}
            for place, key in enumerate(metrics)
        ],
        "plan": _plan(draw, dimensions),
        "schedule": _schedule(draw, coverage),
        "stickiness": sticky.value,
        "dimensions": dimensions,
    }
