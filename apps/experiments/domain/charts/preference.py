"""Interleaving: which ranking wins, over time."""

from collections.abc import Mapping, Sequence

from apps.experiments.contracts.rollups import InterleavingDay
from apps.experiments.domain.charts.frame import NARROW, WIDE, day_frame, frame_marks
from apps.experiments.domain.charts.marks import Chart, Dot, Drawing, Mark, Path, tone
from apps.experiments.domain.charts.scales import days_between
from apps.experiments.domain.pages.formats import count, day_written, share_written


def preference_chart(
    days: Sequence[InterleavingDay], variants: tuple[str, str], names: Mapping[str, str]
) -> Chart | None:
    """The treatment's share of units with a preference, up to each day (of the last phase)."""
    latest = max((day.phase for day in days), default=0)
    rows = sorted((each for each in days if each.phase == latest), key=lambda each: each.day)
    shown = [(row, share) for row in rows if (share := _share(row, variants)) is not None]
    if not shown:
        return None
    control, treatment = variants
    return Chart(
        key="preference",
        wide=_drawing(shown, names[treatment], WIDE),
        narrow=_drawing(shown, names[treatment], NARROW),
        legend=((tone("line", 1), f"share that prefers {names[treatment]}"),),
        columns=("Day", f"{names[control]} wins", f"{names[treatment]} wins", "Ties", "Share"),
        rows=tuple(
            (
                day_written(row.day),
                count(row.wins.get(control, 0)),
                count(row.wins.get(treatment, 0)),
                count(row.ties),
                share_written(share),
            )
            for row, share in shown
        ),
    )


def _share(row: InterleavingDay, variants: tuple[str, str]) -> float | None:
    decided = sum(row.wins.get(variant, 0) for variant in variants)
    return row.wins.get(variants[1], 0) / decided if decided else None


def _drawing(
    shown: Sequence[tuple[InterleavingDay, float]], name: str, size: tuple[float, float]
) -> Drawing:
    frame = day_frame(size, days_between(shown[0][0].day, shown[-1][0].day), (0.0, 1.0))
    half = frame.y.at(0.5)
    left, right = frame.edges
    marks: list[Mark] = [*frame_marks(frame, share_written)]
    marks.append(Path(((left, half), (right, half)), "zero"))
    at = tuple((frame.x(row.day), frame.y.at(share)) for row, share in shown)
    marks += [Path(at, tone("line", 1)), Dot(at[-1], 4, tone("dot", 1))]
    said = [f"{day_written(row.day)}: {share_written(share)}" for row, share in shown]
    stops = tuple(frame.stop(row.day, text) for (row, _), text in zip(shown, said, strict=True))
    words = f"Share of deciding units that prefer {name}; half is no preference. {said[-1]}."
    return Drawing(*size, f"Preference for {name} over time", words, tuple(marks), stops)
