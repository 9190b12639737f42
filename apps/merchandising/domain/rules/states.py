"""Where a rule stands at a moment."""

from datetime import datetime

from apps.merchandising.contracts_rules import RuleState


def rule_state(
    *,
    status: str,
    retired: bool,
    starts_at: datetime | None,
    ends_at: datetime | None,
    as_of: datetime,
) -> RuleState | None:
    """The state of one version; None: it was replaced or rejected, and is history.

    Args:
        status: of the version, as publishing names it.
        retired: the version takes the rule offline.
        starts_at: aware; None: at once.
        ends_at: aware, exclusive; None: never.
        as_of: aware.
    """
    if status in {RuleState.DRAFT, RuleState.IN_REVIEW}:
        return RuleState(status)
    if status != "published":
        return None
    if retired:
        return RuleState.RETIRED
    if ends_at is not None and ends_at <= as_of:
        return RuleState.EXPIRED
    if starts_at is not None and as_of < starts_at:
        return RuleState.SCHEDULED
    return RuleState.LIVE
