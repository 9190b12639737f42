"""What the list of rules filters by, and versions compared in words."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.merchandising.contracts_rules import RuleState
from apps.merchandising.domain.rules.wording import rule_lines
from apps.merchandising.models import RuleVersion
from apps.merchandising.selectors_rules import campaigns_known, rule_of_version, state_rows
from apps.publishing.contracts import FieldChange, VersionStatus, VersionView

STATE_COLOURS = {
    "draft": "info",
    "in review": "warning",
    "approved": "primary",
    "scheduled": "primary",
    "live": "success",
    "expired": "default",
    "retired": "default",
    "superseded": "default",
    "rejected": "danger",
}
_HISTORY = "history"
_SETTLED = (VersionStatus.SUPERSEDED.value, VersionStatus.REJECTED.value)


class StateFilter(SimpleListFilter):
    """Where a rule stands now; history is left out unless it is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        states = [(state.value, state.value.replace("_", " ")) for state in RuleState]
        return [*states, (_HISTORY, "former versions")]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[RuleVersion]
    ) -> QuerySet[RuleVersion]:
        asked = self.value()
        if asked == _HISTORY:
            return queryset.filter(status__in=_SETTLED)
        if asked in set(RuleState):
            return queryset.filter(state_rows(RuleState(asked), timezone.now()))
        return queryset.exclude(status__in=_SETTLED)


class CampaignFilter(SimpleListFilter):
    """One campaign."""

    title = "campaign"
    parameter_name = "campaign"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in campaigns_known()]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[RuleVersion]
    ) -> QuerySet[RuleVersion]:
        return queryset.filter(campaign=self.value()) if self.value() else queryset


def words_changed(before: VersionView, after: VersionView) -> tuple[FieldChange, ...]:
    """What differs between two versions of a rule, in words."""
    former, latter = _lines(before), _lines(after)
    gone = [line for line in former if line not in latter]
    new = [line for line in latter if line not in former]
    changes: list[FieldChange] = []
    for name, words in gone:
        partner = next((line for line in new if line[0] == name), None)
        if partner is not None:
            new.remove(partner)
        changes.append(FieldChange(name, words, partner[1] if partner else None))
    changes += [FieldChange(name, None, words) for name, words in new]
    return tuple(changes)


def _lines(version: VersionView) -> list[tuple[str, str]]:
    stands = "retired" if version.content["retired"] else "in force"
    return [*rule_lines(rule_of_version(version)), ("Stands", stands)]
