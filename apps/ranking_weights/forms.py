"""Weights as sliders: a field that is one number per registered feature."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget

from apps.catalog.contracts import CategoryTree
from apps.catalog.selectors import category_tree_fresh
from apps.features.contracts import FEATURE_NAMES, FEATURES
from apps.ranking_weights.contracts import GLOBAL_SUBJECT, WeightsInvalid, weights_validate
from apps.ranking_weights.models import WeightSetVersion

_STEP = "0.0001"


class WeightsWidget(forms.MultiWidget):
    """A number input per feature; with JavaScript a slider beside each keeps the sum at 1."""

    template_name = "ranking_weights/sliders.html"

    class Media:
        css = {"all": ("ranking_weights/weights.css",)}
        js = (forms.widgets.Script("ranking_weights/sliders.js", defer=True),)

    def __init__(self) -> None:
        attrs = {"min": "0", "max": "1", "step": _STEP, "class": " ".join(INPUT_CLASSES)}
        super().__init__({name: forms.NumberInput(attrs) for name in FEATURE_NAMES})

    def decompress(self, value: Any) -> list[float | None]:
        given = value if isinstance(value, Mapping) else {}
        return [given.get(name, 0.0) if given else None for name in FEATURE_NAMES]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        inputs = context["widget"]["subwidgets"]
        context["weights"] = list(zip(FEATURES, inputs, strict=True))
        return context


class WeightsField(forms.MultiValueField):
    """Feature → weight, checked as a weight set."""

    widget = WeightsWidget

    def __init__(self, **kwargs: Any) -> None:
        numbers = tuple(
            forms.FloatField(min_value=0.0, max_value=1.0, label=spec.title) for spec in FEATURES
        )
        super().__init__(fields=numbers, require_all_fields=True, **kwargs)

    def compress(self, data_list: Sequence[float]) -> dict[str, float]:
        try:
            return weights_validate(dict(zip(FEATURE_NAMES, data_list, strict=False)))
        except WeightsInvalid as error:
            raise forms.ValidationError(str(error), code=error.code) from error


def subject_choices(tree: CategoryTree) -> list[tuple[str, str]]:
    """Global, then the categories from the top, each under its parent."""
    categories = [
        (node.path, "\u2003" * len(tree.ancestors(node.code)) + node.name)
        for node in tree.categories
    ]
    return [(GLOBAL_SUBJECT, "Everything (global)"), *categories]


class WeightSetForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A draft of one subject's weights; its subject is chosen once."""

    subject = forms.ChoiceField(
        label="Category",
        widget=UnfoldAdminSelectWidget,
        help_text="Its subcategories without weights of their own follow it.",
    )
    weights = WeightsField(label="Weights")

    class Meta:
        model = WeightSetVersion
        fields = ("subject", "weights")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        subject = self.fields.get("subject")
        if isinstance(subject, forms.ChoiceField):
            subject.choices = subject_choices(category_tree_fresh())
