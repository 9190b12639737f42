"""What a chart is made of, before anybody decides whether it becomes SVG or PDF.

Coordinates are user units from the top left. A `tone` is a name for a colour (a CSS class in
SVG, a colour in PDF), so that light, dark and print differ without another drawing.
"""

from dataclasses import dataclass

Point = tuple[float, float]
TONES = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    start: Point
    end: Point
    tone: str


@dataclass(frozen=True, slots=True)
class Path:
    """Points joined by lines; `filled` closes and fills it instead."""

    points: tuple[Point, ...]
    tone: str
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    center: Point
    radius: float
    tone: str


@dataclass(frozen=True, slots=True)
class Label:
    """Text; `anchor` is `start`, `middle` or `end`; y is the baseline."""

    x: float
    y: float
    text: str
    tone: str = "tick"
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Stop:
    """A place that says in words what stands there: under the pointer, or by arrow keys."""

    x: float
    y: float
    width: float
    height: float
    text: str


Mark = Line | Path | Box | Dot | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart's picture.

    Attributes:
        width, height: of the view box, in user units.
        title: what it shows.
        description: what is to be seen in it, in words.
        marks: painted in order.
        stops: for pointer and keyboard; none in small pictures.
    """

    width: float
    height: float
    title: str
    description: str
    marks: tuple[Mark, ...]
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing in a wide and a narrow form, its legend, and the table behind it.

    Attributes:
        legend: (tone, words) pairs.
        columns: heads of the table.
        rows: its cells, as written.
    """

    key: str
    wide: Drawing
    narrow: Drawing
    legend: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tone(name: str, index: int) -> str:
    """The tone of a variant's marks: 0 is control, later ones repeat after six."""
    return f"{name}-{index % TONES}"
