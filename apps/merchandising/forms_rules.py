"""The parts of a rule's guided form: rows for conditions and consequences, no JSON."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from unfold.widgets import BASE_INPUT_CLASSES, TEXTAREA_CLASSES, UnfoldAdminSelectWidget

from apps.catalog.contracts import AVAILABILITIES
from apps.merchandising.contracts_rules import QueryMatch, Reach
from apps.merchandising.domain.rules.consequences import DOINGS, MOST_CONSEQUENCES, MOST_POSITION
from apps.merchandising.domain.rules.content import MOST_PRIORITY
from apps.merchandising.domain.rules.csv_cells import values_of_cell

_INPUT, _AREA = " ".join(BASE_INPUT_CLASSES), " ".join(TEXTAREA_CLASSES)
_SEVERAL = "Several: a | b."
_MATCHES = [
    (QueryMatch.EXACT.value, "is exactly"),
    (QueryMatch.CONTAINS.value, "contains the words"),
    (QueryMatch.PHRASE.value, "has the phrase"),
    (QueryMatch.PATTERN.value, "is like (pattern)"),
]
_DOING_WORDS = {
    "pin": "Pin a product to a position",
    "boost": "Boost products",
    "bury": "Bury products",
    "hide": "Hide products",
    "keep": "Show only these products",
    "redirect": "Redirect",
    "banner": "Show a banner",
    "rewrite": "Replace or remove words of the query",
}
_REACHES = [
    (Reach.EVERYONE.value, "everyone"),
    (Reach.EXPERIMENTS.value, "only where an experiment asks for it"),
]


def line(**attrs: str) -> forms.TextInput:
    """One line of text."""
    return forms.TextInput({"class": _INPUT, **attrs})


def number(**attrs: str) -> forms.NumberInput:
    """A whole number."""
    return forms.NumberInput({"class": _INPUT, **attrs})


def choices_many(size: int) -> forms.SelectMultiple:
    """A list of which several may be chosen."""
    return forms.SelectMultiple({"class": f"{_AREA} mr-many", "size": str(size)})


class ValuesField(forms.CharField):
    """Several texts in one line, as a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, help_text=_SEVERAL, **{"widget": line(), **kwargs})

    def clean(self, value: Any) -> Any:
        return values_of_cell(super().clean(value))


class RuleForm(forms.Form):
    """What the rule is called, and the conditions that stand alone."""

    title = forms.CharField(max_length=200, widget=line(placeholder="TVs before the holidays"))
    priority = forms.IntegerField(
        min_value=-MOST_PRIORITY,
        max_value=MOST_PRIORITY,
        initial=0,
        widget=number(),
        help_text=f"The higher wins: -{MOST_PRIORITY} to {MOST_PRIORITY}.",
    )
    campaign = forms.CharField(
        max_length=100,
        required=False,
        widget=line(placeholder="black-friday", list="campaigns"),
        help_text="Groups rules in the calendar and in experiments.",
    )
    reach = forms.ChoiceField(
        choices=_REACHES, widget=UnfoldAdminSelectWidget(), label="Whom it reaches"
    )
    categories = forms.MultipleChoiceField(
        required=False,
        widget=choices_many(8),
        help_text="The category chosen or detected is one of these, or below one.",
    )
    segments = ValuesField(label="Segments of shoppers")
    devices = ValuesField(widget=line(placeholder="mobile | tablet"))
    starts_at = forms.CharField(required=False, label="Starts", widget=line(type="datetime-local"))
    ends_at = forms.CharField(required=False, label="Ends", widget=line(type="datetime-local"))
    time_zone = forms.ChoiceField(
        choices=[(name, name) for name in sorted(available_timezones())],
        widget=UnfoldAdminSelectWidget(),
        initial=settings.TIME_ZONE,
        help_text="Both times are read on this clock.",
    )

    def __init__(self, *args: Any, new: bool, paths: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self.fields["categories"], paths)
        if new:
            key = forms.CharField(
                max_length=100,
                widget=line(placeholder="tv-holidays"),
                help_text="Small letters, digits, - and _; it names the rule for good.",
            )
            self.fields = {"key": key, **self.fields}


