"""The guided form of an experiment: one design's document in, the changed document out."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import AnalysisPlan, DesignInvalid, UnitType
from apps.experiments.contracts.metrics import MetricVersionView
from apps.experiments.contracts.surfaces import surfaces
from apps.experiments.domain.design.fields import Fields
from apps.experiments.domain.design.plans import plan_read
from apps.experiments.domain.design.writing import plan_written
from apps.experiments.forms.design import DesignForm
from apps.experiments.forms.documents import design_document, design_initial, plan_document
from apps.experiments.forms.plan_question import PlanAsked
from apps.experiments.forms.rows import (
    MetricUsesForm,
    RampFormSet,
    TargetingFormSet,
    targeting_initial,
)
from apps.experiments.forms.variants import VariantFormSet, variants_initial

# What a new design starts with where a template says nothing.
_USUAL: Mapping[str, Any] = {
    "kind": "ab", "surface": "any", "unit": "client", "coverage": 1.0, "holdout": True,
    "stickiness": "none", "dimensions": [],
}  # fmt: skip
_PLACE = re.compile(r"\[(\d+)\]")
_ROW_SETS = ("variants", "targeting", "ramp")


class GuidedDesign:
    """Every form of one design together."""

    def __init__(
        self,
        *,
        document: Mapping[str, Json],
        layers: tuple[str, ...],
        metrics: tuple[MetricVersionView, ...],
        posted: QueryDict | None = None,
        new: bool,
    ) -> None:
        self.source: dict[str, Any] = {**_USUAL, **document}
        plan = self.source.get("plan")
        self.source["plan"] = plan_written(plan_read(Fields(plan) if plan else None))
        # Errors are shown once somebody saves, not when a row is added.
        self.checked = posted is not None and not _asks_for_row(posted)
        data = _with_row(posted)
        schedule = self.source.get("schedule") or {}
        rows, condition = targeting_initial(self.source.get("targeting") or {})
        self.main = DesignForm(
            data,
            initial={**design_initial(self.source), "targeting": condition},
            surfaces=[(each.name, each.title) for each in surfaces()],
            layers=layers,
            metrics=[(each.key, each.definition.title) for each in metrics],
            new=new,
        )
        self.variants: Any = VariantFormSet(
            data, initial=variants_initial(self.source), prefix="variants"
        )
        self.targeting: Any = TargetingFormSet(data, initial=rows, prefix="targeting")
        self.ramp: Any = RampFormSet(data, initial=schedule.get("ramp") or [], prefix="ramp")
        self.metrics = MetricUsesForm(data, metrics=metrics, uses=self.source.get("metrics") or [])
        self.refusals: list[str] = []

    @property
    def parts(self) -> tuple[Any, ...]:
        """All forms and sets."""
        return (self.main, self.variants, self.targeting, self.ramp, self.metrics)

    def is_valid(self) -> bool:
        """Whether every form is."""
        answers = [part.is_valid() for part in self.parts]  # every part, so that all errors show
        return all(answers)

    def document(self) -> dict[str, Json]:
        """The design; call it on a valid form."""
        cleaned = self.main.cleaned_data
        document = design_document(cleaned, primary=self.metrics.primary())
        typed = cleaned["targeting"]
        schedule = document["schedule"]
        if not isinstance(schedule, dict):
            raise TypeError(type(schedule))
        return {
            **document,
            "template": self.source.get("template", ""),
            "variants": [form.document(cleaned["surface"]) for form in self.variants.kept()],
            "targeting": typed if isinstance(typed, dict) else dict(self.targeting.condition),
            "metrics": self.metrics.chosen(),
            "schedule": {**schedule, "ramp": self.ramp.steps()},
        }

    def plan_asked(self) -> PlanAsked | str:
        """What the calculator needs, or a sentence that says what is missing."""
        for part in self.parts:
            part.is_valid()
        cleaned = getattr(self.main, "cleaned_data", {})
        primary = self.metrics.primary()
        if not primary:
            return "Choose one primary metric first."
        weights = [
            form.cleaned_data.get("weight")
            for form in self.variants.forms
            if form.is_valid() and form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        if len(weights) < 2 or not all(weights) or not cleaned.get("coverage"):  # noqa: PLR2004 - a comparison has two sides
            return "Give two or more variants a share, and traffic coverage above 0."
        try:
            plan: AnalysisPlan = plan_read(Fields(plan_document(cleaned)))
        except DesignInvalid as error:
            return f"The analysis plan is not complete: {error.message}"
        return PlanAsked(
            metric=primary,
            unit=UnitType(cleaned["unit"]),
            weights=tuple(weights),
            coverage=cleaned["coverage"],
            plan=plan,
        )

    def refuse(self, path: str, message: str) -> None:
        """Show what a service refused beside the field that it speaks of."""
        self.checked = True
        name, _, rest = path.removeprefix("design.").partition("[")
        rows = getattr(self, name, None) if rest and name in _ROW_SETS else None
        place = _PLACE.search(path)
        if rows is not None and place is not None:
            kept = rows.kept()
            if int(place[1]) < len(kept):
                field = path.rsplit(".", 1)[-1] if "." in path else None
                form = kept[int(place[1])]
                form.add_error(field if field in form.fields else None, message)
                return
        field = _main_field(path)
        if field in self.main.fields:
            self.main.add_error(field, message)
        else:
            self.refusals.append(message)


def _main_field(path: str) -> str:
    """`plan.mde` → `mde`, `layer.low` → `layer_low`, `schedule.ends_at` → `ends_at`."""
    part, _, name = path.partition(".")
    if part in {"layer", "bandit"} and name and name != "name":
        return f"{part}_{name}"
    if part in {"plan", "schedule"} and name:
        return name
    return part


def _asks_for_row(posted: QueryDict) -> bool:
    return any(name in posted for name in ("add_row", "suggest", "calculate"))


def _with_row(posted: QueryDict | None) -> QueryDict | None:
    """The posted values with one more row where a button asked for it."""
    if posted is None:
        return None
    data = posted.copy()
    rows = posted.get("add_row", "")
    if rows in _ROW_SETS:
        total = f"{rows}-TOTAL_FORMS"
        data[total] = str(int(posted.get(total, "0") or 0) + 1)
    suggested = posted.get("suggest", "")
    if suggested.count("|") == 2:  # noqa: PLR2004 - layer, from, to
        data["layer"], data["layer_low"], data["layer_high"] = suggested.split("|")
    return data
