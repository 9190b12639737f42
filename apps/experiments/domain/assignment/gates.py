"""The gates between a context and an experiment or forced value."""

from collections.abc import Sequence

from apps.experiments.contracts.features import EvaluationContext
from apps.experiments.domain.assignment.buckets import in_range
from apps.experiments.domain.assignment.hashing import bucket
from apps.experiments.domain.assignment.javascript import text_of, truth_of
from apps.experiments.domain.assignment.operators import Predicate
from apps.experiments.domain.assignment.rule_parts import Filter, Rollout, Sticky
from apps.experiments.domain.assignment.rules import Experiment
from apps.experiments.domain.assignment.sticky import hash_value
from apps.experiments.domain.assignment.urls import query_override, url_matches


def leaf_choose(experiment: Experiment, context: EvaluationContext) -> Experiment:
    """The experiment with the weights of the first leaf that matches, else its own."""
    for condition, leaf in experiment.leaves:
        if condition(context.attributes):
            return leaf
    return experiment


def forced_index(experiment: Experiment, context: EvaluationContext) -> int | None:
    """The index that the query string, else the context, asks for."""
    asked = query_override(experiment.key, context.url, len(experiment.variations))
    return context.forced_variations.get(experiment.key) if asked is None else asked


def fallback_of(sticky: Sticky, context: EvaluationContext) -> str:
    """The fallback attribute, which counts only where stickiness is on."""
    return "" if context.sticky is None or sticky.disabled else sticky.fallback


def page_passes(experiment: Experiment, context: EvaluationContext) -> bool:
    """Whether the page's address matches the experiment's pattern, if it has one."""
    return not experiment.url_pattern or url_matches(experiment.url_pattern, context.url)


def condition_passes(condition: Predicate | None, context: EvaluationContext) -> bool:
    """Whether the attributes meet a condition; no condition is met by all."""
    return condition is None or condition(context.attributes)


def filters_pass(filters: Sequence[Filter], context: EvaluationContext) -> bool:
    """Whether the unit lies inside one range of every filter."""
    for item in filters:
        _, value = hash_value(context, item.attribute)
        position = bucket(item.seed, text_of(value), item.hash_version)
        if not truth_of(value) or position is None:
            return False
        if not any(in_range(position, owned) for owned in item.ranges):
            return False
    return True


def rollout_reaches(rollout: Rollout, context: EvaluationContext) -> bool:
    """Whether a forced value reaches the unit; coverage 0 reaches none, a range wins."""
    if rollout.owned is None and rollout.coverage is None:
        return True
    if rollout.owned is None and rollout.coverage == 0:
        return False
    fallback = "" if context.sticky is None else rollout.fallback
    _, value = hash_value(context, rollout.attribute, fallback)
    position = bucket(rollout.seed, text_of(value), rollout.hash_version)
    if not truth_of(value) or position is None:
        return False
    if rollout.owned is not None:
        return in_range(position, rollout.owned)
    return position <= (rollout.coverage or 0.0)
