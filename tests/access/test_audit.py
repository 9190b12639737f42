import json
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.access.domain.audit import LONGEST_TEXT, changes_between, json_safe

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    | st.decimals() | st.datetimes() | st.dates() | st.uuids(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=10,
)  # fmt: skip


class Colour(StrEnum):
    RED = "red"


@given(ANYTHING)
def test_anything_becomes_strict_json(value: object) -> None:
    text = json.dumps(json_safe(value), allow_nan=False)
    assert "\\u0000" not in text
    assert json.loads(text) == json_safe(value)


@given(
    st.dictionaries(st.text(max_size=3), st.integers()),
    st.dictionaries(st.text(max_size=3), st.integers()),
)
def test_changes_are_exactly_what_differs(before: dict[str, int], after: dict[str, int]) -> None:
    was, now = changes_between(before, after)
    assert was.keys() == now.keys()
    for name in before.keys() | after.keys():
        if before.get(name) == after.get(name):
            assert name not in was
        else:
            assert (was[name], now[name]) == (before.get(name), after.get(name))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Colour.RED, "red"),
        (Decimal("19.90"), "19.90"),
        (date(2026, 11, 21), "2026-11-21"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (memoryview(b"abc"), "3 bytes"),
        (float("inf"), "inf"),
        ("\ud800", "?"),
        (frozenset({2, 1}), [1, 2]),
        ({1: (2,)}, {"1": [2]}),
    ],
)
def test_values_have_their_text(value: object, expected: object) -> None:
    assert json_safe(value) == expected


def test_endless_text_is_cut() -> None:
    assert json_safe("x" * (LONGEST_TEXT + 1)) == "x" * LONGEST_TEXT + "…"
