"""Variants as rows, each with the payload form of every surface and with JSON for `any`."""

import json
from collections.abc import Mapping
from typing import Any, cast

from django import forms

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import ANY_SURFACE
from apps.experiments.contracts.surfaces import PayloadField, Surface, surface_named, surfaces
from apps.experiments.forms.fields import (
    JsonField,
    PercentField,
    number_input,
    select,
    text_area,
    text_input,
    tick,
)

MOST_VARIANTS = 20


class VariantForm(forms.Form):
    """One arm. The first row is the control."""

    key = forms.CharField(max_length=100, widget=text_input(placeholder="treatment"))
    name = forms.CharField(max_length=200, widget=text_input(), required=False)
    weight = PercentField(label="Share, %")
    description = forms.CharField(
        label="What a shopper sees", widget=text_area(2), required=False, max_length=2_000
    )
    payload = JsonField(
        label="Payload as JSON",
        required=False,
        rows=3,
        help_text="What your storefront reads: any JSON. Empty leaves everything as it is.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.picked: dict[str, list[str]] = {}
        self.stored = self.initial.get("payload") is not None
        for surface in surfaces():
            self._surface_add(surface)

    def surface_parts(self) -> list[tuple[Surface, list[Any]]]:
        """Every surface with its bound fields, for the template."""
        return [(each, [self[name] for name in self.picked[each.name]]) for each in surfaces()]

    @property
    def says_something(self) -> bool:
        """Whether any part of its payload is filled: then a page shows it opened."""
        names = {"payload", *(name for group in self.picked.values() for name in group)}
        typed = self.is_bound and bool(names & {*self.changed_data})
        return self.stored or typed

    def document(self, surface_name: str) -> dict[str, Json]:
        """The variant as it stands in a design; call it on a valid form."""
        return {
            "key": self.cleaned_data["key"],
            "name": self.cleaned_data["name"] or self.cleaned_data["key"],
            "weight": self.cleaned_data["weight"],
            "payload": self.payload_meant(surface_name),
            "description": self.cleaned_data["description"],
        }

    def payload_meant(self, surface_name: str) -> Json:
        """What JSON says, else what the surface makes of its fields."""
        typed = self.cleaned_data.get("payload", JsonField.EMPTY)
        surface = surface_named(surface_name)
        if typed is not JsonField.EMPTY:
            return cast("Json", typed)
        return None if surface is None else surface.payload_from_form(self._values(surface))

    def _surface_add(self, surface: Surface) -> None:
        payload, payload_surface = self.initial.get("payload"), self.initial.get("surface")
        mine = payload is not None and payload_surface == surface.name
        filled = surface.payload_to_form(payload) if mine else {}
        if mine and surface.payload_from_form(filled) == payload:
            # The form says it all: the JSON beside it stays empty.
            self.initial["payload"] = None
        self.picked[surface.name] = names = []
        for field in surface.payload_fields():
            name = f"{surface.name}__{field.name}"
            self.fields[name] = _form_field(field)
            self.initial[name] = _initial(field, filled.get(field.name, ""))
            names.append(name)

    def _values(self, surface: Surface) -> Mapping[str, str]:
        fields = {f"{surface.name}__{each.name}": each for each in surface.payload_fields()}
        return {field.name: _text(self.cleaned_data.get(name)) for name, field in fields.items()}


def _form_field(field: PayloadField) -> forms.Field:
    shared: dict[str, Any] = {"label": field.label, "help_text": field.help, "required": False}
    if field.kind == "choice":
        choices = list(field.choices)
        if all(value for value, _ in choices):
            choices.insert(0, ("", "as it is today"))
        return forms.ChoiceField(choices=choices, widget=select(), **shared)
    if field.kind == "number":
        return forms.FloatField(widget=number_input(), **shared)
    if field.kind == "boolean":
        return forms.BooleanField(widget=tick(), **shared)
    return forms.CharField(widget=text_input(), **shared)


def _initial(field: PayloadField, value: str) -> object:
    return value in {"true", "on", "1"} if field.kind == "boolean" else value


def _text(value: object) -> str:
    if value is None or value is False:
        return ""
    return "true" if value is True else json.dumps(value) if not isinstance(value, str) else value


class _Rows(forms.BaseFormSet):  # type: ignore[type-arg]  # not subscriptable at run time
    """Rows that are parted from the empty ones."""

    def kept(self) -> list[Any]:
        """The filled rows that nobody ticked for removal; call it on a valid set."""
        return [
            form
            for form in self.forms
            if form.has_changed() and not form.cleaned_data.get("DELETE")
        ]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"] = forms.BooleanField(
            label="Remove", required=False, widget=tick(), initial=False
        )


class VariantRows(_Rows):
    """All arms; every row that is there counts, changed or not."""

    def kept(self) -> list[Any]:
        return [
            form
            for form in self.forms
            if (form.initial or form.has_changed()) and not form.cleaned_data.get("DELETE")
        ]


Rows = _Rows
VariantFormSet = forms.formset_factory(
    VariantForm,
    formset=VariantRows,
    extra=0,
    max_num=MOST_VARIANTS,
    absolute_max=MOST_VARIANTS + 2,
)


def variants_initial(document: Mapping[str, Json]) -> list[dict[str, Any]]:
    """Rows from a design's document."""
    found = document.get("variants")
    surface = document.get("surface", ANY_SURFACE)
    rows = found if isinstance(found, list) else []
    return [{**row, "surface": surface} for row in rows if isinstance(row, dict)]
