"""What features are made from, drawn: sources left, what is made from them to the right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from apps.features.contracts import SOURCES, FeatureSpec

_WIDTH, _HEIGHT = 236, 40
_GAP_X, _GAP_Y, _EDGE = 96, 12, 14
_LONGEST = 34


@dataclass(frozen=True, slots=True)
class Node:
    """A source or a feature as it stands in the drawing.

    Attributes:
        name: of the source, or of the feature.
        title: what people read.
        note: the line beneath.
        parents: names that it is made from.
        column: 0 for sources; one more than the last of its parents.
        x: its left edge.
        y: its upper edge.
    """

    name: str
    title: str
    note: str
    parents: tuple[str, ...]
    column: int
    x: float
    y: float


def lineage_nodes(specs: Sequence[FeatureSpec]) -> tuple[Node, ...]:
    """Where everything stands; of several versions of a feature the last one.

    Args:
        specs: features, what one is made from anywhere among them.
    """
    by_name = {spec.name: spec for spec in specs}
    used = {name for spec in by_name.values() for name in spec.depends_on}
    columns = {name: 0 for name in SOURCES if name in used}
    for name in by_name:
        _column(name, by_name, columns)
    nodes: list[Node] = []
    below: dict[int, int] = {}
    for name, column in columns.items():
        row = below[column] = below.get(column, -1) + 1
        spec = by_name.get(name)
        title = spec.title if spec else name.replace("_", " ").capitalize()
        note = f"{spec.key}" if spec else SOURCES[name]
        x, y = column * (_WIDTH + _GAP_X), row * (_HEIGHT + _GAP_Y)
        nodes.append(Node(name, title, note, spec.depends_on if spec else (), column, x, y))
    return tuple(nodes)


def _column(name: str, specs: Mapping[str, FeatureSpec], columns: dict[str, int]) -> int:
    if name not in columns:
        parents = [_column(each, specs, columns) for each in specs[name].depends_on]
        columns[name] = max(parents, default=0) + 1
    return columns[name]


def lineage_svg(specs: Sequence[FeatureSpec], *, paper: str = "") -> str:
    """The drawing as SVG: no script, no style sheet, its colours those of the text around it.

    Args:
        specs: features.
        paper: a colour for the background, where the drawing stands alone.
    """
    nodes = lineage_nodes(specs)
    places = {node.name: node for node in nodes}
    width = max((node.x for node in nodes), default=0) + _WIDTH + 2 * _EDGE
    height = max((node.y for node in nodes), default=0) + _HEIGHT + 2 * _EDGE
    edges = [
        _edge(places[parent], node)
        for node in nodes
        for parent in node.parents
        if parent in places
    ]
    ground = f'<rect width="{width:g}" height="{height:g}" fill="{escape(paper)}"/>'
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        'aria-label="What each feature is made from" font-family="system-ui, sans-serif">'
    )
    moved = f'<g transform="translate({_EDGE} {_EDGE})">'
    # Lines pass behind the boxes: these are painted in the page's own colour first.
    boxes = _boxes(nodes, escape(paper) or "Canvas")
    parts = (opening, ground if paper else "", moved, *edges, *boxes, "</g></svg>")
    return "\n".join(part for part in parts if part) + "\n"


def _edge(parent: Node, child: Node) -> str:
    x, y = parent.x + _WIDTH, parent.y + _HEIGHT / 2
    to_x, to_y = child.x, child.y + _HEIGHT / 2
    bend = (to_x - x) / 2
    path = f"M{x:g} {y:g}C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {to_x:g} {to_y:g}"
    return (
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity=".45">'
        f"<title>{escape(parent.title)} → {escape(child.title)}</title></path>"
        f'<circle cx="{to_x:g}" cy="{to_y:g}" r="2.5" fill="currentColor"/>'
    )


def _boxes(nodes: Iterable[Node], ground: str) -> Iterable[str]:
    for node in nodes:
        dash = ' stroke-dasharray="4 3"' if node.column == 0 else ""
        note = node.note if len(node.note) <= _LONGEST else f"{node.note[: _LONGEST - 1]}…"
        yield (
            f'<g transform="translate({node.x:g} {node.y:g})"><title>{escape(node.note)}</title>'
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="{ground}"/>'
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="currentColor" '
            f'fill-opacity=".05" stroke="currentColor" stroke-opacity=".6"{dash}/>'
            f'<text x="12" y="17" font-size="13" font-weight="600" fill="currentColor">'
            f"{escape(node.title)}</text>"
            f'<text x="12" y="32" font-size="11" fill="currentColor" fill-opacity=".75">'
            f"{escape(note)}</text></g>"
        )
