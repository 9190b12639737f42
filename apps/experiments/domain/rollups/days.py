"""What each day adds becomes rows that say everything up to a day."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from apps.experiments.contracts.rollups import AgeDay, ExposureDay, RollupKey, RollupSums
from apps.experiments.domain.rollups.plan import MetricSlots
from apps.experiments.domain.rollups.sums import layout

MOST_VALUES = 50
OTHER = "(other)"


class Group(NamedTuple):
    """Units that one row is about."""

    phase: int
    variant: str
    dimension: str
    value: str


@dataclass(frozen=True, slots=True)
class DayAdds:
    """What one day adds to one group: units, exposures and an array a metric.

    Rows of one group and day add up. Those with `aged` are apart by days since first exposure:
    the age, and Σm, Σm², Σd, Σd², Σmd of the primary metric on the day alone.
    """

    group: Group
    day: date
    units: int
    exposures: int
    arrays: tuple[tuple[float, ...], ...]
    aged: tuple[float, ...] = ()


def values_kept(adds: Iterable[DayAdds]) -> dict[str, frozenset[str]]:
    """By dimension, its most frequent values; the others are reported together."""
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for add in adds:
        sizes[add.group.dimension][add.group.value] += add.units
    return {
        dimension: frozenset(
            sorted(values, key=lambda value: (-values[value], value))[:MOST_VALUES]
        )
        for dimension, values in sizes.items()
    }


def group_kept(group: Group, kept: Mapping[str, frozenset[str]]) -> Group:
    """The group that units of this one are reported in."""
    if group.value in kept.get(group.dimension, frozenset()):
        return group
    return group._replace(value=OTHER)


def adds_by_group(
    adds: Iterable[DayAdds], place: int, kept: Mapping[str, frozenset[str]]
) -> dict[Group, dict[date, tuple[float, ...]]]:
    """One metric's arrays by group and day; rare values are added up."""
    found: dict[Group, dict[date, tuple[float, ...]]] = defaultdict(dict)
    for add in adds:
        days = found[group_kept(add.group, kept)]
        added = add.arrays[place]
        before = days.get(add.day)
        days[add.day] = (
            added if before is None else tuple(a + b for a, b in zip(before, added, strict=True))
        )
    return found


def exposure_rows(
    adds: Iterable[DayAdds], kept: Mapping[str, frozenset[str]]
) -> list[ExposureDay]:
    """Units first exposed, and exposures, by day."""
    found: dict[tuple[Group, date], tuple[int, int]] = {}
    for add in adds:
        key = (group_kept(add.group, kept), add.day)
        units, exposures = found.get(key, (0, 0))
        found[key] = (units + add.units, exposures + add.exposures)
    return [
        ExposureDay(*group, day, units, exposures)
        for (group, day), (units, exposures) in sorted(found.items())
        if units or exposures
    ]


def rollup_rows_of(
    one: MetricSlots,
    adds: Mapping[Group, Mapping[date, Sequence[float]]],
    *,
    last: date,
    settled: Mapping[int, date],
    cap: float | None,
) -> Iterator[tuple[RollupKey, RollupSums]]:
    """A metric's cumulative rows.

    There is a row for every day from the group's first to `last`; within a dimension, only to
    the day on which the phase's salt version ended, and for `last`.

    Args:
        one: the metric.
        adds: by group and day, the array laid out by `layout`.
        last: the day that `as_of` lies in.
        settled: by phase, the day after which nothing of its salt version counts.
        cap: the percentile cap that was applied.
    """
    for group, by_day in adds.items():
        total: list[float] = []
        for day in _days(group, by_day, last, settled):
            if added := by_day.get(day):
                total = _plus(total, added)
            key = RollupKey(group.phase, group.variant, one.key, group.dimension, group.value, day)
            yield key, sums_read(one, total, cap)


def _plus(total: Sequence[float], added: Sequence[float]) -> list[float]:
    """The sums so far with a day's; before the first day there are none."""
    return [a + b for a, b in zip(total, added, strict=True)] if total else list(added)


def _days(
    group: Group, by_day: Mapping[date, object], last: date, settled: Mapping[int, date]
) -> list[date]:
    first = min(by_day)
    until = last
    if group.dimension:
        until = max(min(settled.get(group.phase, last), last), *by_day)
    days = [first + timedelta(days=ahead) for ahead in range((until - first).days + 1)]
    return days if until >= last else [*days, last]


def sums_read(one: MetricSlots, numbers: Sequence[float], cap: float | None) -> RollupSums:
    """An array as sums, by `layout`."""
    parts: dict[str, tuple[float, ...]] = {}
    place = 0
    for name, length in layout(one).items():
        parts[name] = tuple(numbers[place : place + length])
        place += length

    def scalar(name: str) -> float:
        return parts.get(name, (0.0,))[0]

    return RollupSums(
        n=round(scalar("n")),
        rows=round(scalar("rows")),
        m=scalar("m"),
        mm=scalar("mm"),
        d=scalar("d"),
        dd=scalar("dd"),
        md=scalar("md"),
        x=parts.get("x", ()),
        xx=parts.get("xx", ()),
        mx=parts.get("mx", ()),
        dx=parts.get("dx", ()),
        z=scalar("z"),
        zz=scalar("zz"),
        xz=scalar("xz"),
        mz=scalar("mz"),
        dz=scalar("dz"),
        steps=tuple(round(step) for step in parts.get("steps", ())),
        cap=cap,
    )


def age_rows(
    metric: str,
    adds: Iterable[DayAdds],
    exposures: Iterable[ExposureDay],
    *,
    today: date,
) -> list[AgeDay]:
    """A metric by days since first exposure, for every day that anybody has wholly lived.

    Args:
        metric: key.
        adds: what each day adds; those of days that are over are read.
        exposures: units first exposed by day, over all units.
        today: the day that is not over.
    """
    done: dict[tuple[int, str, int], Sequence[float]] = defaultdict(lambda: (0.0,) * 5)
    for add in adds:
        if add.aged and not add.group.dimension and add.day < today:
            age, *sums = add.aged
            key = (add.group.phase, add.group.variant, round(age))
            done[key] = [a + b for a, b in zip(done[key], sums, strict=True)]
    started: dict[tuple[int, str], dict[date, int]] = defaultdict(dict)
    for row in exposures:
        if not row.dimension and row.units:
            started[row.phase, row.variant][row.day] = row.units
    rows = []
    for (phase, variant), by_day in sorted(started.items()):
        for age in range((today - min(by_day)).days):
            lived = sum(
                units for day, units in by_day.items() if day + timedelta(days=age) < today
            )
            m, mm, d, dd, md = done.get((phase, variant, age), (0.0,) * 5)
            rows.append(AgeDay(phase, variant, metric, age, lived, m, mm, d, dd, md))
    return rows
