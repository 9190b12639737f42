"""Building the public result of an experiment from its outcome."""

from dataclasses import dataclass

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.features import BanditLeaf, EvaluationContext, ExperimentResult
from apps.experiments.domain.assignment.gates import fallback_of
from apps.experiments.domain.assignment.rule_parts import Meta
from apps.experiments.domain.assignment.rules import Experiment
from apps.experiments.domain.assignment.sticky import hash_value, sticky_write

_NO_META = Meta()


@dataclass(frozen=True, slots=True)
class Outcome:
    """An index (outside the variations: not in the experiment); unit and bucket if hashed."""

    index: int
    unit: tuple[str, str] | None = None
    bucket: float | None = None
    sticky_used: bool = False


def result_build(
    experiment: Experiment, context: EvaluationContext, feature: str | None, outcome: Outcome
) -> ExperimentResult:
    """The public result: an index outside the variations gives the first, not enrolled."""
    count = len(experiment.variations)
    enrolled = 0 <= outcome.index < count
    index = outcome.index if enrolled else 0
    meta = experiment.meta[index] if index < len(experiment.meta) else _NO_META
    key = meta.key or str(index)
    fallback = fallback_of(experiment.sticky, context)
    attribute, value = hash_value(context, experiment.attribute, fallback)
    hashed = outcome.unit is not None
    return ExperimentResult(
        key=key,
        index=index,
        value=experiment.variations[index] if index < count else None,
        in_experiment=enrolled,
        hash_used=hashed,
        hash_attribute=attribute,
        hash_value=value,
        feature=feature,
        name=meta.name,
        bucket=outcome.bucket,
        sticky_used=outcome.sticky_used,
        passthrough=meta.passthrough,
        bandit=experiment.bandit if hashed else None,
        sticky_write=sticky_write(experiment, context, outcome.unit, key)
        if outcome.unit is not None
        else None,
    )


def bandit_public(leaf: BanditLeaf | None) -> dict[str, Json]:
    """What a contextual bandit adds to the public form of its experiment."""
    if leaf is None:
        return {}
    public: dict[str, Json] = {"leafId": leaf.leaf, "variationWeights": list(leaf.weights)}
    if leaf.version is not None:
        public["banditVersion"] = leaf.version
    return {"contextualBandit": public}
