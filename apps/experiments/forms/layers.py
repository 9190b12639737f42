"""Forms of layers and of the global holdout."""

from typing import Any

from django import forms

from apps.experiments.forms.fields import PercentField, text_area, text_input, tick
from apps.experiments.models import HoldoutVersion, Layer
from apps.experiments.selectors.layers import HOLDOUT_SUBJECT, holdout_live

_MOST_HELD_OUT = 50.0


class LayerForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A name, once; a description, any time."""

    name = forms.SlugField(
        max_length=100,
        widget=text_input(placeholder="search-ranking"),
        help_text="Part of the hash that says who is in which range: it never changes.",
    )
    description = forms.CharField(
        required=False, widget=text_area(2), help_text="What its experiments have in common."
    )

    class Meta:
        model = Layer
        fields = ("name", "description")


class HoldoutForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """How much, and whether other shoppers take their turn."""

    share = PercentField(
        label="Share held out, %",
        most=_MOST_HELD_OUT,
        help_text="These shoppers see no experiment that keeps the holdout out. It reaches an "
        "experiment when it starts or draws a new salt; nobody in a running phase moves.",
    )
    redraw = forms.BooleanField(
        label="Draw other shoppers",
        required=False,
        widget=tick(),
        help_text="Without it those held out today stay so, and a larger share adds to them.",
    )

    class Meta:
        model = HoldoutVersion
        fields = ("share",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.initial["share"] = holdout_live().share

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        # The service draws the salt; the model's own check wants one there.
        self.instance.subject = HOLDOUT_SUBJECT
        self.instance.salt = self.instance.salt or "drawn by the service"
        if "share" not in cleaned:
            self.instance.share = 0.0
        return cleaned
