"""What is live when: rules laid out along a stretch of time, grouped by campaign."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from apps.merchandising.contracts_rules import MerchandisingRule, RuleState
from apps.merchandising.domain.rules.wording import moment_words, window_words

SPANS = (1, 3)
WIDTH = 1000
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Planned:
    """A version with its window.

    Attributes:
        version_id: the row to open.
        rule: what it says.
        state: where it stands now.
    """

    version_id: int
    rule: MerchandisingRule
    state: RuleState


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a window lies in the stretch, in thousandths of it.

    Attributes:
        planned: whose.
        left: 0 to 1000.
        width: at least 4, so that it can be seen.
        from_before: it began before the stretch does.
        beyond: it ends after the stretch, or never.
    """

    planned: Planned
    left: float
    width: float
    from_before: bool
    beyond: bool

    @property
    def starts(self) -> str:
        """On the rule's own clock; empty: it has no start."""
        return _told(self.planned.rule.conditions.starts_at, self.planned.rule)

    @property
    def ends(self) -> str:
        """On the rule's own clock; empty: it never ends."""
        return _told(self.planned.rule.conditions.ends_at, self.planned.rule)

    @property
    def words(self) -> str:
        """For whoever does not see the bar."""
        window = window_words(self.planned.rule.conditions).removeprefix(", ")
        return f"{self.planned.state.value.replace('_', ' ')}, {window}"


@dataclass(frozen=True, slots=True)
class CampaignBars:
    """A campaign's rules in the stretch; without a name: rules of no campaign."""

    campaign: str
    left: float
    width: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole months.

    Attributes:
        starts_at: aware; the first midnight.
        ends_at: aware, exclusive.
        months: first day of each.
    """

    starts_at: datetime
    ends_at: datetime
    months: tuple[date, ...]


def stretch_of(first: date, months: int, zone: ZoneInfo) -> Stretch:
    """So many months from the one of `first` on, on the clocks of the zone."""
    begins = tuple(month_later(first, place) for place in range(months + 1))
    ends = [datetime(each.year, each.month, 1, tzinfo=zone) for each in (begins[0], begins[-1])]
    return Stretch(ends[0], ends[1], begins[:-1])


def month_later(first: date, months: int) -> date:
    """The first day of the month so many months later (or earlier)."""
    place = first.year * _MONTHS + first.month - 1 + months
    return date(place // _MONTHS, place % _MONTHS + 1, 1)


def month_days(first: date) -> int:
    """How many days the month has."""
    return (month_later(first, 1) - first.replace(day=1)).days


def calendar_lay(planned: Iterable[Planned], stretch: Stretch) -> tuple[CampaignBars, ...]:
    """Every window that touches the stretch, campaigns by their start, then the rest."""
    groups: dict[str, list[Bar]] = {}
    for each in planned:
        bar = _bar(each, stretch)
        if bar is not None:
            groups.setdefault(each.rule.campaign, []).append(bar)
    laid = [_campaign(name, bars) for name, bars in groups.items()]
    return tuple(sorted(laid, key=lambda each: (not each.campaign, each.left, each.campaign)))


def _campaign(name: str, bars: Sequence[Bar]) -> CampaignBars:
    ordered = sorted(bars, key=lambda bar: (bar.left, bar.planned.rule.key))
    left = min(bar.left for bar in bars)
    right = max(bar.left + bar.width for bar in bars)
    return CampaignBars(name, left, right - left, tuple(ordered))


def _bar(planned: Planned, stretch: Stretch) -> Bar | None:
    conditions = planned.rule.conditions
    starts = conditions.starts_at or stretch.starts_at
    ends = conditions.ends_at or stretch.ends_at
    if starts >= stretch.ends_at or ends <= stretch.starts_at:
        return None
    left = _place(max(starts, stretch.starts_at), stretch)
    right = _place(min(ends, stretch.ends_at), stretch)
    width = max(right - left, 4.0)
    return Bar(
        planned=planned,
        left=min(left, WIDTH - width),
        width=width,
        from_before=conditions.starts_at is None or starts < stretch.starts_at,
        beyond=conditions.ends_at is None or ends > stretch.ends_at,
    )


def _told(moment: datetime | None, rule: MerchandisingRule) -> str:
    return moment_words(moment, ZoneInfo(rule.conditions.time_zone)) if moment else ""


def _place(moment: datetime, stretch: Stretch) -> float:
    whole = (stretch.ends_at - stretch.starts_at).total_seconds()
    return round((moment - stretch.starts_at).total_seconds() / whole * WIDTH, 1)
