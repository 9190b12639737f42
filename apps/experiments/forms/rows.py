"""Rows of targeting and of the ramp, and the roles of metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import MetricRole
from apps.experiments.contracts.metrics import MetricVersionView
from apps.experiments.domain.guided.targeting import (
    OPERATORS,
    RowInvalid,
    TargetingRow,
    condition_of,
    rows_of,
)
from apps.experiments.forms.fields import PercentField, number_input, select, text_input
from apps.experiments.forms.variants import Rows

_USUAL_MARGIN = 0.02
_UNUSED = ""
_ROLES = [
    (_UNUSED, "not used"),
    (MetricRole.PRIMARY.value, "primary"),
    (MetricRole.SECONDARY.value, "secondary"),
    (MetricRole.GUARDRAIL.value, "guardrail"),
]


class TargetingRowForm(forms.Form):
    """One line: attribute, operator, value."""

    attribute = forms.RegexField(
        r"^[A-Za-z_][A-Za-z0-9_.-]*$",
        max_length=100,
        required=False,
        widget=text_input(list="known-attributes", placeholder="device"),
    )
    operator = forms.ChoiceField(choices=list(OPERATORS.items()), widget=select(), initial="is")
    value = forms.CharField(
        required=False, max_length=2_000, widget=text_input(placeholder="mobile")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("value") and not cleaned.get("attribute") and "attribute" in cleaned:
            self.add_error("attribute", "Name the attribute that is compared.")
        return cleaned


class TargetingRows(Rows):
    """All of them must hold."""

    condition: Mapping[str, Json]

    def clean(self) -> None:
        self.condition = {}
        if any(self.errors):
            return
        forms_used = [form for form in self.kept() if form.cleaned_data.get("attribute")]
        rows = [
            TargetingRow(*(form.cleaned_data[name] for name in ("attribute", "operator", "value")))
            for form in forms_used
        ]
        try:
            self.condition = condition_of(rows)
        except RowInvalid as error:
            forms_used[error.place].add_error("value", error.message)
            raise forms.ValidationError("A targeting row is not complete.") from error


TargetingFormSet = forms.formset_factory(
    TargetingRowForm, formset=TargetingRows, extra=1, max_num=30, absolute_max=40
)


class RampStepForm(forms.Form):
    """Coverage that is reached so many hours after the start."""

    after_hours = forms.FloatField(
        label="Hours after the start", required=False, widget=number_input(min="0")
    )
    coverage = PercentField(label="Coverage then, %", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for one, other in (("after_hours", "coverage"), ("coverage", "after_hours")):
            if cleaned.get(one) is None and cleaned.get(other) is not None:
                self.add_error(one, "A step needs both numbers.")
        return cleaned


class RampRows(Rows):
    """Steps in the order of their hours."""

    def steps(self) -> list[Json]:
        """The ramp of a design; call it on a valid set."""
        found = [form.cleaned_data for form in self.kept()]
        complete = [each for each in found if each.get("after_hours") is not None]
        return [
            {"coverage": each["coverage"], "after_hours": each["after_hours"]}
            for each in sorted(complete, key=lambda each: float(each["after_hours"]))
        ]


RampFormSet = forms.formset_factory(
    RampStepForm, formset=RampRows, extra=1, max_num=50, absolute_max=60
)


class MetricUsesForm(forms.Form):
    """Every published metric with the role it plays here."""

    def __init__(
        self, data: Any, *, metrics: Sequence[MetricVersionView], uses: Sequence[Any]
    ) -> None:
        super().__init__(data, prefix="metric")
        self.uses = {use["key"]: use for use in uses if isinstance(use, dict) and "key" in use}
        self.metrics = metrics
        for metric in metrics:
            use = self.uses.get(metric.key, {})
            title = metric.definition.title
            self.fields[f"role-{metric.key}"] = forms.ChoiceField(
                choices=_ROLES,
                required=False,
                initial=use.get("role", "secondary") if use else _UNUSED,
                widget=select(**{"aria-label": f"Role of {title}"}),
            )
            self.fields[f"margin-{metric.key}"] = margin = PercentField(
                required=False, initial=use.get("margin", _USUAL_MARGIN)
            )
            margin.widget.attrs["aria-label"] = f"Tolerated loss of {title}, percent"

    def lines(self) -> list[tuple[MetricVersionView, Any, Any]]:
        """Metrics with their two bound fields, the used ones first."""
        found = [
            (metric, self[f"role-{metric.key}"], self[f"margin-{metric.key}"])
            for metric in self.metrics
        ]
        places = {role: place for place, (role, _) in enumerate(_ROLES[1:])}
        return sorted(found, key=lambda line: places.get(str(line[1].value()), len(places)))

    def chosen(self) -> list[Json]:
        """The metrics of a design, the primary first; call it on a valid form."""
        order = [role for role, _ in _ROLES[1:]]
        found: list[Json] = []
        for role in order:
            found += [
                self._use(metric.key, role)
                for metric in self.metrics
                if self.cleaned_data.get(f"role-{metric.key}") == role
            ]
        return found

    def primary(self) -> str:
        """Key of the primary metric; empty when none or several are."""
        keys = [
            metric.key
            for metric in self.metrics
            if self.cleaned_data.get(f"role-{metric.key}") == MetricRole.PRIMARY
        ]
        return keys[0] if len(keys) == 1 else ""

    def _use(self, key: str, role: str) -> Json:
        margin = self.cleaned_data.get(f"margin-{key}")
        # The version is frozen when an experiment starts, and goes on through its changes.
        version = self.uses.get(key, {}).get("version", 0)
        return {
            "key": key, "role": role, "version": version, "margin": margin or _USUAL_MARGIN,
        }  # fmt: skip


def targeting_initial(condition: Mapping[str, Json]) -> tuple[list[dict[str, str]], Json]:
    """Rows for a condition, and the JSON for what rows cannot say."""
    rows = rows_of(condition)
    if rows is None:
        return [], dict(condition)
    return [
        {"attribute": row.attribute, "operator": row.operator, "value": row.value} for row in rows
    ], None
