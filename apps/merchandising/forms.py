"""Synonyms as lines of text."""

from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.merchandising.contracts import DEFAULT_SUBJECT, SynonymsInvalid
from apps.merchandising.domain.synonyms import (
    entries_json,
    entries_parse,
    lines_format,
    lines_parse,
)
from apps.merchandising.models import AbbreviationSetVersion, SynonymSetVersion


class SynonymLinesField(forms.CharField):
    """Entries as lines; refusals name the line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 18, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        # A bound form shows what was typed, a fresh one the stored entries.
        return value if isinstance(value, str) else lines_format(entries_parse(value or ()))

    def clean(self, value: Any) -> Any:
        try:
            return entries_json(lines_parse(super().clean(value)))
        except SynonymsInvalid as error:
            raise forms.ValidationError(str(error).replace("Entry", "Line")) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)


class SynonymSetForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    entries = SynonymLinesField(
        label="Synonyms",
        required=False,
        help_text=(
            "One rule a line. “sofa, couch, settee”: each also finds the others. "
            "“notebook => laptop, ultrabook”: the first also finds those after the arrow. "
            "Phrases may have up to six words; lines that begin with # are not kept."
        ),
    )

    class Meta:
        model = SynonymSetVersion
        fields = ("entries",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.subject = self.instance.subject or DEFAULT_SUBJECT


class AbbreviationSetForm(SynonymSetForm):
    entries = SynonymLinesField(
        label="Abbreviations",
        required=False,
        help_text=(
            "One rule a line. “tv, television”: each also finds the other. "
            "“bt => bluetooth”: the first also finds what stands after the arrow. "
            "None at all turns the built-in ones off as well."
        ),
    )

    class Meta(SynonymSetForm.Meta):
        model = AbbreviationSetVersion  # type: ignore[assignment]  # another kind of entries


def entry_count(entries: Sequence[object]) -> str:
    """How many rules, in words."""
    return f"{len(entries)} rule" if len(entries) == 1 else f"{len(entries)} rules"
