"""Golden rows of the targeting language: condition, attributes, answer, source."""

import math

import pytest

from apps.experiments.contracts.assignment import Json
from apps.experiments.domain.assignment.conditions import condition_compile, value_compile
from apps.experiments.domain.assignment.javascript import (
    number_of,
    number_text,
    order_of,
    same,
    same_written,
    text_of,
    truth_of,
    type_of,
)
from apps.experiments.domain.assignment.versions import version_text

ROWS = [
    ({}, {"a": 1}, True, "nothing is asked"),
    ({"a": "x"}, {"a": "x"}, True, "literal"),
    ({"a": "5"}, {"a": 5}, True, "JavaScript: 5 + '' === '5'"),
    ({"a": 5}, {"a": "5"}, True, "JavaScript: '5' * 1 === 5"),
    ({"a": 0}, {}, True, "JavaScript: null * 1 === 0"),
    ({"a": True}, {"a": "yes"}, True, "JavaScript: !!'yes'"),
    ({"a": False}, {}, False, "a missing boolean is not false"),
    ({"a": None}, {}, True, "missing is null"),
    ({"a": ["x", 1]}, {"a": ["x", 1.0]}, True, "JSON.stringify writes 1.0 as 1"),
    ({"a": ["x"]}, {"a": ["x", "y"]}, False, "longer"),
    ({"a": {"b": 1}}, {"a": {"b": 1}}, True, "objects by their JSON"),
    ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "b": 1}}, False, "JSON.stringify keeps order"),
    ({"a": {}}, {"a": {}}, True, "an empty object is no operator"),
    ({"a.b": "x"}, {"a": {"b": "x"}}, True, "dotted path"),
    ({"a.1": "y"}, {"a": ["x", "y"]}, True, "index of a list"),
    ({"a.2": None}, {"a": ["x", "y"]}, True, "no such index"),
    ({"a.01": None}, {"a": ["x", "y"]}, True, "01 is no index"),
    ({"a.length": 2}, {"a": ["x", "y"]}, True, "a list has a length"),
    ({"a.b.c": None}, {"a": "text"}, True, "no step below a text"),
    ({"$and": [{"a": 1}, {"b": 2}]}, {"a": 1, "b": 2}, True, "logic"),
    ({"$and": "x"}, {}, False, "no list"),
    ({"$or": [{"a": 2}, {"b": 2}]}, {"a": 1, "b": 2}, True, "logic"),
    ({"$or": []}, {}, True, "an empty $or holds"),
    ({"$or": 1}, {}, False, "no list"),
    ({"$or": [1]}, {}, False, "no condition"),
    ({"$nor": [{"a": 2}, {"b": 3}]}, {"a": 1, "b": 2}, True, "logic"),
    ({"$nor": 1}, {}, False, "no list"),
    ({"$not": {"a": 2}}, {"a": 1}, True, "logic"),
    ({"$not": 1}, {}, False, "no condition"),
    ({"a": {"$eq": 1}}, {"a": 1.0}, True, "===, numbers"),
    ({"a": {"$eq": 1}}, {"a": True}, False, "===, types apart"),
    ({"a": {"$eq": ["x"]}}, {"a": ["x"]}, False, "===, two lists"),
    ({"a": {"$ne": 1}}, {"a": "1"}, True, "!=="),
    ({"a": {"$lt": 10}}, {"a": "9"}, True, "numbers where one is"),
    ({"a": {"$lt": "10"}}, {"a": "9"}, False, "texts by code unit"),
    ({"a": {"$lt": 10}}, {}, True, "null < 10"),
    ({"a": {"$gte": 0}}, {"a": "x"}, False, "NaN is not ordered"),
    ({"a": {"$lte": 5}}, {"a": 5}, True, "equal"),
    ({"a": {"$gt": "é"}}, {"a": "z"}, False, "code units: z is below é"),
    ({"a": {"$gt": "\ue000"}}, {"a": "😀"}, False, "code units: surrogates are below U+E000"),
    ({"a": {"$gt": 1}}, {"a": ["2"]}, True, "a list as its text"),
    ({"v": {"$vgt": "1.2.9"}}, {"v": "1.2.10"}, True, "numbers, not texts"),
    ({"v": {"$vlt": "1.2.0"}}, {"v": "v1.2.0-rc.1"}, True, "a pre-release is before"),
    ({"v": {"$vlte": "1.2"}}, {"v": 1.2}, True, "a number as its text"),
    ({"v": {"$vgte": "0"}}, {}, True, "no version reads as 0"),
    ({"v": {"$veq": "1.0.0+a"}}, {"v": "1.0.0+b"}, True, "the build does not count"),
    ({"v": {"$vne": "1.0.0"}}, {"v": "1.0.1"}, True, "different"),
    ({"a": {"$exists": True}}, {"a": 0}, True, "0 is there"),
    ({"a": {"$exists": False}}, {"a": None}, True, "null is not"),
    ({"a": {"$type": "object"}}, {"a": {}}, True, "type"),
    ({"a": {"$in": ["x", 1, True, None]}}, {"a": 1}, True, "listed"),
    ({"a": {"$in": [1]}}, {"a": True}, False, "types apart"),
    ({"a": {"$in": [True]}}, {"a": True}, True, "booleans"),
    ({"a": {"$in": [None]}}, {}, True, "null is listed"),
    ({"a": {"$in": ["x"]}}, {"a": {"x": 1}}, False, "no object is listed"),
    ({"a": {"$in": ["x"]}}, {"a": ["y", "x"]}, True, "any of a list"),
    ({"a": {"$nin": ["x"]}}, {"a": ["y"]}, True, "none of a list"),
    ({"a": {"$nin": "x"}}, {"a": "y"}, False, "no list"),
    ({"a": {"$ini": ["DE", 1]}}, {"a": "de"}, True, "without case"),
    ({"a": {"$nini": ["DE"]}}, {"a": "fr"}, True, "without case"),
    ({"a": {"$all": ["x", {"$gt": 4}]}}, {"a": [5, "x"]}, True, "each has one"),
    ({"a": {"$all": ["x"]}}, {"a": "x"}, False, "no list"),
    ({"a": {"$all": "x"}}, {"a": ["x"]}, False, "no list wanted"),
    ({"a": {"$alli": ["X"]}}, {"a": ["x"]}, True, "without case"),
    ({"a": {"$regex": "^b.d$"}}, {"a": "bad"}, True, "pattern"),
    ({"a": {"$regex": "ul"}}, {}, True, "JavaScript: /ul/.test(null) reads 'null'"),
    ({"a": {"$regexi": "BAD"}}, {"a": "bad"}, True, "without case"),
    ({"a": {"$regex": "["}}, {"a": "["}, False, "no pattern"),
    ({"a": {"$notRegex": "x"}}, {"a": "bad"}, True, "pattern"),
    ({"a": {"$notRegexi": "B"}}, {"a": "bad"}, False, "pattern"),
    ({"a": {"$size": 2}}, {"a": [1, 2]}, True, "length"),
    ({"a": {"$size": {"$gt": 2}}}, {"a": "abc"}, False, "no list"),
    ({"a": {"$elemMatch": {"$gt": 3}}}, {"a": [1, 4]}, True, "one passes"),
    ({"a": {"$elemMatch": {"$lt": 3}}}, {"a": [0]}, False, "JavaScript: falsy ones are skipped"),
    ({"a": {"$elemMatch": {"b": 1}}}, {"a": [{"b": 1}]}, True, "a condition on each"),
    ({"a": {"$elemMatch": {"b": 1}}}, {"a": ["b"]}, False, "a text has no fields"),
    ({"a": {"$not": {"$eq": 1}}}, {"a": 2}, True, "not"),
    ({"a": {"$inGroup": "g"}}, {"a": 1}, True, "saved group"),
    ({"a": {"$notInGroup": "g"}}, {"a": 3}, True, "saved group"),
    ({"a": {"$inGroup": 5}}, {"a": 5}, False, "no such group"),
    ({"a": {"$nearly": 1}}, {"a": 1}, False, "unknown operator"),
]


