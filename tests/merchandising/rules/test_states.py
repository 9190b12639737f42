from datetime import UTC, datetime, timedelta

import pytest

from apps.merchandising.contracts_rule_views import RuleView
from apps.merchandising.contracts_rules import RuleState
from apps.merchandising.domain.rules.states import rule_state

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "retired", "starts_at", "ends_at", "expected"),
    [
        ("draft", False, NOW - DAY, None, RuleState.DRAFT),
        ("in_review", True, None, None, RuleState.IN_REVIEW),
        ("published", True, None, NOW - DAY, RuleState.RETIRED),
        ("published", False, NOW + DAY, None, RuleState.SCHEDULED),
        ("published", False, NOW, NOW + DAY, RuleState.LIVE),
        ("published", False, None, None, RuleState.LIVE),
        ("published", False, None, NOW, RuleState.EXPIRED),
        ("superseded", False, None, None, None),
        ("rejected", False, None, None, None),
    ],
)
def test_a_version_stands_where_its_status_and_the_clock_say(
    status: str,
    retired: bool,
    starts_at: datetime | None,
    ends_at: datetime | None,
    expected: RuleState | None,
) -> None:
    found = rule_state(
        status=status, retired=retired, starts_at=starts_at, ends_at=ends_at, as_of=NOW
    )
    assert found is expected


def test_a_rule_without_a_version_is_none() -> None:
    with pytest.raises(AssertionError):
        _ = RuleView("x", RuleState.DRAFT, None, None, None).shown
