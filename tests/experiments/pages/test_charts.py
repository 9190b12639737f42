"""Charts: pure, well-formed, and a table behind each."""

import math
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.contracts.results import (
    AllocationPoint,
    Effect,
)
from apps.experiments.contracts.rollups import ExposureDay, InterleavingDay
from apps.experiments.domain.charts.allocation import allocation_chart
from apps.experiments.domain.charts.buckets import bucket_picture
from apps.experiments.domain.charts.effects import EffectWords, effect_chart
from apps.experiments.domain.charts.exposures import (
    cumulative_chart,
    daily_chart,
    exposure_counts,
    short_count,
)
from apps.experiments.domain.charts.intervals import axis_picture, bound_size, interval_picture
from apps.experiments.domain.charts.marks import Box, Chart, Dot, Drawing, Label, Line, Path, tone
from apps.experiments.domain.charts.preference import preference_chart
from apps.experiments.domain.charts.scales import (
    Scale,
    days_between,
    days_labelled,
    span,
    span_common,
    ticks_nice,
)
from apps.experiments.domain.charts.svg import drawing_svg, picture_svg
from apps.experiments.domain.charts.timeline import timeline_chart
from tests.experiments.pages import results_factory as made

NB = "\u00a0"
MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
NAMES = {"control": "As it is", "fresh": "Fresh first"}


