"""Who is told, of what, and how."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.experiments.contracts.reports import Channel, Occasion
from apps.experiments.forms.fields import select, text_input, tick
from apps.experiments.models import Experiment, ReportSubscription

_OCCASIONS = {
    Occasion.STARTED: "it started",
    Occasion.SRM: "its split is wrong (sample ratio mismatch)",
    Occasion.GUARDRAIL_BREACH: "a guardrail is breached",
    Occasion.SIGNIFICANCE: "its primary metric is significant",
    Occasion.PLANNED_END: "its planned end has come",
}


class SubscriptionForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A new subscriber, or what one is told."""

    experiment_key = forms.ChoiceField(label="Experiment", required=False, widget=select())
    channel = forms.ChoiceField(
        choices=[(each.value, each.value) for each in Channel], widget=select()
    )
    target = forms.CharField(
        widget=text_input(placeholder="analysts@shop.example, or https://…"),
        help_text="An e-mail address, or the https address of a webhook.",
    )
    occasions = forms.MultipleChoiceField(
        label="Tell when",
        choices=[(each.value, words) for each, words in _OCCASIONS.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        initial=[each.value for each in Occasion],
    )
    active = forms.BooleanField(required=False, widget=tick(), initial=True)

    class Meta:
        model = ReportSubscription
        fields = ("channel", "target", "occasions", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("experiment_key")
        if isinstance(field, forms.ChoiceField):
            keys = Experiment.objects.order_by("key").values_list("key", flat=True)
            field.choices = [("", "all experiments"), *((key, key) for key in keys)]
