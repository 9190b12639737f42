"""Evaluating features and experiments of the public format.

Source: the public specification of GrowthBook's SDKs (0.7.1): evalFeature and run, step by step.
"""

from collections.abc import Mapping, Sequence

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.features import (
    EvaluationContext,
    ExperimentResult,
    FeatureResult,
    FeatureSource,
)
from apps.experiments.domain.assignment import reading
from apps.experiments.domain.assignment.buckets import in_namespace, variation_choose
from apps.experiments.domain.assignment.gates import (
    condition_passes,
    fallback_of,
    filters_pass,
    forced_index,
    leaf_choose,
    page_passes,
    rollout_reaches,
)
from apps.experiments.domain.assignment.hashing import bucket
from apps.experiments.domain.assignment.javascript import text_of, truth_of
from apps.experiments.domain.assignment.results import Outcome, bandit_public, result_build
from apps.experiments.domain.assignment.rule_parts import Prerequisite, Shared
from apps.experiments.domain.assignment.rules import (
    Experiment,
    Rule,
    experiment_read,
    feature_read,
)
from apps.experiments.domain.assignment.sticky import document_key, hash_value, sticky_find
from apps.experiments.domain.assignment.urls import url_targeted

_Path = frozenset[str]
_OUT = Outcome(-1)


