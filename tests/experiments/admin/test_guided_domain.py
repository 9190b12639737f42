"""Targeting rows and templates, without a database."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.domain.guided.targeting import (
    OPERATORS,
    RowInvalid,
    TargetingRow,
    condition_of,
    rows_of,
    value_read,
    value_written,
)
from apps.experiments.domain.guided.templates import (
    TEMPLATES,
    template_document,
    template_named,
)

NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=8)
VALUES = st.one_of(
    st.text(max_size=20).filter(str.strip),
    st.integers(-(10**9), 10**9),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(VALUES)
def test_a_value_is_read_as_it_was_written(value: str | float | bool) -> None:
    found = value_read(value_written(value))
    assert found == (value.strip() if isinstance(value, str) and found != value else value)


@given(st.lists(st.tuples(NAMES, st.sampled_from(sorted(OPERATORS)), NAMES), max_size=5))
def test_rows_come_back_from_their_condition(lines: list[tuple[str, str, str]]) -> None:
    rows = [TargetingRow(*line) for line in lines]
    try:
        condition = condition_of(rows)
    except RowInvalid:
        return
    again = rows_of(condition)
    assert again is not None
    assert condition_of(again) == condition


@pytest.mark.parametrize(
    ("rows", "condition"),
    [
        ([], {}),
        ([("device", "is", "mobile")], {"device": "mobile"}),
        ([("age", "$gte", "18"), ("age", "$lt", "30")], {"age": {"$gte": 18, "$lt": 30}}),
        ([("vip", "is", "true")], {"vip": True}),
        ([("zip", "is", '"8000"')], {"zip": "8000"}),
        ([("country", "$in", 'CH, "A, B",')], {"country": {"$in": ["CH", "A, B"]}}),
        ([("app", "$vgte", "1.10")], {"app": {"$vgte": "1.10"}}),
        ([("email", "exists", "")], {"email": {"$exists": True}}),
        ([("email", "missing", "x")], {"email": {"$exists": False}}),
    ],
)
def test_what_rows_mean(rows: list[tuple[str, str, str]], condition: dict[str, object]) -> None:
    assert condition_of([TargetingRow(*row) for row in rows]) == condition
    assert rows_of(condition) is not None  # type: ignore[arg-type]  # JSON, said wider


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "is", "")],
        [("a", "is", "1"), ("a", "is", "2")],
        [("a", "$gte", "1"), ("a", "$gte", "2")],
        [("a", "$gte", "1"), ("a", "is", "2")],
    ],
)
def test_rows_that_mean_nothing_are_named(rows: list[tuple[str, str, str]]) -> None:
    with pytest.raises(RowInvalid) as caught:
        condition_of([TargetingRow(*row) for row in rows])
    assert caught.value.place == len(rows) - 1


@pytest.mark.parametrize(
    "condition",
    [
        {"$or": [{"a": 1}]},
        {"a": {"$nonsense": 1}},
        {"a": None},
        {"a": [1]},
        {"a": {"$in": "text"}},
        {"a": {"$vgte": 3}},
        {"a": {"$ne": " padded "}, "b": ""},
    ],
)
def test_what_rows_cannot_say_stays_json(condition: dict[str, object]) -> None:
    assert rows_of(condition) is None  # type: ignore[arg-type]  # the same


def test_templates_name_only_what_exists() -> None:
    weights = template_named("weights")
    whole = template_document(weights, surfaces={"search"}, metrics={"ctr", "zero_result_rate"})
    assert whole["surface"] == "search"
    assert whole["metrics"] == [
        {"key": "ctr", "role": "secondary"},
        {"key": "zero_result_rate", "role": "guardrail"},
    ]
    assert template_document(weights, surfaces=(), metrics=())["surface"] == "any"
    empty = template_document(template_named("none"), surfaces=(), metrics=())
    assert (empty["surface"], empty["metrics"]) == ("any", [])
    assert {template.code for template in TEMPLATES} == {"weights", "feature", "ui"}


def test_templates_use_metrics_that_are_shipped() -> None:
    from apps.experiments.domain.metrics.shipped import SHIPPED

    for template in TEMPLATES:
        keys = (template.primary, *template.secondary, *template.guardrails)
        assert {*keys} <= {*SHIPPED}
