"""A drawing as SVG text: classes only, no style attributes, so that a strict policy allows it."""

from xml.sax.saxutils import escape, quoteattr

from apps.experiments.domain.charts.marks import (
    Box,
    Dot,
    Drawing,
    Label,
    Line,
    Mark,
    Path,
    Point,
    Stop,
)


def _n(value: float) -> str:
    """A coordinate in as few characters as a hundredth needs."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _line(mark: Line) -> str:
    (x1, y1), (x2, y2) = mark.start, mark.end
    ends = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
    return f'<line class="{mark.tone}" {ends}/>'


def _path(mark: Path) -> str:
    name = "polygon" if mark.filled else "polyline"
    return f'<{name} class="{mark.tone}" points="{_points(mark.points)}"/>'


def _box(mark: Box) -> str:
    size = f'width="{_n(max(mark.width, 0))}" height="{_n(max(mark.height, 0))}"'
    corner = f' rx="{_n(mark.radius)}"' if mark.radius else ""
    return f'<rect class="{mark.tone}" x="{_n(mark.x)}" y="{_n(mark.y)}" {size}{corner}/>'


def _dot(mark: Dot) -> str:
    x, y = mark.center
    return f'<circle class="{mark.tone}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(mark.radius)}"/>'


def _label(mark: Label) -> str:
    anchor = "" if mark.anchor == "start" else f' text-anchor="{mark.anchor}"'
    place = f'x="{_n(mark.x)}" y="{_n(mark.y)}"{anchor}'
    return f'<text class="{mark.tone}" {place}>{escape(mark.text)}</text>'


def mark_svg(mark: Mark) -> str:
    """One mark as one element."""
    match mark:
        case Line():
            return _line(mark)
        case Path():
            return _path(mark)
        case Box():
            return _box(mark)
        case Dot():
            return _dot(mark)
        case Label():
            return _label(mark)


def _stop(stop: Stop) -> str:
    place = f'x="{_n(stop.x)}" y="{_n(stop.y)}"'
    size = f'width="{_n(stop.width)}" height="{_n(stop.height)}"'
    words = f"data-words={quoteattr(stop.text)}"
    return f'<rect class="stop" {place} {size} {words}><title>{escape(stop.text)}</title></rect>'


def drawing_svg(drawing: Drawing, *, key: str, css_class: str = "") -> str:
    """A picture with its title and description, named by them for screen readers.

    `key` makes the ids of title and description unique on a page. With stops it can be
    focused, and a script lets arrow keys walk them; without the script it is an image still.
    """
    body = "".join(mark_svg(mark) for mark in drawing.marks)
    stops = "".join(_stop(stop) for stop in drawing.stops)
    name = f'class="drawing {css_class}"' if css_class else 'class="drawing"'
    focus = ' tabindex="0" data-stops=""' if stops else ""
    return (
        f'<svg {name} viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" role="img"'
        f' aria-labelledby="{key}-t {key}-d"{focus}>'
        f'<title id="{key}-t">{escape(drawing.title)}</title>'
        f'<desc id="{key}-d">{escape(drawing.description)}</desc>{body}{stops}</svg>'
    )


def picture_svg(drawing: Drawing, *, css_class: str = "") -> str:
    """A small picture inside a table's row: its description is its label, the row its table."""
    body = "".join(mark_svg(mark) for mark in drawing.marks)
    name = f'class="picture {css_class}"' if css_class else 'class="picture"'
    box = f'viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}"'
    return f'<svg {name} {box} role="img" aria-label={quoteattr(drawing.description)}>{body}</svg>'
