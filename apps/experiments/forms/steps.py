"""Small forms of an experiment's page: a reason, a decision, QA units, a QA link."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from apps.experiments.contracts.design import VariantDesign
from apps.experiments.contracts.lifecycle import Outcome
from apps.experiments.forms.fields import number_input, select, text_area, tick

_OUTCOMES = {
    Outcome.SHIP: "ship: a variant becomes what everybody sees",
    Outcome.ROLL_BACK: "roll back: everything stays as it was",
    Outcome.INCONCLUSIVE: "inconclusive: the evidence does not say",
}


class ReasonForm(forms.Form):
    """Why; a step that asks nothing has no field."""

    reason = forms.CharField(widget=text_area(2), max_length=1_000)

    def __init__(self, data: Any, *, step: Any) -> None:
        super().__init__(data)
        if not step.reason:
            del self.fields["reason"]


class DecideForm(forms.Form):
    """The decision and its text."""

    outcome = forms.ChoiceField(
        choices=[(each.value, words) for each, words in _OUTCOMES.items()], widget=select()
    )
    variant = forms.ChoiceField(widget=select(), required=False)
    text = forms.CharField(
        label="Why",
        widget=text_area(5),
        max_length=5_000,
        help_text="What the evidence says, what it does not, and what comes next.",
    )
    ship = forms.BooleanField(
        label="Hand the payload to its surface now",
        required=False,
        widget=tick(),
        help_text="A ranking variant becomes a published weight set. Without it the decision is "
        "only recorded.",
    )

    def __init__(self, data: Any, *, variants: Sequence[VariantDesign]) -> None:
        super().__init__(data)
        self.fields["variant"] = forms.ChoiceField(
            choices=[("", "none"), *_variant_choices(variants)],
            required=False,
            widget=select(),
            help_text="The one that is shipped.",
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        shipping = cleaned.get("outcome") == Outcome.SHIP
        if shipping and not cleaned.get("variant"):
            self.add_error("variant", "Say which variant is shipped.")
        if cleaned.get("ship") and not shipping:
            self.add_error("ship", "Only the outcome “ship” hands anything over.")
        return cleaned

    def decision(self) -> dict[str, Any]:
        """Arguments of `experiment_decide`."""
        cleaned = self.cleaned_data
        return {
            "outcome": Outcome(cleaned["outcome"]),
            "variant": cleaned["variant"],
            "text": cleaned["text"],
            "ship": cleaned["ship"],
        }


class ForcedUnitsForm(forms.Form):
    """Units of QA, one a line."""

    units = forms.CharField(
        label="QA units",
        required=False,
        widget=text_area(3, spellcheck="false", placeholder="client-of-mara treatment"),
        help_text="One a line: the unit's id, a space, the variant. They see it always and are "
        "counted nowhere.",
    )

    def __init__(
        self,
        data: Any,
        *,
        variants: Sequence[VariantDesign],
        units: Mapping[str, str] | None = None,
    ) -> None:
        lines = "\n".join(f"{unit} {variant}" for unit, variant in (units or {}).items())
        super().__init__(data, initial={"units": lines})
        self.keys = {variant.key for variant in variants}

    def clean_units(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.cleaned_data["units"].splitlines():
            unit, _, variant = line.strip().rpartition(" ")
            if not line.strip():
                continue
            if not unit.strip() or variant not in self.keys:
                raise forms.ValidationError(
                    f"“{line.strip()}”: write a unit, a space, and one of "
                    f"{', '.join(sorted(self.keys))}."
                )
            found[unit.strip()] = variant
        return found


class QaLinkForm(forms.Form):
    """Which variant, for how long."""

    variant = forms.ChoiceField(widget=select())
    hours = forms.FloatField(
        label="Hours it works", initial=24, widget=number_input(min="1", max="2160")
    )

    def __init__(self, data: Any, *, variants: Sequence[VariantDesign]) -> None:
        super().__init__(data)
        self.fields["variant"] = forms.ChoiceField(
            choices=_variant_choices(variants), widget=select()
        )


def _variant_choices(variants: Sequence[VariantDesign]) -> list[tuple[str, str]]:
    return [(variant.key, f"{variant.key}: {variant.name}") for variant in variants]
