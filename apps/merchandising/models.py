from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from apps.merchandising.contracts import SynonymsInvalid
from apps.merchandising.domain.synonyms import entries_json, entries_parse
from apps.publishing.bases import PublishableVersion


class EntriesVersion(PublishableVersion):
    """Entries as `{"kind", "terms", "from"}`."""

    content_fields: ClassVar[tuple[str, ...]] = ("entries",)

    entries = models.JSONField(default=list, blank=True)

    class Meta(PublishableVersion.Meta):
        abstract = True

    def content_clean(self) -> None:
        if not isinstance(self.entries, list):
            raise ValidationError({"entries": "There must be a list of entries."})
        try:
            self.entries = entries_json(entries_parse(self.entries))
        except SynonymsInvalid as error:
            raise ValidationError({"entries": str(error)}) from error


class SynonymSetVersion(EntriesVersion):
    """One version of a shop's synonyms."""

    class Meta(EntriesVersion.Meta):
        abstract = False
        verbose_name = "synonyms"
        verbose_name_plural = "synonyms"


class AbbreviationSetVersion(EntriesVersion):
    """One version of a shop's abbreviations; while none is published the built-in ones hold."""

    class Meta(EntriesVersion.Meta):
        abstract = False
        verbose_name = "abbreviations"
        verbose_name_plural = "abbreviations"
