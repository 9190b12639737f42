"""The form of a flag's definition."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import UnitType
from apps.experiments.domain.design.flags import VALUE_TYPES
from apps.experiments.domain.guided.targeting import (
    OPERATORS,
    RowInvalid,
    TargetingRow,
    condition_of,
    rows_of,
)
from apps.experiments.forms.fields import JsonField, PercentField, select, text_area, text_input
from apps.experiments.forms.variants import Rows

_SIMPLE_ROWS = 1


class FlagForm(forms.Form):
    """What it serves when no rule matches, and when it is off."""

    description = forms.CharField(
        widget=text_area(2), required=False, max_length=2_000, label="What it switches"
    )
    value_type = forms.ChoiceField(
        choices=[(each, each) for each in VALUE_TYPES],
        widget=select(),
        label="Type of its value",
        initial="boolean",
    )
    value = forms.CharField(
        label="Value when on",
        widget=text_input(placeholder="true"),
        strip=False,
        help_text="true or false, a number, a text, or JSON, as the type says.",
    )
    off_value = forms.CharField(
        label="Value when off",
        widget=text_input(placeholder="false"),
        required=False,
        strip=False,
        help_text="Empty takes the type's own: false, 0, an empty text or object.",
    )

    def __init__(self, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if new:
            key = forms.SlugField(max_length=100, widget=text_input(placeholder="new-checkout"))
            self.fields = {"key": key, **self.fields}


class FlagRuleForm(forms.Form):
    """For whom, what, and for how many of them."""

    attribute = forms.CharField(required=False, widget=text_input(placeholder="country"))
    operator = forms.ChoiceField(choices=list(OPERATORS.items()), widget=select(), initial="is")
    compared = forms.CharField(label="Value", required=False, widget=text_input())
    condition = JsonField(label="Or a condition as JSON", shape=dict, required=False, rows=2)
    value = forms.CharField(label="They get", required=False, widget=text_input(), strip=False)
    coverage = PercentField(label="Share of them, %", initial=1.0)
    unit = forms.ChoiceField(
        label="Share by",
        choices=[(each.attribute, each.value) for each in UnitType],
        widget=select(),
        initial=UnitType.CLIENT.attribute,
    )

    def targeting(self) -> dict[str, Json]:
        """Whom the rule is for.

        Raises:
            RowInvalid: the row is not complete.
        """
        cleaned = self.cleaned_data
        if isinstance(cleaned["condition"], dict):
            return cleaned["condition"]
        if not cleaned["attribute"]:
            return {}
        row = TargetingRow(cleaned["attribute"], cleaned["operator"], cleaned["compared"])
        return condition_of([row])


FlagRuleFormSet = forms.formset_factory(
    FlagRuleForm, formset=Rows, extra=1, max_num=50, absolute_max=60
)


class GuidedFlag:
    """The form of one definition and its rules."""

    def __init__(
        self, posted: QueryDict | None, document: Mapping[str, Any], *, new: bool
    ) -> None:
        data = posted.copy() if posted is not None else None
        self.checked = data is not None and "add_row" not in data
        if data is not None and "add_row" in data:
            data["rules-TOTAL_FORMS"] = str(int(data.get("rules-TOTAL_FORMS") or 0) + 1)
        initial = {
            name: document[name] for name in ("description", "value_type") if name in document
        }
        kind = str(document.get("value_type", "boolean"))
        for name in ("value", "off_value"):
            if name in document:
                initial[name] = _typed(document[name], kind)
        self.main = FlagForm(data, initial=initial, new=new)
        rules = [_rule_initial(rule, kind) for rule in document.get("rules", ())]
        self.rules: Any = FlagRuleFormSet(data, initial=rules, prefix="rules")
        self.refusals: list[str] = []

    def is_valid(self) -> bool:
        """Whether every part is, values and rules included."""
        # Both are asked, so that all errors show.
        valid = self.main.is_valid()
        if not self.rules.is_valid() or not valid:
            return False
        kind = self.main.cleaned_data["value_type"]
        for name in ("value", "off_value"):
            _value_check(self.main, name, kind)
        for form in self.rules.kept():
            _value_check(form, "value", kind)
            try:
                form.targeting()
            except RowInvalid as error:
                form.add_error("compared", error.message)
        return not self.main.errors and not any(form.errors for form in self.rules.forms)

    def document(self) -> dict[str, Json]:
        """The definition; call it on a valid form."""
        cleaned = self.main.cleaned_data
        kind = cleaned["value_type"]
        document: dict[str, Json] = {
            "description": cleaned["description"],
            "value_type": kind,
            "value": _value(cleaned["value"], kind),
            "rules": [
                {
                    "value": _value(form.cleaned_data["value"], kind),
                    "targeting": form.targeting(),
                    "coverage": form.cleaned_data["coverage"],
                    "unit": form.cleaned_data["unit"],
                }
                for form in self.rules.kept()
            ],
        }
        if cleaned["off_value"]:
            document["off_value"] = _value(cleaned["off_value"], kind)
        return document

    def refuse(self, path: str, message: str) -> None:
        """Show what a service refused."""
        name = path.rsplit(".", 1)[-1]
        if name in self.main.fields and "rules" not in path:
            self.main.add_error(name, message)
        else:
            self.refusals.append(f"{path}: {message}" if path else message)


def _value_check(form: forms.Form, name: str, kind: str) -> None:
    text = form.cleaned_data.get(name, "")
    if name == "off_value" and not text:
        return
    try:
        _value(text, kind)
    except ValueError:
        form.add_error(name, f"This is no value of the type {kind}.")


def _value(text: str, kind: str) -> Json:
    """What is typed, as a value of the type; the service checks that it is one."""
    if kind == "string":
        return text
    found: Json = json.loads(text)
    return found


def _typed(value: Any, kind: str) -> str:
    return str(value) if kind == "string" else json.dumps(value, ensure_ascii=False)


def _rule_initial(rule: Mapping[str, Any], kind: str) -> dict[str, Any]:
    targeting = rule.get("targeting") or {}
    rows = rows_of(targeting)
    initial: dict[str, Any] = {
        "value": _typed(rule["value"], kind),
        "coverage": rule.get("coverage", 1.0),
        "unit": rule.get("unit"),
    }
    if rows is None or len(rows) > _SIMPLE_ROWS:
        return {**initial, "condition": targeting}
    for row in rows:
        initial |= {
            "attribute": row.attribute, "operator": row.operator, "compared": row.value,
        }  # fmt: skip
    return initial
