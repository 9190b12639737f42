"""Search settings as a form; there is one subject, so it is not asked for."""

from typing import Any

from django import forms

from apps.search.domain.configuration import SETTINGS_SUBJECT
from apps.search.models import SearchSettingsVersion


class SearchSettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A draft of how search works."""

    class Meta:
        model = SearchSettingsVersion
        fields = SearchSettingsVersion.content_fields

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.subject = self.instance.subject or SETTINGS_SUBJECT
