"""How search works, as published, and what a variant of an experiment changes about it.

A payload's part under `search` may name `fusion` (rrf, weighted, max), `keyword_weight`,
`semantic`, `synonyms`, `understanding`, `spelling` and `rules`; weights stand under `ranking` and
are read by ranking_weights, what follows the shopper under `personalisation` by recommendations.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from apps.experiments.contracts.assignment import Json
from apps.merchandising.contracts_rules import RuleSwitches
from apps.ranking.domain.switching import SwitchesInvalid, switches_read, switches_written
from apps.ranking_weights.contracts import WeightsChoice
from apps.ranking_weights.domain.choices import ChoiceInvalid, weights_choice_read
from apps.recommendations.contracts import Personalisation
from apps.recommendations.domain.personalising import (
    PersonalisationChange,
    PersonalisationInvalid,
    personalisation_read,
)
from apps.search.contracts import FusionMethod
from apps.search.domain.fusion import Fusion

PART = "search"
Reading = tuple[bool, bool, bool]
"""Whether synonyms, understanding and spelling are on."""
FIELDS = (
    "fusion", "keyword_weight", "semantic", "synonyms", "understanding", "spelling", "rules",
)  # fmt: skip


class OverridesInvalid(ValueError):
    """A payload, or settings, that search cannot work by; `field` is a dotted path."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the path beside the message."""
        super().__init__(message)
        self.field = field
        self.message = message


