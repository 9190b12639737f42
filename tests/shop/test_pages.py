import pytest

from apps.ranking.contracts import HitRecord, SearchPart
from apps.ranking_weights.contracts import ResolvedWeights
from apps.search.contracts import FacetLine
from apps.shop.domain.pages import (
    facet_boxes,
    facet_title,
    filter_chips,
    page_links,
    page_url,
    parameters_kept,
    why_bars,
    without_value,
)
from apps.shop.domain.pictures import COLOURS, DARK, KINDS, SHAPES, kind_of, picture_svg, shade


def _lines(*values: str, count: int = 10, selected: tuple[str, ...] = ()) -> tuple[FacetLine, ...]:
    return tuple(FacetLine(value, value.title(), count, value in selected) for value in values)


def test_only_parameters_of_search_are_kept() -> None:
    asked = {
        "q": ["mouse"],
        "utm_source": ["mail"],
        "filter[brand]": ["Ohmera", ""],
        "filter[price]": [""],
        "why": ["p1"],
    }
    assert parameters_kept(asked) == {"q": ["mouse"], "filter[brand]": ["Ohmera"]}


def test_urls_escape_and_leave_out() -> None:
    parameters = {"q": ["a & b"], "page": ["3"]}
    assert page_url("/", parameters, page=None) == "/?q=a%20%26%20b"
    assert page_url("/c/x", {}) == "/c/x"
    assert page_url("/", parameters, why="p 1").endswith("page=3&why=p%201")


def test_taking_a_value_away_goes_to_the_first_page() -> None:
    parameters = {"filter[brand]": ["A", "B"], "page": ["2"]}
    assert without_value(parameters, "filter[brand]", "A") == {"filter[brand]": ["B"]}
    assert without_value({"filter[brand]": ["A"]}, "filter[brand]", "A") == {}


@pytest.mark.parametrize(
    ("field", "title"),
    [
        ("attr.color", "Colour"),
        ("attr.battery_life_hours", "Battery life (hours)"),
        ("attr.noise_cancelling", "Noise cancelling"),
        ("brand", "Brand"),
        ("attr.days", "Days"),
    ],
)
def test_facets_have_titles_for_people(field: str, title: str) -> None:
    assert facet_title(field) == title


def test_facets_that_divide_nothing_are_left_out() -> None:
    facets = {
        "brand": _lines("a", "b"),
        "attr.fit": _lines("slim", "wide", count=1),
        "attr.size": _lines("m"),
        "attr.color": _lines("red", selected=("red",)),
        "price": _lines("1..2", "3..4"),
    }
    boxes = facet_boxes(facets, found=100)
    assert [box.field for box in boxes] == ["brand", "attr.color", "price"]
    assert [box.single for box in boxes] == [False, False, True]
    assert boxes[0].parameter == "filter[brand]"


def test_chosen_values_stand_first_and_the_rest_folds() -> None:
    (box,) = facet_boxes({"brand": _lines(*"abcdefghij", selected=("j",))}, found=10)
    assert box.first[0].value == "j"
    assert len(box.first) == 7
    assert len(box.rest) == 3


def test_many_categories_show_what_is_near() -> None:
    tops = ("books", "home")
    below = tuple(f"home/x{number}" for number in range(9))
    deep = ("home/x1/y", "books/z", "books/z/w")
    (box,) = facet_boxes({"category": _lines(*tops, *below, *deep)}, found=10)
    assert [line.value for line in box.first] == ["books", "home"]
    chosen = _lines(*tops, *below, *deep, selected=("books/z/w",))
    (box,) = facet_boxes({"category": chosen}, found=10)
    assert [line.value for line in box.first] == ["books", "books/z", "books/z/w", "home"]
    (box,) = facet_boxes({"category": _lines("home", "books")}, found=10)
    assert [line.value for line in box.first] == ["books", "home"]


def test_chips_say_what_they_take_away() -> None:
    parameters = {"q": ["x"], "filter[brand]": ["a", "b"]}
    chips = filter_chips("/", parameters, {"brand": _lines("a")})
    assert [chip.label for chip in chips] == ["Brand: A", "Brand: b"]
    assert chips[0].url == "/?q=x&filter[brand]=b"


def test_page_links_show_ends_and_neighbours() -> None:
    links = page_links("/", {"q": ["x"]}, 6, 12)
    assert [link.label for link in links] == ["1", "…", "4", "5", "6", "7", "8", "…", "12"]
    assert [link.label for link in links if link.current] == ["6"]
    assert links[0].url == "/?q=x"
    assert [link.label for link in page_links("/", {}, 1, 1)] == ["1"]


def _record(contributions: dict[str, float]) -> HitRecord:
    weights = (("search_score", 0.5), ("popularity_score", 0.5))
    return HitRecord(
        row=0,
        position=1,
        final_score=sum(contributions.values()),
        search=SearchPart(0.8, 0.8, None, 1, None),
        features={"popularity_score": 0.4, "cf_score": None},
        weights=ResolvedWeights(weights, "global", "global", 1, shared_out=("cf_score",)),
        contributions=contributions,
        steps=(),
    )


def test_bars_fill_the_whole_and_keep_the_record_s_numbers() -> None:
    bars = why_bars(_record({"search_score": 0.4, "popularity_score": 0.2}))
    assert [bar.feature for bar in bars] == ["search_score", "popularity_score", "cf_score"]
    assert sum(bar.width for bar in bars) == pytest.approx(100)
    assert bars[1].left == pytest.approx(200 / 3)
    assert (bars[2].value, bars[2].weight, bars[2].contribution) == (None, None, 0.0)


def test_bars_of_nothing_have_no_width() -> None:
    bars = why_bars(_record({"search_score": 0.0, "rules": -0.1}))
    assert all(bar.width == 0 for bar in bars)
    assert bars[1].title == "Rules"


def test_every_kind_has_a_drawing() -> None:
    assert set(KINDS.values()) <= set(SHAPES)
    assert kind_of("electronics/audio/headphones") == "headphones"
    assert kind_of("sports/running/running-shoes") == "shoe"
    assert kind_of("home/unheard-of") == "sofa"
    assert kind_of("machines") == "box"


def test_pictures_are_the_same_each_time_and_safe() -> None:
    def one(colour: str) -> str:
        return picture_svg(
            product_id="X1-1", title="Tom & <Jerry>", category_path="books", colour=colour
        )

    assert one("") == one("")
    assert one("Navy") != one("Rust")
    assert COLOURS["navy"] in one("Navy")
    assert "Tom &amp; &lt;Jerry&gt;" in one("")
    assert "style" not in one("")
    assert "{" not in one("")


def test_products_without_a_colour_get_one_by_kind_and_name() -> None:
    def one(product_id: str, path: str) -> str:
        return picture_svg(product_id=product_id, title="", category_path=path, colour="")

    assert DARK in one("A-1", "electronics/cameras")
    assert one("A-1", "books") == one("A-2", "books") != one("B-1", "books")


def test_shades_darken_and_lighten() -> None:
    assert shade("#808080", 0.5) == "#404040"
    assert shade("#808080", 1.5) == "#c0c0c0"
    assert shade("#000000", 2.0) == "#ffffff"