class FeatureSet:
    """The features of one payload, compiled; evaluates them for contexts."""

    def __init__(
        self,
        features: Mapping[str, Json] | None = None,
        *,
        groups: Mapping[str, Sequence[Json]] | None = None,
        bandits: Mapping[str, Json] | None = None,
    ) -> None:
        """Compile features (by key), saved groups (lists by id) and contextual bandits."""
        self._shared = Shared(groups or {}, bandits or {})
        self._features = {
            key: feature_read(key, reading.object_of(document), self._shared)
            for key, document in (features or {}).items()
        }

    def evaluate(self, key: str, context: EvaluationContext) -> FeatureResult:
        """The value of a feature for a context, and where it came from."""
        return self._evaluate(key, context, frozenset())

    def run(self, document: Mapping[str, Json], context: EvaluationContext) -> ExperimentResult:
        """Run one experiment of the public format that belongs to no feature."""
        return self._run(experiment_read(document, self._shared), context, None, frozenset())

    def sticky_keys(self, context: EvaluationContext) -> tuple[str, ...]:
        """Keys of the stored documents that evaluating these features may read."""
        experiments = [
            rule.experiment
            for feature in self._features.values()
            for rule in feature.rules
            if rule.experiment is not None
        ]
        attributes = dict.fromkeys(
            attribute
            for experiment in experiments
            for attribute in (experiment.attribute, experiment.sticky.fallback)
            if attribute
        )
        values = [hash_value(context, attribute) for attribute in attributes]
        return tuple(document_key(name, text_of(value)) for name, value in values)

    def _evaluate(self, key: str, context: EvaluationContext, path: _Path) -> FeatureResult:
        if key in path:
            return FeatureResult(None, FeatureSource.CYCLIC_PREREQUISITE)
        if key in context.forced_values:
            return FeatureResult(context.forced_values[key], FeatureSource.OVERRIDE)
        feature = self._features.get(key)
        if feature is None:
            return FeatureResult(None, FeatureSource.UNKNOWN_FEATURE)
        below = path | {key}
        for rule in feature.rules:
            found = self._rule(rule, key, context, below)
            if found is not None:
                return found
        return FeatureResult(feature.default, FeatureSource.DEFAULT_VALUE)

    def _rule(
        self, rule: Rule, key: str, context: EvaluationContext, path: _Path
    ) -> FeatureResult | None:
        """What a rule answers, None when the next one is asked."""
        if rule.prerequisites:
            failed = self._prerequisite_failed(rule.prerequisites, context, path)
            if failed == FeatureSource.CYCLIC_PREREQUISITE:
                return FeatureResult(None, FeatureSource.CYCLIC_PREREQUISITE)
            if failed is not None:
                gated = failed == FeatureSource.PREREQUISITE
                return FeatureResult(None, FeatureSource.PREREQUISITE) if gated else None
        if rule.filters and not filters_pass(rule.filters, context):
            return None
        if rule.rollout is not None:
            if not condition_passes(rule.condition, context):
                return None
            reached = rollout_reaches(rule.rollout, context)
            return FeatureResult(rule.force, FeatureSource.FORCE, rule.key) if reached else None
        return self._rule_experiment(rule, key, context, path)

    def _rule_experiment(
        self, rule: Rule, key: str, context: EvaluationContext, path: _Path
    ) -> FeatureResult | None:
        if rule.experiment is None:
            return None
        experiment = leaf_choose(rule.experiment, context)
        result = self._run(experiment, context, key, path)
        if not result.in_experiment or result.passthrough:
            return None
        public = {**experiment.document, **bandit_public(result.bandit)}
        return FeatureResult(result.value, FeatureSource.EXPERIMENT, rule.key, public, result)

    def _prerequisite_failed(
        self, prerequisites: Sequence[Prerequisite], context: EvaluationContext, path: _Path
    ) -> FeatureSource | None:
        """None when all pass; a cycle, a gate (PREREQUISITE), or DEFAULT_VALUE: next rule."""
        for prerequisite in prerequisites:
            parent = self._evaluate(prerequisite.feature, context, path)
            if parent.source == FeatureSource.CYCLIC_PREREQUISITE:
                return FeatureSource.CYCLIC_PREREQUISITE
            if not prerequisite.condition({"value": parent.value}):
                return (
                    FeatureSource.PREREQUISITE
                    if prerequisite.gate
                    else FeatureSource.DEFAULT_VALUE
                )
        return None

    def _run(
        self,
        experiment: Experiment,
        context: EvaluationContext,
        feature: str | None,
        path: _Path,
    ) -> ExperimentResult:
        override = context.overrides.get(experiment.key)
        if override:
            experiment = experiment_read({**experiment.document, **override}, self._shared)
        outcome = self._outcome(experiment, context, path)
        return result_build(experiment, context, feature, outcome)

    def _outcome(self, experiment: Experiment, context: EvaluationContext, path: _Path) -> Outcome:
        """Steps 1 to 6: too few variations, disabled, page, forced, inactive, no unit."""
        if len(experiment.variations) < 2 or not context.enabled:  # noqa: PLR2004 - a choice
            return _OUT
        targets = experiment.url_targets
        if targets is not None and not url_targeted(context.url, targets):
            return _OUT
        forced = forced_index(experiment, context)
        if forced is not None:
            return Outcome(forced)
        fallback = fallback_of(experiment.sticky, context)
        attribute, value = hash_value(context, experiment.attribute, fallback)
        if not experiment.active or not truth_of(value):
            return _OUT
        return self._enrol(experiment, context, path, (attribute, text_of(value)))

    def _enrol(
        self,
        experiment: Experiment,
        context: EvaluationContext,
        path: _Path,
        unit: tuple[str, str],
    ) -> Outcome:
        """Steps 7 to 13: stored assignment or gates and bucket, then force, QA, stopped."""
        sticky = sticky_find(experiment, context)
        found = sticky.index >= 0
        position = bucket(experiment.seed, unit[1], experiment.hash_version)
        passes = found or self._passes(experiment, context, unit[1], path)
        if not passes or not page_passes(experiment, context) or position is None:
            return _OUT
        if sticky.blocked:
            return Outcome(-1, sticky_used=True)
        index = sticky.index if found else variation_choose(position, experiment.ranges)
        if index >= 0 and experiment.force is not None:
            return Outcome(experiment.force)
        if index < 0 or context.qa_mode or experiment.stopped:
            return _OUT
        return Outcome(index, unit, position, sticky_used=found)

    def _passes(
        self, experiment: Experiment, context: EvaluationContext, unit: str, path: _Path
    ) -> bool:
        """Filters (else the namespace), condition, prerequisites, groups."""
        if experiment.filters is not None:
            if not filters_pass(experiment.filters, context):
                return False
        elif experiment.namespace and not in_namespace(unit, *experiment.namespace):
            return False
        if not condition_passes(experiment.condition, context):
            return False
        if self._prerequisite_failed(experiment.prerequisites, context, path) is not None:
            return False
        groups = experiment.groups
        return not groups or any(context.groups.get(group) for group in groups)