class Knob(StrEnum):
    """What an experiment may turn; two experiments that turn the same one get in each other's way.

    `interleaving` is the order of the hits as such: one request has one draft.
    """

    WEIGHTS = "weights"
    FUSION = "fusion"
    SEMANTIC = "semantic"
    SYNONYMS = "synonyms"
    UNDERSTANDING = "understanding"
    SPELLING = "spelling"
    RULES = "rules"
    PERSONALISATION = "personalisation"
    INTERLEAVING = "interleaving"


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How search works.

    Attributes:
        fusion: how the keyword and the semantic list become one.
        semantic: whether the semantic list takes part.
        synonyms: whether synonyms widen the query.
        understanding: whether brands, categories, prices … are read out of the query, and its
            abbreviations written out.
        spelling: whether words that no product holds are corrected.
        number: of the published version; 0: from the environment.
        personalisation: what may follow the shopper, unless the installation switches it off.
    """

    fusion: Fusion = Fusion()  # noqa: RUF009 - frozen
    semantic: bool = True
    synonyms: bool = True
    understanding: bool = True
    spelling: bool = True
    number: int = 0
    personalisation: Personalisation = Personalisation()  # noqa: RUF009 - frozen

    @property
    def reading(self) -> Reading:
        """All that decides how a query is understood."""
        return self.synonyms, self.understanding, self.spelling


@dataclass(frozen=True, slots=True)
class SearchOverrides:
    """What one variant changes; None leaves it as it is.

    Attributes:
        weights: which weights the hits are scored by.
        fusion: method of fusion.
        keyword_weight: the keyword list's share in `weighted`, in [0, 1].
        semantic: whether the semantic list takes part.
        synonyms: whether synonyms widen the query.
        understanding: whether search reads more out of the query than its words.
        spelling: whether unknown words are corrected.
        rules: which merchandising rules act.
        personalisation: what follows the shopper.
    """

    weights: WeightsChoice | None = None
    fusion: FusionMethod | None = None
    keyword_weight: float | None = None
    semantic: bool | None = None
    synonyms: bool | None = None
    understanding: bool | None = None
    spelling: bool | None = None
    rules: RuleSwitches | None = None
    personalisation: PersonalisationChange | None = None

    @property
    def knobs(self) -> frozenset[Knob]:
        """What it turns."""
        turned = {
            Knob.WEIGHTS: self.weights is not None,
            Knob.FUSION: self.fusion is not None or self.keyword_weight is not None,
            Knob.SEMANTIC: self.semantic is not None,
            Knob.SYNONYMS: self.synonyms is not None,
            Knob.UNDERSTANDING: self.understanding is not None,
            Knob.SPELLING: self.spelling is not None,
            Knob.RULES: self.rules is not None,
            Knob.PERSONALISATION: self.personalisation is not None,
        }
        return frozenset(knob for knob, is_turned in turned.items() if is_turned)

    def over(self, settings: SearchSettings) -> SearchSettings:
        """The settings with what it changes."""
        fusion, share = settings.fusion, self.keyword_weight
        follows, change = settings.personalisation, self.personalisation
        return replace(
            settings,
            fusion=Fusion(
                self.fusion or fusion.method, fusion.keyword_weight if share is None else share
            ),
            semantic=_or(self.semantic, settings.semantic),
            synonyms=_or(self.synonyms, settings.synonyms),
            understanding=_or(self.understanding, settings.understanding),
            spelling=_or(self.spelling, settings.spelling),
            personalisation=follows if change is None else change.over(follows),
        )


def _or(changed: bool | None, otherwise: bool) -> bool:  # noqa: FBT001 - a switch is what it takes
    return otherwise if changed is None else changed


def overrides_read(payload: Json) -> SearchOverrides:
    """What a payload changes about search; other surfaces' parts of it are not looked at.

    Raises:
        OverridesInvalid: naming the field.
    """
    try:
        weights = weights_choice_read(payload)
        personal = personalisation_read(payload)
    except (ChoiceInvalid, PersonalisationInvalid) as error:
        raise OverridesInvalid(error.field, error.message) from error
    part = payload.get(PART) if isinstance(payload, dict) else None
    if part is None:
        return SearchOverrides(weights, personalisation=personal)
    if not isinstance(part, dict):
        raise OverridesInvalid(PART, "'search' must be an object.")
    for name in part:
        if name not in FIELDS:
            raise OverridesInvalid(f"{PART}.{name}", f"There is no '{name}'.")
    return SearchOverrides(
        weights,
        fusion=_method(part.get("fusion")),
        keyword_weight=_share(part.get("keyword_weight")),
        semantic=_switch("semantic", part.get("semantic")),
        synonyms=_switch("synonyms", part.get("synonyms")),
        understanding=_switch("understanding", part.get("understanding")),
        spelling=_switch("spelling", part.get("spelling")),
        rules=_rules(part.get("rules")),
        personalisation=personal,
    )


def overrides_written(overrides: SearchOverrides) -> dict[str, Json]:
    """The part of a payload under `search`; empty when it changes nothing there."""
    values: dict[str, Json] = {
        "fusion": None if overrides.fusion is None else overrides.fusion.value,
        "keyword_weight": overrides.keyword_weight,
        "semantic": overrides.semantic,
        "synonyms": overrides.synonyms,
        "understanding": overrides.understanding,
        "spelling": overrides.spelling,
        "rules": None if overrides.rules is None else switches_written(overrides.rules),
    }
    return {name: value for name, value in values.items() if value is not None}


def _rules(value: Json) -> RuleSwitches | None:
    try:
        return switches_read(value)
    except SwitchesInvalid as error:
        raise OverridesInvalid(f"{PART}.{error.field}", error.message) from error


def _method(value: Json) -> FusionMethod | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in set(FusionMethod):
        known = ", ".join(FusionMethod)
        raise OverridesInvalid(f"{PART}.fusion", f"A fusion is one of {known}.")
    return FusionMethod(value)


def _share(value: Json) -> float | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0.0 <= float(value) <= 1.0:  # type: ignore[arg-type]  # a number, as was just asked
        message = "The keyword list's share is a number from 0 to 1."
        raise OverridesInvalid(f"{PART}.keyword_weight", message)
    return float(value)  # type: ignore[arg-type]  # a number, as was asked above


def _switch(name: str, value: Json) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise OverridesInvalid(f"{PART}.{name}", f"'{name}' is true or false.")
    return value
