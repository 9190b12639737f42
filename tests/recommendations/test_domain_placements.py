"""Placements as shipped, and what their JSON content may say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.features.contracts import FEATURE_NAMES
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS
from apps.recommendations.contracts import (
    Constraints,
    Mix,
    Placement,
    PlacementName,
    StrategyName,
    StrategyUse,
)
from apps.recommendations.domain.placements import (
    CONTENT_FIELDS,
    DEFAULT_PLACEMENTS,
    PlacementInvalid,
    placement_content,
    placement_read,
)

SMALLEST: dict[str, Any] = {"title": "For you", "strategies": [{"name": "popular"}]}
shares = st.floats(0.0, 1.0)
# What PostgreSQL can store: no NUL, no half of a surrogate pair.
titles = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=120
).map(str.strip).filter(bool)  # fmt: skip
bands = st.tuples(st.floats(0.0, 10.0), st.floats(0.0, 10.0)).map(sorted)


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    names = draw(st.lists(st.sampled_from(StrategyName), min_size=1, unique=True))
    band = draw(bands)
    return Placement(
        name=draw(st.sampled_from(PlacementName)),
        title=draw(titles),
        strategies=tuple(
            StrategyUse(name, draw(st.floats(0.0, 1.0, exclude_min=True))) for name in names
        ),
        mix=draw(st.sampled_from(Mix)),
        constraints=Constraints(
            in_stock=draw(st.booleans()),
            not_bought_days=draw(st.integers(0, 3650)),
            most_per_brand=draw(st.integers(0, 1000)),
            price_from=band[0],
            price_to=band[1],
        ),
        diversity=draw(shares),
        weights=draw(st.sampled_from([None, DEFAULT_WEIGHTS])),
        k=draw(st.integers(1, 100)),
    )


@given(placements())
def test_content_reads_back_as_the_same_placement(placement: Placement) -> None:
    content = placement_content(placement)
    assert tuple(content) == CONTENT_FIELDS
    assert placement_read(placement.name, placement.number, content) == placement


@pytest.mark.parametrize("placement", DEFAULT_PLACEMENTS.values(), ids=lambda each: each.name)
def test_what_is_shipped_is_valid_and_ends_in_what_needs_no_history(placement: Placement) -> None:
    read = placement_read(placement.name, 0, placement_content(placement))
    assert read == placement
    names = [use.name for use in placement.strategies]
    assert StrategyName.POPULAR in names
    assert names[-1] in {StrategyName.POPULAR, StrategyName.NEW_ARRIVALS}


def test_every_placement_is_shipped() -> None:
    assert set(DEFAULT_PLACEMENTS) == set(PlacementName)


def test_what_is_left_out_is_as_by_default() -> None:
    assert placement_read(PlacementName.HOME, 3, SMALLEST) == Placement(
        PlacementName.HOME, "For you", (StrategyUse(StrategyName.POPULAR),), number=3
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": 3}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "a\ud800"}, "title"),
        ({"shelf": 1}, "shelf"),
        ({"strategies": []}, "strategies"),
        ({"strategies": {}}, "strategies"),
        ({"strategies": ["popular"]}, "strategies.1"),
        ({"strategies": [{"weight": 1}]}, "strategies.1.name"),
        ({"strategies": [{"name": "popular"}, {"name": "magic"}]}, "strategies.2.name"),
        ({"strategies": [{"name": "popular"}, {"name": "popular"}]}, "strategies.2.name"),
        ({"strategies": [{"name": "popular", "weight": 0}]}, "strategies.1.weight"),
        ({"strategies": [{"name": "popular", "weight": 1.1}]}, "strategies.1.weight"),
        ({"strategies": [{"name": "popular", "weight": float("nan")}]}, "strategies.1.weight"),
        ({"strategies": [{"name": "popular", "extra": 1}]}, "strategies.1.extra"),
        ({"mix": "shuffle"}, "mix"),
        ({"constraints": 3}, "constraints"),
        ({"constraints": {"colour": 1}}, "constraints.colour"),
        ({"constraints": {"not_bought_days": -1}}, "constraints.not_bought_days"),
        ({"constraints": {"most_per_brand": 1.5}}, "constraints.most_per_brand"),
        ({"constraints": {"price_from": float("inf")}}, "constraints.price_from"),
        ({"constraints": {"price_from": 2.0, "price_to": 1.0}}, "constraints.price_to"),
        ({"diversity": 1.5}, "diversity"),
        ({"diversity": float("nan")}, "diversity"),
        ({"diversity": True}, "diversity"),
        ({"weights": [1]}, "weights"),
        ({"weights": {FEATURE_NAMES[0]: 0.5}}, "weights"),
        ({"weights": {"luck": 1.0}}, "weights.luck"),
        ({"k": 0}, "k"),
        ({"k": 101}, "k"),
    ],
)
def test_a_refusal_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(PlacementInvalid) as refused:
        placement_read(PlacementName.HOME, 0, {**SMALLEST, **change})
    assert refused.value.field == field
    assert refused.value.message


def test_content_is_an_object() -> None:
    with pytest.raises(PlacementInvalid) as refused:
        placement_read(PlacementName.HOME, 0, [])  # type: ignore[arg-type]  # what a caller may send
    assert refused.value.field == ""