class QueryForm(forms.Form):
    """One text that the query is compared with."""

    match = forms.ChoiceField(
        choices=_MATCHES, required=False, widget=UnfoldAdminSelectWidget(), label="The query"
    )
    text = forms.CharField(
        max_length=200, required=False, widget=line(placeholder="tv"), label="Words"
    )


class AttributeForm(forms.Form):
    """One attribute of the request, and the values that are meant."""

    name = forms.CharField(
        max_length=64, required=False, widget=line(placeholder="shop"), label="Attribute"
    )
    values = ValuesField(label="Is one of")


class VariantForm(forms.Form):
    """Variants of one experiment."""

    experiment = forms.CharField(
        max_length=200, required=False, widget=line(), label="Experiment's key"
    )
    variants = ValuesField(label="Variant is one of")


class ConsequenceForm(forms.Form):
    """One thing that the rule does; which cells count, `do` says."""

    do = forms.ChoiceField(
        choices=[("", "Choose …"), *((name, _DOING_WORDS[name]) for name in DOINGS)],
        required=False,
        widget=UnfoldAdminSelectWidget(),
        label="What happens",
    )
    products = forms.CharField(
        required=False,
        widget=line(**{"data-products": "", "autocomplete": "off"}),
        label="Products, by id",
        help_text=_SEVERAL,
    )
    position = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_POSITION, widget=number(min="1")
    )
    factor = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100,
        widget=number(min="1", max="100"),
        label="How strongly, 1 to 100",
        help_text="Boost: 50 doubles the score, 100 triples it. Bury: 50 halves it, 100 puts "
        "behind everything else.",
    )
    brand = forms.CharField(required=False, widget=line(), help_text=_SEVERAL)
    category = forms.MultipleChoiceField(required=False, widget=choices_many(5))
    price_from = forms.CharField(required=False, widget=line(inputmode="decimal"))
    price_to = forms.CharField(required=False, widget=line(inputmode="decimal"))
    availability = forms.MultipleChoiceField(
        choices=[(each, each.replace("_", " ")) for each in AVAILABILITIES],
        required=False,
        widget=choices_many(4),
    )
    others = forms.CharField(
        required=False,
        widget=line(placeholder="color=red | color=blue"),
        label="Other attributes",
    )
    url = forms.CharField(
        required=False, widget=line(placeholder="/sale"), label="Path or https address"
    )
    slot = forms.CharField(required=False, widget=line(placeholder="top"))
    payload = forms.CharField(
        required=False,
        widget=forms.Textarea(
            {"class": _AREA, "rows": "3", "placeholder": "title: Black Friday\nurl: /sale"}
        ),
        label="What the storefront shows",
        help_text="One name: value a line.",
    )
    find = forms.CharField(
        required=False, widget=line(), label="Words", help_text="Empty: the whole query."
    )
    replace = forms.CharField(
        required=False, widget=line(), label="Become", help_text="Empty: they go."
    )

    def __init__(self, *args: Any, paths: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self.fields["category"], list(paths))


def _choices(field: Any, paths: list[tuple[str, str]]) -> None:
    field.choices = paths


class Rows(forms.BaseFormSet):  # type: ignore[type-arg]  # not subscriptable at run time
    """Rows with a tick to remove each; rows without anything in them do not count."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # Else a row that is sent as it was shown would be taken for none.
        form.empty_permitted = False
        form.fields["DELETE"].label = "Remove"

    def kept(self) -> list[Any]:
        """The rows that count, in order."""
        return [form for form in self.forms if not self._gone(form)]

    def _gone(self, form: Any) -> bool:
        if form.cleaned_data.get("DELETE"):
            return True
        names = (name for name in form.fields if name not in {"DELETE", "match"})
        return not any(form.cleaned_data.get(name) for name in names)


def _rows(form: type[forms.Form], most: int) -> Any:
    return forms.formset_factory(
        form, formset=Rows, extra=1, can_delete=True, max_num=most, absolute_max=most + 10
    )


QueryRows, AttributeRows = _rows(QueryForm, 200), _rows(AttributeForm, 20)
VariantRows, ConsequenceRows = (
    _rows(VariantForm, 20), _rows(ConsequenceForm, MOST_CONSEQUENCES)
)  # fmt: skip
