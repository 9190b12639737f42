"""The plain fields of a design, section by section."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from apps.experiments.contracts.design import (
    ANY_SURFACE,
    Correction,
    ExperimentKind,
    Horizon,
    Method,
    Stickiness,
    UnitType,
)
from apps.experiments.contracts.statistics import Spending
from apps.experiments.forms.fields import (
    JsonField,
    MomentField,
    NamesField,
    PercentField,
    number_input,
    select,
    text_area,
    text_input,
    tick,
)

_KINDS = {
    ExperimentKind.AB: "A/B test: learn which variant is better",
    ExperimentKind.BANDIT: "Bandit: earn while learning, shares follow the evidence",
    ExperimentKind.INTERLEAVING: "Interleaving: two rankings mixed into one list",
}
_UNITS = {
    UnitType.CLIENT: "browser or device (client)",
    UnitType.USER: "signed-in person (user)",
    UnitType.SESSION: "visit (session)",
    UnitType.REQUEST: "single request",
}
_STICKY = {
    Stickiness.NONE: "no: the rule alone decides (recommended)",
    Stickiness.STORED: "yes, stored on the server",
    Stickiness.TOKEN: "yes, in a signed token that the storefront sends back",
}
_METHODS = {
    Method.FREQUENTIST: "frequentist: p-values and confidence intervals",
    Method.BAYESIAN: "Bayesian: chance to win and expected loss",
}
_HORIZONS = {
    Horizon.FIXED: "once, at the planned end (fewest shoppers)",
    Horizon.CONFIDENCE_SEQUENCE: "at any time (confidence sequence)",
    Horizon.GROUP_SEQUENTIAL: "at planned looks (group sequential)",
}
_CORRECTIONS = {
    Correction.HOLM: "Holm: no false finding among all",
    Correction.BENJAMINI_HOCHBERG: "Benjamini-Hochberg: few false among those found",
    Correction.NONE: "none",
}


def _choice(labels: Mapping[Any, str], label: str, **kwargs: Any) -> forms.ChoiceField:
    choices = [(each.value, words) for each, words in labels.items()]
    return forms.ChoiceField(choices=choices, widget=select(), label=label, **kwargs)


class DesignForm(forms.Form):
    """What is decided once for the whole experiment."""

    name = forms.CharField(
        max_length=200, widget=text_input(placeholder="Fresher electronics on top")
    )
    hypothesis = forms.CharField(
        widget=text_area(3),
        required=False,
        max_length=5_000,
        help_text="Because we saw …, we believe that … will change … for …",
    )
    kind = _choice(_KINDS, "Purpose")
    surface = forms.ChoiceField(
        widget=select(),
        help_text="Who reads the variants' payloads. Search applies them by itself; with “any” "
        "your storefront does.",
    )
    unit = _choice(_UNITS, "What is split", help_text="It is also what the metrics count.")
    coverage = PercentField(
        label="Traffic coverage, %",
        help_text="Share of the shoppers that fit who take part, from the start. A ramp grows it.",
    )
    targeting = JsonField(
        label="Condition as JSON",
        shape=dict,
        required=False,
        help_text="Takes the place of the rows above. The public condition language: $and, $or, "
        "$not, $in, $gte, $regex …",
    )
    holdout = forms.BooleanField(
        label="Keep the global holdout out",
        required=False,
        widget=tick(),
        help_text="Shoppers of the global holdout see no experiment at all.",
    )
    layer = forms.ChoiceField(
        required=False,
        widget=select(),
        help_text="Experiments of one layer never share a shopper.",
    )
    layer_low = PercentField(label="From, %", required=False)
    layer_high = PercentField(label="To, %", required=False)
    stickiness = _choice(
        _STICKY, "Does a shopper keep the first variant when a later phase would move them?"
    )
    stratify_by = forms.CharField(
        label="Balance variants over",
        max_length=100,
        required=False,
        widget=text_input(placeholder="segment"),
        help_text="An attribute; the salt is then chosen for equal shares in each of its groups.",
    )
    dimensions = NamesField(
        label="Break results down by",
        required=False,
        help_text="Attributes sent with exposures, parted by commas, such as device, category.",
    )
    bandit_metric = forms.ChoiceField(label="What it earns", required=False, widget=select())
    bandit_every_hours = forms.FloatField(
        label="Hours between updates", required=False, widget=number_input()
    )
    bandit_floor = PercentField(label="Least share of a variant, %", required=False)
    bandit_burn_in_units = forms.IntegerField(
        label="Units per variant before the first update", required=False, widget=number_input()
    )
    method = _choice(_METHODS, "How evidence is weighed")
    horizon = _choice(_HORIZONS, "When results may be read")
    mde = PercentField(
        label="Smallest change worth finding, %",
        most=1_000,
        help_text="Relative change of the primary metric, such as 5 % more revenue.",
    )
    power = PercentField(label="Chance to find it, %")
    alpha = PercentField(label="Chance of a false alarm (alpha), %", most=50)
    minimum_runtime_days = forms.IntegerField(
        label="Least days", widget=number_input(min="0"), help_text="Whole weeks are wise."
    )
    minimum_units = forms.IntegerField(
        label="Least units per variant", widget=number_input(min="0")
    )
    cuped_days = forms.IntegerField(
        label="Days before exposure used to reduce noise (CUPED)",
        widget=number_input(min="0"),
        help_text="0 is off; 14 suits most shops.",
    )
    covariates = NamesField(
        label="Further metrics of those days",
        required=False,
        help_text="Keys of metrics of this experiment.",
    )
    correction = _choice(_CORRECTIONS, "Correction for many comparisons")
    spending = forms.ChoiceField(
        label="Alpha spending (planned looks)",
        choices=[(each.value, each.value.replace("_", " ")) for each in Spending],
        widget=select(),
    )
    spending_rho = forms.FloatField(label="Exponent of the power family", widget=number_input())
    looks = forms.IntegerField(label="Planned looks", widget=number_input(min="1"))
    planned_units = forms.IntegerField(
        label="Units at the last look",
        widget=number_input(min="0"),
        help_text="For planned looks. 0 takes what the calculator says when the draft is saved.",
    )
    tuning_n = forms.IntegerField(
        label="Confidence sequence tightest at … units", widget=number_input(min="1")
    )
    prior_sd = forms.FloatField(
        label="Prior: standard deviation of the relative effect",
        required=False,
        widget=number_input(),
        help_text="Bayesian only; empty is flat.",
    )
    post_stratify_by = forms.CharField(
        label="Post-stratify by",
        required=False,
        widget=text_input(),
        help_text="One of the dimensions.",
    )
    srm_threshold = forms.FloatField(
        label="Split alarm below p =",
        widget=number_input(),
        help_text="Sample ratio mismatch.",
    )
    starts_at = MomentField(
        label="Starts by itself at (UTC)",
        required=False,
        help_text="Once approved. Empty waits for a person.",
    )
    ends_at = MomentField(
        label="Ends by itself at (UTC)", required=False, help_text="Empty waits for a person."
    )

    def __init__(
        self,
        *args: Any,
        surfaces: Sequence[tuple[str, str]],
        layers: Sequence[str],
        metrics: Sequence[tuple[str, str]],
        new: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if new:
            key = forms.SlugField(
                max_length=100,
                widget=text_input(placeholder="fresher-electronics"),
                help_text="What storefronts and events say. It never changes.",
            )
            self.fields = {"key": key, **self.fields}
        choices: dict[str, list[tuple[str, str]]] = {
            "surface": [*surfaces, (ANY_SURFACE, "any: my storefront reads the payload")],
            "layer": [("", "none: independent of all others"), *((each, each) for each in layers)],
            "bandit_metric": [("", "the primary metric"), *metrics],
        }
        for name, values in choices.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = values

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("layer"):
            for name in ("layer_low", "layer_high"):
                if name in cleaned and cleaned[name] is None:
                    self.add_error(name, "Say which part of the layer.")
        return cleaned
