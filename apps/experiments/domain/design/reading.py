"""A design as JSON becomes values; `writing` has the way back."""

from collections.abc import Mapping

from apps.experiments.contracts.assignment import (
    VARIANTS_AT_LEAST,
    VARIANTS_AT_MOST,
    ConditionInvalid,
    Json,
)
from apps.experiments.contracts.design import (
    ANY_SURFACE,
    RESERVED_KEYS,
    BanditPlan,
    DesignInvalid,
    ExperimentDesign,
    ExperimentKind,
    LayerUse,
    MetricRole,
    MetricUse,
    RampStep,
    Schedule,
    Stickiness,
    UnitType,
    VariantDesign,
)
from apps.experiments.domain.assignment.portable import condition_portable
from apps.experiments.domain.design.coherence import design_cohere
from apps.experiments.domain.design.fields import (
    Fields,
    json_checked,
    key_checked,
    object_of,
    once,
)
from apps.experiments.domain.design.plans import plan_read
from apps.experiments.domain.design.writing import design_written

__all__ = ["design_read", "design_written", "experiment_key_checked", "targeting_read"]

TEMPLATES = frozenset({"", "weights", "feature", "ui"})
MOST_METRICS = 100
MOST_DIMENSIONS = 20
MOST_STEPS = 50


def design_read(document: Json) -> ExperimentDesign:
    """The design that a document means.

    Raises:
        DesignInvalid: naming the field.
    """
    fields = Fields(document)
    fields.required("name")
    name = fields.text("name", most=200)
    if not name:
        raise fields.refuse("name", "An experiment needs a name.")
    design = ExperimentDesign(
        name=name,
        hypothesis=fields.text("hypothesis"),
        kind=fields.choice("kind", ExperimentKind, ExperimentKind.AB),
        template=_template(fields),
        surface=fields.text("surface", ANY_SURFACE, most=50) or ANY_SURFACE,
        unit=fields.choice("unit", UnitType, UnitType.CLIENT),
        variants=_variants(fields),
        coverage=fields.number("coverage", 1.0, least=0, most=1),
        targeting=targeting_read(fields.anything("targeting"), "targeting"),
        layer=_layer(fields),
        holdout=fields.boolean("holdout", default=True),
        metrics=_metrics(fields),
        plan=plan_read(fields.inner("plan")),
        schedule=_schedule(fields),
        stickiness=fields.choice("stickiness", Stickiness, Stickiness.NONE),
        stratify_by=fields.attribute("stratify_by"),
        dimensions=fields.texts("dimensions", most=MOST_DIMENSIONS),
        bandit=_bandit(fields),
    )
    fields.close()
    design_cohere(design)
    return design


def experiment_key_checked(key: str) -> str:
    """The key of an experiment or flag, fit to be stored.

    Raises:
        DesignInvalid: malformed or reserved.
    """
    key_checked(key, "key")
    if key in RESERVED_KEYS:
        raise DesignInvalid("key", f"The key {key} is reserved.")
    return key


def targeting_read(value: Json, path: str) -> Mapping[str, Json]:
    """A condition that every public SDK reads alike; kept as it was written.

    Raises:
        DesignInvalid: it is no condition.
    """
    condition = object_of(value, path)
    json_checked(value, path)
    try:
        condition_portable(condition)
    except ConditionInvalid as error:
        raise DesignInvalid(path, f"{error}.") from error
    return condition


def _template(fields: Fields) -> str:
    template = fields.text("template", most=20)
    if template not in TEMPLATES:
        raise fields.refuse("template", "Choose weights, feature, ui or nothing.")
    return template


def _variants(fields: Fields) -> tuple[VariantDesign, ...]:
    fields.required("variants")
    found = fields.items("variants", most=VARIANTS_AT_MOST)
    if len(found) < VARIANTS_AT_LEAST:
        raise fields.refuse("variants", "An experiment needs two or more variants.")
    unweighted = all(isinstance(item, dict) and "weight" not in item for item in found)
    share = 1 / len(found) if unweighted else None
    variants = fields.each("variants", lambda each: _variant(each, share), most=VARIANTS_AT_MOST)
    once([variant.key for variant in variants], "variants", "key")
    return variants


def _variant(fields: Fields, share: float | None) -> VariantDesign:
    key = fields.key("key")
    return VariantDesign(
        key=key,
        name=fields.text("name", key, most=200) or key,
        weight=fields.number("weight", share, above=0, most=1),
        payload=json_checked(fields.anything("payload"), fields.at("payload")),
        description=fields.text("description"),
    )


def _metrics(fields: Fields) -> tuple[MetricUse, ...]:
    fields.required("metrics")
    uses = fields.each("metrics", _metric, most=MOST_METRICS)
    once([use.key for use in uses], "metrics", "key")
    return uses


def _metric(fields: Fields) -> MetricUse:
    return MetricUse(
        key=fields.key("key"),
        role=fields.choice("role", MetricRole, MetricRole.SECONDARY),
        version=fields.whole("version", 0, least=0),
        margin=fields.number("margin", 0.02, above=0, most=1),
    )


def _layer(fields: Fields) -> LayerUse | None:
    inner = fields.inner("layer")
    if inner is None:
        return None
    layer = LayerUse(
        name=inner.key("name"),
        low=inner.number("low", 0.0, least=0, most=1),
        high=inner.number("high", 1.0, least=0, most=1),
    )
    inner.close()
    if layer.low >= layer.high:
        raise inner.refuse("high", "The range of a layer ends above its beginning.")
    # Claims are kept, and members are hashed, in ten-thousandths.
    for name in ("low", "high"):
        edge = getattr(layer, name) * 10_000
        if abs(edge - round(edge)) > 1e-6:  # noqa: PLR2004 - rounding of a float, not a figure
            raise inner.refuse(name, "A range is given in ten-thousandths at the finest.")
    return layer


def _schedule(fields: Fields) -> Schedule:
    inner = fields.inner("schedule")
    if inner is None:
        return Schedule()
    schedule = Schedule(
        starts_at=inner.moment("starts_at"),
        ends_at=inner.moment("ends_at"),
        ramp=inner.each("ramp", _step, most=MOST_STEPS),
    )
    inner.close()
    return schedule


def _step(fields: Fields) -> RampStep:
    return RampStep(
        coverage=fields.number("coverage", above=0, most=1),
        after_hours=fields.number("after_hours", above=0, most=10_000),
    )


def _bandit(fields: Fields) -> BanditPlan | None:
    inner = fields.inner("bandit")
    if inner is None:
        return None
    bandit = BanditPlan(
        metric=inner.key("metric"),
        every_hours=inner.number("every_hours", 24.0, least=0.05, most=10_000),
        floor=inner.number("floor", 0.05, least=0, most=0.5),
        burn_in_units=inner.whole("burn_in_units", 100, least=0),
    )
    inner.close()
    return bandit
