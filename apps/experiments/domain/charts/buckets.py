"""Where a unit's hash falls: the ranges of the variants, and a needle."""

from collections.abc import Sequence

from apps.experiments.domain.charts.marks import Box, Drawing, Label, Line, Mark, tone
from apps.experiments.domain.charts.scales import Scale

_WIDTH, _TOP, _HEIGHT = 640.0, 22.0, 26.0
_LETTER = 7.5
_EDGE = 6.0
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def bucket_picture(
    ranges: Sequence[tuple[float, float]], names: Sequence[str], bucket: float
) -> Drawing:
    """All hashes from 0 to 1; `ranges` are those of `names`, the rest is in no variant."""
    x = Scale(0.0, 1.0, _EDGE, _WIDTH - _EDGE)
    marks: list[Mark] = [Box(_EDGE, _TOP, _WIDTH - 2 * _EDGE, _HEIGHT, "phase-rest", 3)]
    for index, ((low, high), name) in enumerate(zip(ranges, names, strict=True)):
        left, width = x.at(low), x.at(high) - x.at(low)
        marks.append(Box(left, _TOP, max(width - 1, 0.5), _HEIGHT, tone("bar", index)))
        if width > _LETTER * len(name) + 10:
            marks.append(Label(left + 7, _TOP + 18, name, "phase-words"))
    for tick in _TICKS:
        anchor = {0.0: "start", 1.0: "end"}.get(tick, "middle")
        marks.append(Label(x.at(tick), _TOP + _HEIGHT + 16, f"{tick:g}", "tick", anchor))
    at = x.at(bucket)
    marks.append(Line((at, _TOP - 6), (at, _TOP + _HEIGHT + 4), "needle"))
    anchor = "end" if bucket > 0.9 else "start" if bucket < 0.1 else "middle"  # noqa: PLR2004 - keeps the words on the paper
    marks.append(Label(at, _TOP - 9, f"{bucket:.4f}", "needle-words", anchor))
    said = ", ".join(
        f"{name} from {low:g} to {high:g}" for (low, high), name in zip(ranges, names, strict=True)
    )
    height = _TOP + _HEIGHT + 22
    return Drawing(_WIDTH, height, "", f"Hash {bucket:.4f}; {said}", tuple(marks))
