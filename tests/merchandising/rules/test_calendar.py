from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from apps.merchandising.contracts_rules import (
    Conditions,
    MerchandisingRule,
    Reach,
    Redirect,
    RuleState,
)
from apps.merchandising.domain.rules.calendar import (
    Planned,
    calendar_lay,
    month_days,
    month_later,
    stretch_of,
)
from tests.merchandising.rules.strategies import rule_lists, some

BERLIN = ZoneInfo("Europe/Berlin")
NOVEMBER = stretch_of(date(2026, 11, 1), 1, BERLIN)


def planned(
    key: str, starts: datetime | None, ends: datetime | None, campaign: str = ""
) -> Planned:
    conditions = Conditions(starts_at=starts, ends_at=ends, time_zone="Europe/Berlin")
    rule = MerchandisingRule(
        key, 1, key, 0, campaign, Reach.EVERYONE, conditions, (Redirect("/x"),)
    )
    return Planned(1, rule, RuleState.LIVE)


def at(day: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, tzinfo=BERLIN)


def test_a_stretch_is_whole_months_on_the_clocks_of_its_zone() -> None:
    assert at(1) == NOVEMBER.starts_at
    assert at(1, 12) == NOVEMBER.ends_at
    quarter = stretch_of(date(2026, 11, 21), 3, BERLIN)
    assert quarter.months == (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1))
    assert month_later(date(2026, 1, 31), -1) == date(2025, 12, 1)
    assert [month_days(date(2028, month, 1)) for month in (2, 4, 12)] == [29, 30, 31]


def test_windows_lie_where_they_are() -> None:
    (group,) = calendar_lay([planned("a", at(16), at(1, 12))], NOVEMBER)
    (bar,) = group.bars
    assert (bar.left, bar.width, bar.from_before, bar.beyond) == (500.0, 500.0, False, False)
    assert (bar.starts, bar.ends) == ("2026-11-16 00:00", "2026-12-01 00:00")
    assert bar.words == "live, from 2026-11-16 00:00 until 2026-12-01 00:00 (Europe/Berlin)"


def test_what_has_no_end_goes_on_and_what_is_short_is_still_seen() -> None:
    short = planned("short", at(30), at(30) + timedelta(seconds=1))
    late = planned("late", at(30) + timedelta(hours=23, minutes=59), None)
    before = planned("before", None, at(2))
    (group,) = calendar_lay([short, late, before], NOVEMBER)
    assert [bar.planned.rule.key for bar in group.bars] == ["before", "short", "late"]
    assert all(bar.width >= 4 and bar.left + bar.width <= 1000 for bar in group.bars)
    assert (group.bars[0].from_before, group.bars[0].starts) == (True, "")
    assert (group.bars[2].beyond, group.bars[2].ends) == (False, "") or group.bars[2].beyond


@pytest.mark.parametrize(
    ("starts", "ends"), [(None, at(1)), (at(1, 12), None), (at(1, 10), at(20, 10))]
)
def test_what_lies_elsewhere_is_left_out(starts: datetime | None, ends: datetime | None) -> None:
    assert calendar_lay([planned("a", starts, ends)], NOVEMBER) == ()


def test_campaigns_come_by_their_start_and_the_rest_last() -> None:
    found = calendar_lay(
        [
            planned("x", at(2), at(3)),
            planned("b", at(20), at(25), "late"),
            planned("a", at(5), at(9), "early"),
            planned("c", at(8), at(12), "early"),
        ],
        NOVEMBER,
    )
    assert [group.campaign for group in found] == ["early", "late", ""]
    early = found[0]
    assert early.left == early.bars[0].left
    assert early.left + early.width == early.bars[1].left + early.bars[1].width


@some
@given(rule_lists)
def test_every_bar_lies_within_the_stretch(rules: list[MerchandisingRule]) -> None:
    november = stretch_of(date(2026, 11, 1), 1, ZoneInfo("UTC"))
    laid = calendar_lay([Planned(1, rule, RuleState.LIVE) for rule in rules], november)
    for group in laid:
        for bar in group.bars:
            assert 0 <= bar.left <= bar.left + bar.width <= 1000
    drawn = {bar.planned.rule.key for group in laid for bar in group.bars}
    first, last = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    for rule in rules:
        starts, ends = rule.conditions.starts_at or first, rule.conditions.ends_at or last
        assert (rule.key in drawn) is (starts < last and ends > first)
