from datetime import datetime
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from apps.merchandising.contracts import SynonymsInvalid
from apps.merchandising.contracts_rules import Reach, RuleInvalid, RuleState
from apps.merchandising.domain.rules.content import CONTENT_FIELDS, rule_content, rule_parse
from apps.merchandising.domain.rules.states import rule_state
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


class RuleVersion(PublishableVersion):
    """One version of one rule; its subject is the rule's key.

    `retired` takes the rule offline: a decision like any other, and one that can be taken back.
    `starts_at` and `ends_at` repeat what the conditions say, for lists.
    """

    content_fields: ClassVar[tuple[str, ...]] = (*CONTENT_FIELDS, "retired")

    title = models.CharField(max_length=200)
    priority = models.IntegerField(default=0)
    campaign = models.CharField(max_length=100, blank=True, default="")
    reach = models.CharField(
        max_length=12,
        choices=[(reach.value, reach.value) for reach in Reach],
        default=Reach.EVERYONE.value,
    )
    conditions = models.JSONField(default=dict, blank=True)
    consequences = models.JSONField(default=list, blank=True)
    retired = models.BooleanField(default=False)
    starts_at = models.DateTimeField(null=True, blank=True, editable=False)
    ends_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(PublishableVersion.Meta):
        abstract = False
        verbose_name = "rule"
        verbose_name_plural = "rules"

    def rule_fields(self) -> dict[str, object]:
        """The content that says what the rule is, as `rule_parse` reads it."""
        return {name: getattr(self, name) for name in CONTENT_FIELDS}

    def state_at(self, as_of: datetime) -> RuleState | None:
        """Where this version stands; None: it is history."""
        return rule_state(
            status=self.status,
            retired=self.retired,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            as_of=as_of,
        )

    def content_clean(self) -> None:
        try:
            rule = rule_parse(self.subject, self.number or 0, self.rule_fields())
        except RuleInvalid as error:
            name, _dot, place = error.field.partition(".")
            field = "subject" if name == "key" else name
            told = f"{place}: {error.message}" if place else error.message
            raise ValidationError({field: told}) from error
        for name, value in rule_content(rule).items():
            setattr(self, name, value)
        self.starts_at, self.ends_at = rule.conditions.starts_at, rule.conditions.ends_at
