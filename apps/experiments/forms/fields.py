"""Fields that speak as people do: percent for shares, JSON for what has no form."""

import json
from typing import Any

from django import forms
from unfold.widgets import (
    BASE_INPUT_CLASSES,
    TEXTAREA_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldBooleanWidget,
)

_INPUT = " ".join(BASE_INPUT_CLASSES)
_AREA = " ".join(TEXTAREA_CLASSES)
_MOMENT = "%Y-%m-%dT%H:%M"
_DIGITS = 9


def text_input(**attrs: str) -> forms.TextInput:
    """One line."""
    return forms.TextInput({"class": _INPUT, **attrs})


def number_input(**attrs: str) -> forms.NumberInput:
    """A number; any step unless said."""
    return forms.NumberInput({"class": _INPUT, "step": "any", **attrs})


def text_area(rows: int = 3, **attrs: str) -> forms.Textarea:
    """Several lines."""
    return forms.Textarea({"class": _AREA, "rows": str(rows), **attrs})


def select(**attrs: str) -> forms.Select:
    """A list of choices."""
    return UnfoldAdminSelectWidget(attrs=dict(attrs))


def tick() -> UnfoldBooleanWidget:
    """A box to tick."""
    return UnfoldBooleanWidget()


class PercentField(forms.FloatField):
    """Typed and shown in percent, a share in [0, 1] everywhere else."""

    def __init__(self, *, most: float = 100.0, **kwargs: Any) -> None:
        widget = number_input(min="0", max=f"{most:g}")
        super().__init__(**{"min_value": 0.0, "max_value": most, "widget": widget, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        # What was typed comes back as text and stays; what is stored is a number.
        return f"{value * 100:.6g}" if isinstance(value, int | float) else value

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return None if found is None else round(found / 100, _DIGITS)

    def has_changed(self, initial: Any, data: Any) -> bool:
        # What is stored is a share, what is sent are percents.
        try:
            sent = self.clean(data)
        except forms.ValidationError:
            return True
        return bool(sent != initial)


class JsonField(forms.CharField):
    """JSON as text; `EMPTY` when nothing was typed."""

    EMPTY = object()

    def __init__(self, *, shape: type | None = None, rows: int = 4, **kwargs: Any) -> None:
        super().__init__(
            widget=text_area(rows, spellcheck="false", style="font-family: monospace"), **kwargs
        )
        self.shape = shape

    def prepare_value(self, value: Any) -> Any:
        if value is self.EMPTY or value is None:
            return ""
        if isinstance(value, str):
            return value
        return json.dumps(value, indent=2, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return self.EMPTY
        try:
            found = json.loads(text, parse_constant=_no_constant)
        except ValueError as error:
            raise forms.ValidationError(f"This is no JSON: {error}.", code="json") from error
        if self.shape is not None and not isinstance(found, self.shape):
            raise forms.ValidationError("This must be a JSON object, in { }.", code="shape")
        return found


class MomentField(forms.DateTimeField):
    """A date and a time of day, in UTC like everything in the house."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local", "class": _INPUT}, format=_MOMENT)
        super().__init__(widget=widget, input_formats=[_MOMENT, "%Y-%m-%dT%H:%M:%S"], **kwargs)


class NamesField(forms.CharField):
    """Names parted by commas, as a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=text_input(), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
