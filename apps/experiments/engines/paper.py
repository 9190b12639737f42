"""fpdf2 with our letters, colours and drawings."""

from collections.abc import Sequence
from pathlib import Path as FilePath

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout
from fpdf.fonts import FontFace

from apps.experiments.domain.charts.marks import Box, Chart, Dot, Drawing, Label, Line, Path, Point

Colour = tuple[int, int, int]
INK: Colour = (26, 29, 28)
SOFT: Colour = (89, 96, 92)
LINE: Colour = (214, 214, 206)
GOOD: Colour = (20, 108, 67)
BAD: Colour = (163, 39, 27)
ACCENT: Colour = (20, 84, 63)
SHADE: Colour = (246, 246, 243)
_TONES: Sequence[Colour] = (
    (104, 112, 108), (29, 95, 191), (168, 72, 10), (122, 63, 176), (11, 122, 117), (168, 40, 95),
)  # fmt: skip
_NAMED: dict[str, Colour] = {
    "grid": LINE, "zero": SOFT, "fixed": SOFT, "tick": SOFT, "margin": BAD,
    "phase-rest": (236, 236, 231),
    "phase-words": (255, 255, 255), "point-better": GOOD, "point-safe": GOOD, "point-worse": BAD,
    "point-breached": BAD, "point-unclear": SOFT, "range-better": GOOD, "range-safe": GOOD,
    "range-worse": BAD, "range-breached": BAD, "range-unclear": SOFT,
}  # fmt: skip
_DASHED = frozenset({"fixed", "margin"})
_PALE = ("band-", "range-")
_FONTS = FilePath(__file__).resolve().parent / "fonts"
_MARGIN = 14.0
_POINTS = 2.835


def tone_colour(tone: str) -> Colour:
    """The colour of a tone on paper; pale ones are mixed with white."""
    if tone in _NAMED:
        colour = _NAMED[tone]
    else:
        number = tone.rpartition("-")[2]
        colour = _TONES[int(number) % len(_TONES)] if number.isdigit() else INK
    if not tone.startswith(_PALE):
        return colour
    red, green, blue = (round(part + (255 - part) * 0.68) for part in colour)
    return red, green, blue