@pytest.mark.parametrize(("condition", "attributes", "expected", "_source"), ROWS)
def test_conditions(
    condition: dict[str, Json], attributes: dict[str, Json], expected: bool, _source: str
) -> None:
    assert condition_compile(condition, {"g": [1, "2"]})(attributes) is expected


def test_a_condition_on_something_else_than_an_object() -> None:
    assert condition_compile({"length": 2})(["a", "b"]) is True
    assert condition_compile({"a": None})("text") is True


def test_a_value_alone() -> None:
    assert value_compile({"$gt": 3})(4) is True
    assert value_compile("x")("y") is False


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (1.0, "1"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (1e21, "1e+21"),
        (123456789012345680000, "123456789012345680000"),
        (1e-7, "1e-7"),
        (1.25e-7, "1.25e-7"),
        (0.000001, "0.000001"),
        (100, "100"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (10**400, "Infinity"),
        (-(10**400), "-Infinity"),
        (2**53, "9007199254740992"),
    ],
)
def test_numbers_are_written_as_in_javascript(value: float, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        ([1, None, "x", [2, 3]], "1,,x,2,3"),
        ({}, "[object Object]"),
    ],
)
def test_values_are_written_as_in_javascript(value: Json, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, 0),
        (True, 1),
        ("", 0),
        (" 12 ", 12),
        ("1e3", 1000),
        ("0x1F", 31),
        ("0b101", 5),
        ("0o17", 15),
        ([], 0),
        (["7"], 7),
        ("-Infinity", -math.inf),
        (10**400, math.inf),
    ],
)
def test_values_are_read_as_numbers(value: Json, number: float) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize("value", ["x", "1_000", "inf", "nan", "0xZZ", {}, [1, 2], "infinity"])
def test_what_is_no_number(value: Json) -> None:
    assert math.isnan(number_of(value))


def test_truth() -> None:
    falsy: list[Json] = [0, 0.0, math.nan, "", None, False]
    truthy: list[Json] = [1, 0.5, "0", [], {}, True]
    assert not any(truth_of(value) for value in falsy)
    assert all(truth_of(value) for value in truthy)


def test_types() -> None:
    values: list[Json] = [None, True, 1, "x", [], {}]
    names = ["null", "boolean", "number", "string", "array", "object"]
    assert [type_of(value) for value in values] == names


def test_sameness() -> None:
    assert same(1, 1.0)
    assert not same({}, {})
    assert not same_written({"a": 1}, [1])
    assert not same_written([1], {"a": 1})
    assert same_written({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]})
    assert order_of("a", "b") == -1
    assert order_of(1, {}) is None


def test_versions_pad() -> None:
    assert version_text("1.2") == "    1-    2"
    assert version_text("") == version_text(None) == version_text(True) == "    0"
