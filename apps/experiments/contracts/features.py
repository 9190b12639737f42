"""The public feature format as this house reads it: what is asked, what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.experiments.contracts.assignment import Json


class FeatureSource(StrEnum):
    """Where a feature's value came from, in the words of the public specification."""

    UNKNOWN_FEATURE = "unknownFeature"
    DEFAULT_VALUE = "defaultValue"
    FORCE = "force"
    OVERRIDE = "override"
    EXPERIMENT = "experiment"
    PREREQUISITE = "prerequisite"
    CYCLIC_PREREQUISITE = "cyclicPrerequisite"


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """Who asks. `sticky` is None when stickiness is off; else documents by sticky key.

    A sticky key is `attribute||value`; a document maps `experiment__version` to the key of a
    variation. `forced_variations` maps an experiment's key to an index, `forced_values` a
    feature's key to a value, `overrides` an experiment's key to changed properties.
    """

    attributes: dict[str, Json] = field(default_factory=dict)
    url: str = ""
    enabled: bool = True
    qa_mode: bool = False
    forced_variations: Mapping[str, int] = field(default_factory=dict)
    forced_values: Mapping[str, Json] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    groups: Mapping[str, bool] = field(default_factory=dict)
    sticky: Mapping[str, Mapping[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class StickyWrite:
    """A stored assignment that changed: the document's key and all it holds now."""

    key: str
    attribute: str
    value: str
    assignments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BanditLeaf:
    """Which leaf of a contextual bandit gave the weights; -1 is the fallback."""

    leaf: int
    weights: tuple[float, ...]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class ExperimentResult:
    """The outcome of one experiment for one context, as the public specification has it."""

    key: str
    index: int
    value: Json
    in_experiment: bool
    hash_used: bool
    hash_attribute: str
    hash_value: Json
    feature: str | None = None
    name: str = ""
    bucket: float | None = None
    sticky_used: bool = False
    passthrough: bool = False
    bandit: BanditLeaf | None = None
    sticky_write: StickyWrite | None = None


@dataclass(frozen=True, slots=True)
class FeatureResult:
    """A feature's value, its source, and the experiment behind it when there is one.

    `experiment` is the experiment in its public form.
    """

    value: Json
    source: FeatureSource
    rule: str = ""
    experiment: Mapping[str, Json] | None = None
    result: ExperimentResult | None = None
