from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.contracts.design import DesignInvalid
from apps.experiments.domain.design.flags import VALUE_TYPES, flag_read, flag_written
from tests.experiments.design.documents import ATTRIBUTES, WORDS

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "string": WORDS,
    "integer": st.integers(-(10**12), 10**12),
    "float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
    "object": st.dictionaries(WORDS, st.integers(), max_size=2) | st.lists(WORDS, max_size=2),
}


@st.composite
def flags(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(VALUE_TYPES))
    rule = st.fixed_dictionaries(
        {"value": VALUES[kind]},
        optional={
            "targeting": st.dictionaries(ATTRIBUTES, WORDS, max_size=2),
            "coverage": st.floats(0, 1),
            "unit": ATTRIBUTES,
        },
    )
    return {
        "value_type": kind,
        "value": draw(VALUES[kind]),
        "rules": draw(st.lists(rule, max_size=3)),
    }


@given(flags())
def test_what_is_written_is_read_again(document: dict[str, Any]) -> None:
    definition = flag_read(document)
    assert flag_read(flag_written(definition)) == definition


def test_off_values_have_their_type() -> None:
    made = [flag_read({"value_type": "boolean", "value": True})]
    made.append(flag_read({"value_type": "float", "value": 2}))
    assert [each.off_value for each in made] == [False, 0.0]
    assert isinstance(made[1].value, float)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"value_type": "x", "value": 1}, "value_type"),
        ({"value_type": "boolean"}, "value"),
        ({"value_type": "boolean", "value": 1}, "value"),
        ({"value_type": "integer", "value": True}, "value"),
        ({"value_type": "integer", "value": 1.5}, "value"),
        ({"value_type": "float", "value": "1"}, "value"),
        ({"value_type": "float", "value": float("inf")}, "value"),
        ({"value_type": "string", "value": None}, "value"),
        ({"value_type": "string", "value": "", "off_value": 1}, "off_value"),
        ({"value_type": "object", "value": "x"}, "value"),
        ({"value": True, "rules": [{}]}, "rules[0].value"),
        ({"value": True, "rules": [{"value": "x"}]}, "rules[0].value"),
        ({"value": True, "rules": [{"value": True, "targeting": 3}]}, "rules[0].targeting"),
        ({"value": True, "rules": [{"value": True, "x": 3}]}, "rules[0].x"),
        ({"value": True, "x": 1}, "x"),
        ("x", "design"),
    ],
)
def test_a_bad_field_is_named(document: Any, field: str) -> None:
    with pytest.raises(DesignInvalid) as caught:
        flag_read(document)
    assert caught.value.field == field
