"""Rules with their versions, from the database: for admin and the API."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.common.errors import NotFound
from apps.merchandising.contracts_rule_views import RuleView
from apps.merchandising.contracts_rules import MerchandisingRule, RuleState
from apps.merchandising.domain.rules.calendar import Planned
from apps.merchandising.domain.rules.content import CONTENT_FIELDS, rule_parse
from apps.merchandising.domain.rules.states import rule_state
from apps.merchandising.models import RuleVersion
from apps.publishing.contracts import VersionStatus, VersionView
from apps.publishing.selectors import proposal_of, rows_of, subject_versions, view_of

RULES = "rules"
_OPEN = (VersionStatus.DRAFT.value, VersionStatus.IN_REVIEW.value)
MOST_PLANNED = 300
_CURRENT = (*_OPEN, VersionStatus.PUBLISHED.value)


def rule_of_version(version: VersionView) -> MerchandisingRule:
    """What a version says, whatever its status.

    Raises:
        RuleInvalid: it was stored by other code, and cannot be read.
    """
    content = {name: version.content[name] for name in CONTENT_FIELDS}
    return rule_parse(version.subject, version.number, content)


def state_of_version(version: VersionView, as_of: datetime) -> RuleState | None:
    """Where a version stands; None: it is history."""
    rule = rule_of_version(version)
    return rule_state(
        status=version.status.value,
        retired=bool(version.content["retired"]),
        starts_at=rule.conditions.starts_at,
        ends_at=rule.conditions.ends_at,
        as_of=as_of,
    )


def state_rows(state: RuleState, as_of: datetime) -> Q:
    """The rows in a state, as `rule_state` tells them."""
    if state in {RuleState.DRAFT, RuleState.IN_REVIEW}:
        return Q(status=state.value)
    published = Q(status=VersionStatus.PUBLISHED.value, retired=state is RuleState.RETIRED)
    begun = Q(starts_at__isnull=True) | Q(starts_at__lte=as_of)
    over = Q(ends_at__isnull=False, ends_at__lte=as_of)
    return {
        RuleState.RETIRED: published,
        RuleState.EXPIRED: published & over,
        RuleState.SCHEDULED: published & ~over & Q(starts_at__gt=as_of),
        RuleState.LIVE: published & begun & ~over,
    }[state]


def rule_view(key: str, *, as_of: datetime) -> RuleView:
    """One rule.

    Raises:
        NotFound: there is none, or all that was drafted was given up.
    """
    found = rules_view_of([key], as_of=as_of)
    if not found:
        raise NotFound(f"There is no rule {key}.")
    return found[0]


def rules_view_of(keys: Iterable[str], *, as_of: datetime) -> tuple[RuleView, ...]:
    """These rules by key, without those that there are none of; one statement."""
    return _views(_current_rows(keys), as_of)


def rules_view(
    *,
    as_of: datetime,
    state: RuleState | None = None,
    campaign: str = "",
    after: str = "",
    limit: int = 100,
) -> tuple[RuleView, ...]:
    """Rules by key; two statements.

    Args:
        as_of: aware.
        state: only rules with a version in this state.
        campaign: only rules with a version in it.
        after: only keys behind this one.
        limit: at most so many.
    """
    asked = RuleVersion.objects.filter(status__in=_CURRENT, subject__gt=after)
    if state is not None:
        asked = asked.filter(state_rows(state, as_of))
    if campaign:
        asked = asked.filter(campaign=campaign)
    keys = list(asked.order_by("subject").values_list("subject", flat=True).distinct()[:limit])
    return rules_view_of(keys, as_of=as_of)


def rule_proposal(key: str) -> VersionView | None:
    """The draft of a rule, or its version in review; None when nothing waits."""
    return proposal_of(RULES, key)


def rule_versions(key: str) -> Sequence[VersionView]:
    """The latest versions of a rule, newest first.

    Raises:
        NotFound: there is none.
    """
    found = subject_versions(kind=RULES, subject=key)
    if not found:
        raise NotFound(f"There is no rule {key}.")
    return found


def rules_published() -> tuple[MerchandisingRule, ...]:
    """What is published and not retired, by key; one statement."""
    rows = rows_of(RULES).filter(
        status=VersionStatus.PUBLISHED.value, pk__in=RuleVersion.objects.filter(retired=False)
    )
    return tuple(rule_of_version(view_of(RULES, row)) for row in rows.order_by("subject"))


def campaigns_known() -> list[str]:
    """Names of campaigns that some current version is in, by name."""
    found = RuleVersion.objects.filter(status__in=_CURRENT).exclude(campaign="")
    return list(found.order_by("campaign").values_list("campaign", flat=True).distinct())


def _current_rows(keys: Iterable[str]) -> list[VersionView]:
    rows = rows_of(RULES).filter(subject__in=list(keys), status__in=_CURRENT)
    return [view_of(RULES, row) for row in rows.order_by("subject", "number")]


def _views(versions: Sequence[VersionView], as_of: datetime) -> tuple[RuleView, ...]:
    by_key: dict[str, list[VersionView]] = {}
    for version in versions:
        by_key.setdefault(version.subject, []).append(version)
    return tuple(_view(key, each, as_of) for key, each in by_key.items())


def _view(key: str, versions: Sequence[VersionView], as_of: datetime) -> RuleView:
    live = next((each for each in versions if each.status is VersionStatus.PUBLISHED), None)
    waiting = [each for each in versions if each.status is not VersionStatus.PUBLISHED]
    proposal = waiting[-1] if waiting else None
    state = state_of_version(live or versions[-1], as_of)
    if state is None:
        raise AssertionError("current versions have a state")
    on = live is not None and state is not RuleState.RETIRED
    return RuleView(
        key=key,
        state=state,
        rule=rule_of_version(live) if on and live is not None else None,
        live=live,
        proposal=proposal,
    )


def rules_planned(starts_at: datetime, ends_at: datetime, as_of: datetime) -> list[Planned]:
    """Current versions whose window touches a stretch of time, by key; one statement.

    The first `MOST_PLANNED`. Rules without a window are left out: they are live always.
    """
    rows = _planned(starts_at, ends_at).order_by("subject", "number")[:MOST_PLANNED]
    return [
        Planned(row.pk, rule_parse(row.subject, row.number, row.rule_fields()), state)
        for row in rows
        if (state := row.state_at(as_of)) is not None
    ]


def rules_planned_count(starts_at: datetime, ends_at: datetime) -> int:
    """How many `rules_planned` would find if it went on."""
    return _planned(starts_at, ends_at).count()


def _planned(starts_at: datetime, ends_at: datetime) -> QuerySet[RuleVersion]:
    return (
        RuleVersion.objects.filter(status__in=_CURRENT, retired=False)
        .filter(Q(starts_at__isnull=True) | Q(starts_at__lt=ends_at))
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=starts_at))
        .exclude(starts_at__isnull=True, ends_at__isnull=True)
    )


def rules_without_window() -> int:
    """How many published rules are live always."""
    return RuleVersion.objects.filter(
        status=VersionStatus.PUBLISHED.value,
        retired=False,
        starts_at__isnull=True,
        ends_at__isnull=True,
    ).count()
