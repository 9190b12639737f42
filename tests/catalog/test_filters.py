import pytest

from apps.catalog.contracts import FilterSet, InvalidFilter, NumberRange, UnknownFilter
from apps.catalog.domain.filters import filters_parse, number_parse, range_parse
from apps.catalog.domain.tree import CategoryNode, tree_build
from tests.catalog.naive import NODES, TREE


def test_every_filter_is_read() -> None:
    params = {
        "q": ["mouse"],
        "filter[category]": ["electronics/audio", "/books/"],
        "filter[brand]": ["HP", " Dell "],
        "filter[price]": ["10..50"],
        "filter[availability]": ["in stock"],
        "filter[attr.color]": ["red", "blue"],
        "filter[attr.size]": ["1..2.5"],
        "filter[attr.new]": ["true"],
    }
    assert filters_parse(params) == FilterSet(
        categories=("electronics/audio", "books"),
        brands=("HP", "Dell"),
        price_min=10.0,
        price_max=50.0,
        availabilities=("in_stock",),
        attributes={"color": ("red", "blue"), "size": NumberRange(1.0, 2.5), "new": True},
    )
    assert filters_parse({}) == FilterSet()


@pytest.mark.parametrize(
    "name", ["filter[colour]", "filter[attr.]", "filter[]", "filter", "filters[brand]"]
)
def test_an_unknown_filter_is_named(name: str) -> None:
    with pytest.raises(UnknownFilter) as caught:
        filters_parse({name: ["x"]})
    assert caught.value.field == name


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("filter[price]", ["cheap"]),
        ("filter[price]", ["50..10"]),
        ("filter[price]", [".."]),
        ("filter[price]", ["-5.."]),
        ("filter[price]", ["1..2", "3..4"]),
        ("filter[price]", ["x..4"]),
        ("filter[availability]", ["sometimes"]),
        ("filter[brand]", [""]),
        ("filter[brand]", ["a\x00b"]),
        ("filter[brand]", ["x"] * 101),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, values: list[str]) -> None:
    with pytest.raises(InvalidFilter) as caught:
        filters_parse({name: values})
    assert caught.value.field == name


def test_attributes_to_filter_by_are_bounded() -> None:
    asked = {f"filter[attr.key{number}]": ["x"] for number in range(21)}
    with pytest.raises(InvalidFilter, match=r"filter\[attr\.key20\]"):
        filters_parse(asked)
    asked.pop("filter[attr.key20]")
    assert len(filters_parse(asked).attributes) == 20


def test_numbers_and_ranges() -> None:
    assert number_parse("1e3") == 1000.0
    assert number_parse("1_0") is None
    assert number_parse("nan") is None
    assert range_parse("..5") == NumberRange(None, 5.0)
    assert range_parse("5..") == NumberRange(5.0, None)
    assert range_parse("5") is None


def test_the_tree_knows_its_shape() -> None:
    assert [(node.path, node.end) for node in TREE.categories] == [
        ("books", 1),
        ("electronics", 5),
        ("electronics/audio", 4),
        ("electronics/audio/headphones", 4),
        ("electronics/computers", 5),
    ]
    assert len(TREE) == 5
    assert TREE.by_path("nowhere") is None
    assert TREE.ancestors(3) == (2, 1)
    assert TREE.children(1) == (2, 4)
    assert TREE.children(None) == (0, 1)
    assert TREE.names(3) == ("Electronics", "Audio", "Headphones")
    assert TREE.lowest_common([3, 4]) == 1
    assert TREE.lowest_common([3, 3]) == 3
    assert TREE.lowest_common([0, 3]) is None
    assert TREE.lowest_common([]) is None
    assert (TREE.code_of_id(12), TREE.code_of_id(None), TREE.code_of_id(5)) == (3, -1, -1)


def test_rank_comes_before_name_and_orphans_are_left_out() -> None:
    tree = tree_build(
        [*NODES, CategoryNode(1, None, "Zebra", "zebra", -1), CategoryNode(2, 77, "O", "o")]
    )
    assert [node.path for node in tree.categories][:2] == ["zebra", "books"]
    assert tree.by_path("o") is None
