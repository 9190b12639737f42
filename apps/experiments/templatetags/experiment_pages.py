"""Template filters of the result pages: pictures and numbers, written by the pure rooms."""

import json
from datetime import date, datetime

from django import template
from django.utils.safestring import SafeString, mark_safe

from apps.experiments.contracts.assignment import Json
from apps.experiments.domain.charts.marks import Chart, Drawing
from apps.experiments.domain.charts.svg import drawing_svg, picture_svg
from apps.experiments.domain.pages import formats

register = template.Library()


@register.filter
def chart_wide(chart: Chart) -> SafeString:
    """The chart for wide screens and print."""
    svg = drawing_svg(chart.wide, key=f"{chart.key}-wide", css_class="wide")
    return mark_safe(svg)  # noqa: S308 - every text in it was escaped by domain.charts.svg


@register.filter
def chart_narrow(chart: Chart) -> SafeString:
    """The chart for phones."""
    svg = drawing_svg(chart.narrow, key=f"{chart.key}-narrow", css_class="narrow")
    return mark_safe(svg)  # noqa: S308 - the same


@register.filter
def picture(drawing: Drawing) -> SafeString:
    """A small picture in a row."""
    return mark_safe(picture_svg(drawing))  # noqa: S308 - the same


@register.filter
def count(value: float | None) -> str:
    return formats.count(value)


@register.filter
def share(value: float | None) -> str:
    return formats.NO_VALUE if value is None else formats.share_written(value)


@register.filter
def moment(value: datetime | None) -> str:
    return formats.moment_written(value)


@register.filter
def day(value: date | None) -> str:
    return formats.day_written(value)


@register.filter
def days(value: float | None) -> str:
    return formats.days_written(value)


@register.filter
def level(alpha: float) -> str:
    return formats.level_written(alpha)


@register.filter
def words(value: object) -> str:
    return formats.words(str(value))


@register.filter
def written(value: Json) -> str:
    """A JSON value for people: text as it is, all else as JSON."""
    if value is None or value == "":
        return formats.NO_VALUE
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
