"""The guided form of a metric: every part of its definition, and JSON for what it cannot say."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from apps.events.contracts import EventType
from apps.experiments.contracts.metrics import (
    Direction,
    MetricInvalid,
    MetricKind,
)
from apps.experiments.domain.metrics.reading import FORMATS, metric_read
from apps.experiments.forms.facts import (
    FACT_FIELDS,
    fact_document,
    fact_fields,
    fact_initial,
    step_document,
    step_initial,
)
from apps.experiments.forms.fields import (
    JsonField,
    NamesField,
    PercentField,
    number_input,
    select,
    text_area,
    text_input,
    tick,
)
from apps.experiments.models import MetricVersion

MOST_STEPS = 5
_KINDS = {
    MetricKind.PROPORTION: "proportion: share of units that did it at all",
    MetricKind.MEAN: "mean: total per unit",
    MetricKind.RATIO: "ratio: one total over another (CTR, order value)",
    MetricKind.QUANTILE: "quantile: median and the like of units' totals",
    MetricKind.RETENTION: "retention: came back within some days",
    MetricKind.FUNNEL: "funnel: did all steps in order",
}
_EVENT_TYPES = [(each.value, each.value) for each in EventType if each is not EventType.EXPOSURE]


class MetricForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """One definition as a draft."""

    subject = forms.RegexField(
        r"^[a-z][a-z0-9_]{0,99}$",
        label="Key",
        widget=text_input(placeholder="orders_per_visitor"),
        help_text="Lower-case letters, digits, underscores. It never changes.",
        error_messages={"invalid": "Lower-case letters, digits and underscores, a letter first."},
    )
    title = forms.CharField(max_length=200, widget=text_input())
    kind = forms.ChoiceField(
        choices=[(each.value, words) for each, words in _KINDS.items()], widget=select()
    )
    direction = forms.ChoiceField(
        label="Good is",
        choices=[(Direction.UP.value, "more"), (Direction.DOWN.value, "less")],
        widget=select(),
    )
    format = forms.ChoiceField(choices=[(each, each) for each in FORMATS], widget=select())
    description = forms.CharField(
        widget=text_area(3),
        required=False,
        max_length=2_000,
        help_text="What it means, and when it misleads.",
    )
    tags = NamesField(required=False)
    window_hours = forms.FloatField(
        label="Counts for … hours after the first exposure",
        required=False,
        widget=number_input(),
        help_text="Empty: until the run ends.",
    )
    cap_value = forms.FloatField(
        label="A unit counts at most",
        required=False,
        widget=number_input(),
        help_text="Means and ratios: keeps a few huge orders from deciding.",
    )
    cap_percentile = PercentField(
        label="or at most this percentile of all units, %", required=False
    )
    quantile = PercentField(label="Quantile, %", required=False, initial=0.5)
    missing_is_zero = forms.BooleanField(
        label="Units without a row count as 0",
        required=False,
        widget=tick(),
        initial=True,
        help_text="Untick where there is no value without a row, such as time to first click.",
    )
    retention_from_day = forms.IntegerField(
        label="From day", required=False, widget=number_input(min="0"), initial=1
    )
    retention_to_day = forms.IntegerField(
        label="Before day", required=False, widget=number_input(min="1"), initial=7
    )
    definition = JsonField(
        label="Definition as JSON",
        shape=dict,
        required=False,
        rows=8,
        help_text="Takes the place of everything above. It is filled where the form cannot say "
        "what the metric is.",
    )

    class Meta:
        model = MetricVersion
        fields = ("subject", "definition")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        document: Mapping[str, Any] = self.instance.definition or {}
        said = dict(_initial(document)) if document else {}
        for name, value in said.items():
            self.initial[name] = value
        exact = bool(document) and _document(_as_cleaned(said)) == _essential(document)
        self.initial["definition"] = None if exact or not document else document

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        typed = cleaned.get("definition")
        document = typed if isinstance(typed, dict) else _document(cleaned)
        # The model checks what is there; a definition that is none must not reach it.
        cleaned["definition"] = self.instance.definition or document
        if not self.errors:
            try:
                metric_read(document)
            except MetricInvalid as error:
                self.add_error(self._field_named(error.field), f"{error.field} {error.message}")
            else:
                cleaned["definition"] = document
        return cleaned

    def _post_clean(self) -> None:
        # With errors there is nothing to make a version of.
        if not self.errors:
            super()._post_clean()  # type: ignore[misc]  # missing in the stubs

    def _field_named(self, path: str) -> str:
        flat = path.replace(".", "_")
        parts = (flat, flat.rsplit("_", 1)[0], path.partition(".")[0])
        return next((name for name in parts if name in self.fields), "definition")


_FACTS: dict[str, forms.Field] = {
    **fact_fields("numerator", "What is counted"),
    **fact_fields("denominator", "Over what"),
    **{
        f"step_{place}": forms.ChoiceField(
            label=f"Step {place + 1}",
            required=False,
            choices=[("", "none"), *_EVENT_TYPES],
            widget=select(),
        )
        for place in range(MOST_STEPS)
    },
}
# Admin derives a form of its own from the declared fields of this one.
MetricForm.declared_fields.update(_FACTS)
MetricForm.base_fields.update(_FACTS)
METRIC_FIELDSETS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("What it is", ("subject", "title", "kind", ("direction", "format"), "description", "tags")),
    (
        "What is counted (not for funnels)",
        tuple(f"numerator_{name}" for name in FACT_FIELDS),
    ),
    ("Over what (ratios only)", tuple(f"denominator_{name}" for name in FACT_FIELDS)),
    ("Steps in order (funnels only)", (tuple(f"step_{place}" for place in range(MOST_STEPS)),)),
    (
        "Window, caps, quantile, retention",
        (
            ("window_hours", "quantile"),
            ("cap_value", "cap_percentile"),
            ("retention_from_day", "retention_to_day"),
            "missing_is_zero",
        ),
    ),
    ("Advanced", ("definition",)),
)
_PLAIN = (
    "title", "kind", "direction", "format", "description", "tags", "window_hours", "cap_value",
    "cap_percentile", "quantile", "missing_is_zero", "retention_from_day", "retention_to_day",
)  # fmt: skip


def _document(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """The definition that the filled form means; empty fields are left to their defaults."""
    kind = cleaned.get("kind")
    document = {
        name: cleaned[name] for name in _PLAIN if cleaned.get(name) not in (None, "", [], ())
    }
    document["missing_is_zero"] = bool(cleaned.get("missing_is_zero"))
    if kind == MetricKind.FUNNEL:
        steps = [cleaned.get(f"step_{place}") for place in range(MOST_STEPS)]
        document["steps"] = [step_document(step) for step in steps if step]
        if document["steps"]:
            document["numerator"] = document["steps"][-1]
        return document
    document["numerator"] = fact_document(cleaned, "numerator")
    if kind == MetricKind.RATIO:
        document["denominator"] = fact_document(cleaned, "denominator")
    return document


def _initial(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((name, document.get(name)) for name in _PLAIN)
    yield from fact_initial(document.get("numerator") or {}, "numerator")
    yield from fact_initial(document.get("denominator") or {}, "denominator")
    yield from step_initial(document.get("steps") or ())


def _as_cleaned(initial: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "" if value is None else value for name, value in initial.items()}


def _essential(document: Mapping[str, Any]) -> dict[str, Any]:
    """A stored document without what only repeats a default."""
    return {
        name: value
        for name, value in document.items()
        if name == "missing_is_zero" or value not in (None, "", [], ())
    }