@given(
    st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.lists(st.floats(-2e6, 2e6), min_size=1)
)  # fmt: skip
def test_a_scale_keeps_order_and_stays_on_the_paper(
    low: float, width: float, values: list[float]
) -> None:
    scale = Scale(low, low + width, 10.0, 110.0)
    places = [scale.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(10.0 - 1e-9 <= place <= 110.0 + 1e-9 for place in places)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_are_few_and_inside(low: float, width: float) -> None:
    high = low + width
    ticks = ticks_nice(low, high)
    assert len(ticks) <= 6
    slack = 1e-6 * max(1.0, abs(low), abs(high), width)
    assert all(low - slack <= tick <= high + slack for tick in ticks)


def test_scales() -> None:
    assert ticks_nice(1, 1) == (1,)
    assert Scale(1, 1, 0, 10).at(1) == 5
    assert Scale(0, 1, 0, 10).holds(0.5)
    assert span([]) == (-0.58, 0.58)
    assert span([1.0, math.inf], room=0) == (0.0, 1.0)
    assert span([], zero=False, room=0) == (0.0, 1.0)
    assert span_common([]) == 0.01
    assert span_common([], least=0.2) == 0.2
    assert span_common([0.01, 0.02, 5.0]) == pytest.approx(0.066)
    days = days_between(date(2026, 1, 1), date(2026, 1, 10))
    assert len(days) == 10
    assert len(days_labelled(days, most=3)) == 3


def elements(svg: str) -> ET.Element:
    assert "style=" not in svg
    return ET.fromstring(svg)  # noqa: S314 - our own drawing, not a stranger's


def test_a_drawing_becomes_svg_that_says_what_it_shows() -> None:
    drawing = Drawing(
        100, 50, "A & B", "x < y",
        (
            Line((0, 0), (1, 1), "grid"), Path(((0, 0), (1, 2)), "line-1"),
            Path(((0, 0), (1, 2), (3, 4)), "band-1", filled=True), Box(0, 0, -1, 2, "bar-0", 3),
            Box(0, 0, 5, 2, "bar-0"), Dot((1, 1), 2, "dot-1"), Label(1, 2, "<é>", "tick", "end"),
            Label(1, 2, "a"),
        ),
    )  # fmt: skip
    found = elements(drawing_svg(drawing, key="k"))
    assert found.attrib["role"] == "img"
    assert found.attrib["aria-labelledby"] == "k-t k-d"
    assert [child.tag for child in found][:2] == ["title", "desc"]
    assert found[0].text == "A & B"
    assert elements(picture_svg(drawing, css_class="small")).attrib["aria-label"] == "x < y"
    assert elements(picture_svg(drawing)).attrib["class"] == "picture"


def chart_check(chart: Chart | None) -> Chart:
    """Well-formed in both sizes, words in place, a table of one width."""
    assert chart is not None
    for drawing in (chart.wide, chart.narrow):
        assert elements(drawing_svg(drawing, key=chart.key, css_class="wide")) is not None
        assert drawing.title
        assert drawing.description
        for mark in drawing.marks:
            if isinstance(mark, Box):
                assert mark.x + mark.width <= drawing.width + 1
    assert {len(row) for row in chart.rows} == {len(chart.columns)}
    return chart


def words(**changes: object) -> EffectWords:
    found = EffectWords("Revenue", "Fresh first", "As it is", "95 % band", True, 1)
    return replace(found, **changes)  # type: ignore[arg-type]  # names of fields


def test_effects_over_time() -> None:
    points = made.series_of("fresh", 0.04)
    chart = chart_check(effect_chart(points, words()))
    assert len(chart.rows) == 18
    assert len(chart.wide.stops) == 18
    assert chart.rows[0][0] == "2026-11-01"
    fixed = chart_check(effect_chart(points, words(sequential=False)))
    assert len(fixed.columns) == 4
    assert effect_chart([], words()) is None
    lost = [replace(points[0], effect=math.nan), replace(points[1], ci=(0.01, math.inf))]
    one = chart_check(effect_chart(lost, words()))
    assert "excludes zero" in one.wide.description


def test_exposures_over_time() -> None:
    days, counts = exposure_counts(made.exposures_of(["control", "fresh"]), ["control", "fresh"])
    daily = chart_check(daily_chart(days, counts, NAMES))
    total = chart_check(cumulative_chart(days, counts, NAMES))
    assert len(daily.rows) == len(total.rows) == 18
    assert int(total.rows[-1][-1].replace(",", "")) == sum(map(sum, counts.values()))
    assert exposure_counts([], ["control"]) == ((), {})
    assert daily_chart((), {}, NAMES) is None
    assert cumulative_chart((), {}, NAMES) is None
    zero = ExposureDay(1, "control", "", "", date(2026, 1, 1), 0, 0)
    chart_check(daily_chart(*exposure_counts([zero], ["control"]), NAMES))
    assert [short_count(each) for each in (1_500, 2_000_000, 12)] == ["1.5k", "2M", "12"]


def test_allocation_over_time() -> None:
    points = made.bandit_results().allocation
    names = {**NAMES, "popular": "Popular first"}
    chart = chart_check(allocation_chart(points, names, ends_at=made.AS_OF))
    assert chart.columns[-1] == "Chance Popular first is best"
    plain = AllocationPoint(1, made.START, 1.0, {"control": 1.0}, {})
    assert len(chart_check(allocation_chart([plain], NAMES, ends_at=made.START)).columns) == 5
    assert allocation_chart([], NAMES, ends_at=made.AS_OF) is None


def test_phases_on_a_line() -> None:
    chart = chart_check(timeline_chart(made.phases_of(), ends_at=made.AS_OF))
    assert chart.rows[-1][2] == "open"
    assert chart.legend == ()
    phases = made.phases_of()
    salted = (*phases[:2], replace(phases[2], salt_version=2))
    assert len(chart_check(timeline_chart(salted, ends_at=made.AS_OF)).legend) == 2
    assert timeline_chart((), ends_at=made.AS_OF) is None


def test_preference_over_time() -> None:
    found = made.interleaving_results().interleaving
    assert found is not None
    assert len(chart_check(preference_chart(found.days, found.variants, NAMES)).rows) == 9
    tie = InterleavingDay(1, date(2026, 1, 1), 3, {}, 3, {}, 3)
    assert preference_chart([tie], ("control", "fresh"), NAMES) is None
    assert preference_chart([], ("control", "fresh"), NAMES) is None


def test_intervals_and_their_axis() -> None:
    inside = interval_picture(Effect(0.02, 0.01, (0.0, 0.04)), half=0.1, tone="better", words="w")
    assert len(inside.marks) == 3
    wide = interval_picture(Effect(0.5, 1.0, (-math.inf, 2.0)), half=0.1, tone="worse", words="w", margin=-0.02)  # fmt: skip
    assert sum(isinstance(mark, Path) for mark in wide.marks) == 2
    assert not any(isinstance(mark, Dot) for mark in wide.marks)
    assert any(isinstance(mark, Line) and mark.tone == "margin" for mark in wide.marks)
    for half in (0.01, 0.11, 0.2, 0.37, 2.4, 3.0):
        labels = [mark.text for mark in axis_picture(half).marks if isinstance(mark, Label)]
        assert "0" in labels
        assert len(labels) >= 3
    assert bound_size(Effect(math.nan, 0, (-math.inf, math.inf))) == 0.0


def test_buckets() -> None:
    for bucket in (0.01, 0.5, 0.99):
        drawing = bucket_picture([(0, 0.5), (0.5, 0.501)], ["As it is", "Fresh first"], bucket)
        assert f"{bucket:.4f}" in drawing.description
        elements(picture_svg(drawing))
    assert tone("bar", 7) == "bar-1"
