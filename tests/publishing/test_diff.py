import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.publishing.contracts import FieldChange, JsonValue
from apps.publishing.domain.diff import content_diff

_scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
_json = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("xyz", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
_contents = st.dictionaries(st.text("xyz", min_size=1, max_size=2), _json, max_size=3)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": 2}, (FieldChange("a", 1, 2),)),
        (
            {"w": {"x": 0.4, "y": 0.6}},
            {"w": {"x": 0.5, "y": 0.6}},
            (FieldChange("w.x", 0.4, 0.5),),
        ),
        (
            {"w": {"x": 1}},
            {"w": {"y": 1}},
            (FieldChange("w.x", 1, None), FieldChange("w.y", None, 1)),
        ),
        (
            {"e": [{"t": ["tv"]}, {"t": ["pc"]}]},
            {"e": [{"t": ["tv", "telly"]}]},
            (FieldChange("e.1.t.2", None, "telly"), FieldChange("e.2", {"t": ["pc"]}, None)),
        ),
        ({"a": [1]}, {"a": {"1": 1}}, (FieldChange("a", [1], {"1": 1}),)),
        ({"a": True}, {"a": 1}, (FieldChange("a", True, 1),)),
    ],
)
def test_differences_are_told_leaf_by_leaf(
    before: dict[str, JsonValue], after: dict[str, JsonValue], changes: tuple[FieldChange, ...]
) -> None:
    assert content_diff(before, after) == changes


@given(_contents)
def test_a_content_does_not_differ_from_itself(content: dict[str, JsonValue]) -> None:
    assert content_diff(content, content) == ()


@given(_contents, _contents)
def test_different_contents_differ_and_back_is_the_mirror(
    before: dict[str, JsonValue], after: dict[str, JsonValue]
) -> None:
    there = content_diff(before, after)
    back = content_diff(after, before)
    if before != after:
        assert there
    mirrored = {(c.path, repr(c.after), repr(c.before)) for c in back}
    assert {(c.path, repr(c.before), repr(c.after)) for c in there} == mirrored