class Paper(FPDF):
    """A4, portrait, in millimetres; every page says what it belongs to."""

    def __init__(self, *, title: str, footer: str) -> None:
        """Load the letters and open the first page."""
        super().__init__(format="A4", unit="mm")
        self._footer = footer
        self.add_font("Text", "", _FONTS / "DejaVuSans.ttf")
        self.add_font("Text", "B", _FONTS / "DejaVuSans-Bold.ttf")
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(auto=True, margin=18)
        self.set_title(title)
        self.set_lang("en")
        self.add_page()

    def footer(self) -> None:
        """What and when, and the page."""
        self.set_y(-12)
        self.set_font("Text", "", 7)
        self.set_text_color(*SOFT)
        self.cell(self.epw - 20, 5, self._footer)
        self.cell(20, 5, f"{self.page_no()} / {{nb}}", align=Align.R)

    def words(
        self, text: str, *, size: float = 9, bold: bool = False, colour: Colour = INK
    ) -> None:
        """A paragraph."""
        self.set_font("Text", "B" if bold else "", size)
        self.set_text_color(*colour)
        self.multi_cell(0, size * 0.5, text, align=Align.L, new_x="LMARGIN", new_y="NEXT")

    def heading(self, text: str, *, room: float = 32) -> None:
        """A section's title, never alone at the foot of a page: `room` millimetres follow it."""
        if self.will_page_break(room):
            self.add_page()
        self.ln(4)
        self.start_section(text)
        self.words(text, size=12.5, bold=True)
        self.ln(1.2)

    def grid(
        self, rows: Sequence[Sequence[str]], widths: Sequence[float], *, right: Sequence[int] = ()
    ) -> None:
        """A table whose first row is its head; columns in `right` are set to the right."""
        self.set_font("Text", "", 7.5)
        self.set_text_color(*INK)
        self.set_draw_color(*LINE)
        # Rows without a colour of their own take the last one that was filled with.
        self.set_fill_color(255, 255, 255)
        self.set_line_width(0.2)
        aligns = [Align.R if place in right else Align.L for place in range(len(widths))]
        head = FontFace(emphasis="BOLD", color=SOFT, fill_color=SHADE)
        with self.table(
            col_widths=tuple(widths),
            text_align=tuple(aligns),
            headings_style=head,
            line_height=4.1,
            padding=(0.7, 1.1),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        ) as table:
            for row in rows:
                table.row(list(row))
        self.ln(1.5)

    def forest(self, lines: Sequence[tuple[str, Drawing, str]], *, axis: Drawing | None) -> None:
        """Intervals beneath each other: whose, drawn, in words."""
        left = self.l_margin + 72
        if self.will_page_break(min(12 + 8.5 * len(lines), 60)):
            self.add_page()
        if axis is not None:
            self.draw(axis, left, self.get_y(), 60)
            self.ln(60 * axis.height / axis.width)
        for whose, drawing, said in lines:
            height = 60 * drawing.height / drawing.width
            if self.will_page_break(height):
                self.add_page()
            top = self.get_y()
            self.draw(drawing, left, top, 60)
            self.set_font("Text", "", 7.5)
            self.set_text_color(*INK)
            self.set_xy(self.l_margin, top)
            self.cell(70, height, whose)
            self.set_xy(left + 63, top)
            self.cell(0, height, said, new_x="LMARGIN", new_y="NEXT")
        self.ln(2)

    def figure(self, chart: Chart, *, width: float = 0.0) -> None:
        """A chart with its title and legend; kept on one page."""
        wide = width or self.epw
        height = wide * chart.wide.height / chart.wide.width
        if self.will_page_break(height + 14):
            self.add_page()
        self.words(chart.wide.title, size=9, bold=True)
        self._legend(chart)
        self.draw(chart.wide, self.l_margin, self.get_y() + 1, wide)
        self.set_y(self.get_y() + height + 4)

    def _legend(self, chart: Chart) -> None:
        self.set_font("Text", "", 7.5)
        self.set_text_color(*SOFT)
        for tone, name in chart.legend:
            self.set_fill_color(*tone_colour(tone))
            self.rect(self.get_x(), self.get_y() + 1, 4, 2.2, style="F")
            self.set_x(self.get_x() + 5)
            self.cell(self.get_string_width(name) + 5, 4.2, name)
        self.ln(4.6)

    def draw(self, drawing: Drawing, left: float, top: float, width: float) -> None:
        """A drawing at a place, `width` millimetres wide; its words are its alternative text."""
        scale = width / drawing.width

        def at(point: Point) -> Point:
            return left + point[0] * scale, top + point[1] * scale

        for mark in drawing.marks:
            self.set_draw_color(*tone_colour(mark.tone))
            self.set_fill_color(*tone_colour(mark.tone))
            match mark:
                case Line():
                    self._stroke(mark.tone, 0.25 if mark.tone == "grid" else 0.35)
                    self.line(*at(mark.start), *at(mark.end))
                case Path():
                    self._stroke(mark.tone, 0.55)
                    points = [at(point) for point in mark.points]
                    if mark.filled:
                        self.polygon(points, style="F")
                    else:
                        self.polyline(points)
                case Box():
                    x, y = at((mark.x, mark.y))
                    self.rect(x, y, mark.width * scale, mark.height * scale, style="F")
                case Dot():
                    x, y = at(mark.center)
                    self.circle(x, y, mark.radius * scale, style="F")
                case Label():
                    self._label(mark, at((mark.x, mark.y)), scale)
        self.set_dash_pattern()

    def _stroke(self, tone: str, width: float) -> None:
        self.set_line_width(width)
        if tone in _DASHED:
            self.set_dash_pattern(dash=1.1, gap=0.8)
        else:
            self.set_dash_pattern()

    def _label(self, mark: Label, place: Point, scale: float) -> None:
        self.set_font("Text", "", 12 * scale * _POINTS)
        self.set_text_color(*tone_colour(mark.tone))
        wide = self.get_string_width(mark.text)
        shift = {"middle": wide / 2, "end": wide}.get(mark.anchor, 0.0)
        self.text(place[0] - shift, place[1], mark.text)
