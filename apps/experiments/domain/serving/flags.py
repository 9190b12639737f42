"""Flags for one context: those without an experiment, and experiments as flags under test.

Reasons, in the words of OFREP: `STATIC` the flag's own value (and control for a unit that an
experiment leaves out), `TARGETING_MATCH` a rule met or a forced variant, `SPLIT` decided by
hashing the unit, `DISABLED` switched off or not running.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.experiments.contracts.assignment import HASH_VERSION, Assignment, Json, Reason
from apps.experiments.contracts.lifecycle import FlagDefinition, FlagRule, FlagView
from apps.experiments.contracts.serving import FlagAnswer, FlagFault, FlagReason, Served
from apps.experiments.domain.assignment.conditions import condition_compile
from apps.experiments.domain.assignment.hashing import bucket
from apps.experiments.domain.assignment.operators import Predicate
from apps.experiments.domain.assignment.portable import condition_portable
from apps.experiments.domain.assignment.units import unit_text

TARGETING_KEY = "targetingKey"
_REASONS: Mapping[Reason, FlagReason] = {
    Reason.SPLIT: FlagReason.SPLIT,
    Reason.STICKY: FlagReason.SPLIT,
    Reason.FORCED_UNIT: FlagReason.TARGETING_MATCH,
    Reason.OVERRIDE: FlagReason.TARGETING_MATCH,
    Reason.NOT_RUNNING: FlagReason.DISABLED,
    Reason.NO_PHASE: FlagReason.DISABLED,
}
_NO_UNIT = "This flag is decided by {unit}; send a targetingKey or {unit}."


@dataclass(frozen=True, slots=True)
class _Rule:
    rule: FlagRule
    meets: Predicate | None


class FlagPlan:
    """One flag, ready to answer."""

    __slots__ = ("_definition", "_enabled", "_rules", "key", "version")

    def __init__(self, view: FlagView) -> None:
        """Compile the conditions of a published flag.

        Raises:
            ConditionInvalid: a condition cannot be read.
            ValueError: the flag was never published.
        """
        if view.definition is None:
            raise ValueError(f"{view.key} was never published")
        self.key = view.key
        self.version = view.version
        self._enabled = view.enabled
        self._definition: FlagDefinition = view.definition
        self._rules = tuple(_Rule(rule, _compiled(rule)) for rule in view.definition.rules)

    def answer(self, attributes: Mapping[str, Json]) -> FlagAnswer:
        """The value for these attributes (`targetingKey` stands for a unit not named)."""
        definition = self._definition
        if not self._enabled:
            return self._value(definition.off_value, FlagReason.DISABLED, "off")
        known = dict(attributes)
        for number, compiled in enumerate(self._rules, start=1):
            if compiled.meets is not None and not compiled.meets(known):
                continue
            rule = compiled.rule
            if rule.coverage >= 1:
                return self._value(rule.value, FlagReason.TARGETING_MATCH, f"rule-{number}")
            unit = unit_of(attributes, rule.unit)
            if unit is None:
                return FlagAnswer(
                    self.key,
                    fault=FlagFault.TARGETING_KEY_MISSING,
                    message=_NO_UNIT.format(unit=rule.unit),
                )
            if _reached(self.key, unit, rule.coverage):
                return self._value(rule.value, FlagReason.SPLIT, f"rule-{number}")
        return self._value(definition.value, FlagReason.STATIC, "default")

    def _value(self, value: Json, reason: FlagReason, variant: str) -> FlagAnswer:
        return FlagAnswer(
            self.key,
            value=typed(self._definition.value_type, value),
            reason=reason,
            variant=variant,
            metadata={"version": self.version},
        )

    def feature(self) -> dict[str, Json]:
        """The flag in GrowthBook's public format: rollouts are written as a range."""
        definition = self._definition
        if not self._enabled:
            return {"defaultValue": typed(definition.value_type, definition.off_value)}
        feature: dict[str, Json] = {"defaultValue": typed(definition.value_type, definition.value)}
        rules: list[Json] = [
            self._feature_rule(rule, number) for number, rule in enumerate(definition.rules, 1)
        ]
        return {**feature, "rules": rules} if rules else feature

    def _feature_rule(self, rule: FlagRule, number: int) -> dict[str, Json]:
        written: dict[str, Json] = {
            "id": f"{self.key}:rule-{number}",
            "force": typed(self._definition.value_type, rule.value),
        }
        condition = condition_portable(rule.targeting)
        if condition:
            written["condition"] = condition
        if rule.coverage < 1:
            # A range, because SDKs read a coverage of exactly a bucket's edge differently.
            written |= {
                "range": [0, rule.coverage],
                "hashAttribute": rule.unit,
                "hashVersion": HASH_VERSION,
                "seed": self.key,
            }
        return written


def _compiled(rule: FlagRule) -> Predicate | None:
    portable = condition_portable(rule.targeting)
    return condition_compile(portable) if portable else None


def _reached(key: str, unit: str, coverage: float) -> bool:
    position = bucket(key, unit, HASH_VERSION)
    return position is not None and position < coverage


def typed(value_type: str, value: Json) -> Json:
    """A whole number of a float flag as a float, so that it is written with a decimal point."""
    if value_type == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def unit_of(attributes: Mapping[str, Json], name: str) -> str | None:
    """The unit of this name, else the targeting key."""
    text = unit_text(attributes.get(name))
    return unit_text(attributes.get(TARGETING_KEY)) if text is None else text


def attributes_for(attributes: Mapping[str, Json], unit: str) -> dict[str, Json]:
    """The attributes with the targeting key as the unit, unless the unit was named."""
    found = unit_of(attributes, unit)
    return dict(attributes) if found is None else {**attributes, unit: found}


def experiment_answer(served: Served, value: Json) -> FlagAnswer:
    """An experiment's answer as a flag's; `metadata` says what an exposure must say."""
    found = served.assignment
    if found.reason is Reason.UNIT_MISSING:
        return FlagAnswer(
            found.key,
            fault=FlagFault.TARGETING_KEY_MISSING,
            message=_NO_UNIT.format(unit=served.unit.attribute),
        )
    return FlagAnswer(
        found.key,
        value=value,
        reason=_REASONS.get(found.reason, FlagReason.STATIC),
        variant=found.variant,
        metadata=_metadata(found),
    )


def _metadata(found: Assignment) -> dict[str, Json]:
    return {
        "experiment": found.key,
        "phase": found.phase if found.phase is not None else 0,
        "in_experiment": found.in_experiment,
        "counted": found.counted,
        "endcap_reason": found.reason.value,
    }
