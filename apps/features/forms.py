from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.common.errors import InvalidInput
from apps.features.models import FeatureNote
from apps.features.services_notes import feature_note_check


class FeatureNoteForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own takes no argument at run time
    """What people say of a feature; the service's own checks, at the field at fault."""

    class Meta:
        model = FeatureNote
        fields = ("owner", "status", "successor", "notes")
        widgets = {
            "successor": UnfoldAdminTextInputWidget(attrs={"placeholder": "name@version"}),
            "notes": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        }

    def clean(self) -> dict[str, Any] | None:
        found = super().clean() or self.cleaned_data
        if self.errors:
            return found
        try:
            feature_note_check(
                key=self.instance.key, owner=found["owner"], status=found["status"],
                successor=found["successor"], notes=found["notes"],
            )  # fmt: skip
        except InvalidInput as error:
            self.add_error(str(error.extra["field"]), error.message)
        return found
