import pytest
from growthbook.core import evalCondition
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.contracts.assignment import ConditionInvalid, Json
from apps.experiments.domain.assignment.conditions import condition_compile
from apps.experiments.domain.assignment.portable import condition_portable

# condition, how it is written for every SDK
WRITTEN = [
    ({}, {}),
    ({"a": "x"}, {"a": {"$eq": "x"}}),
    ({"a": None}, {"a": {"$eq": None}}),
    ({"a": ["x"]}, {"a": ["x"]}),
    ({"a": {"b": 1}}, {"a": {"b": 1}}),
    ({"a": {"$gt": 1, "$lt": 5}}, {"a": {"$gt": 1, "$lt": 5, "$type": "number"}}),
    ({"a": {"$gt": "b"}}, {"a": {"$gt": "b", "$type": "string"}}),
    ({"a": {"$vgt": "1.0.0"}}, {"a": {"$vgt": "1.0.0", "$type": "string"}}),
    ({"a": {"$vne": "1.0.0"}}, {"a": {"$not": {"$veq": "1.0.0", "$type": "string"}}}),
    ({"a": {"$regexi": "x"}}, {"a": {"$regexi": "x", "$type": "string"}}),
    ({"a": {"$notRegex": "x"}}, {"a": {"$not": {"$regex": "x", "$type": "string"}}}),
    ({"a": {"$notRegexi": "x"}}, {"a": {"$not": {"$regexi": "x", "$type": "string"}}}),
    ({"a": {"$in": ["x", 1]}}, {"a": {"$in": ["x", 1]}}),
    ({"a": {"$alli": ["x"]}}, {"a": {"$alli": ["x"]}}),
    ({"a": {"$all": ["x", {"$gt": 1}]}}, {"a": {"$all": [{"$eq": "x"}, {"$gt": 1, "$type": "number"}]}}),
    ({"a": {"$not": "x"}}, {"a": {"$not": {"$eq": "x"}}}),
    ({"a": {"$size": 2}}, {"a": {"$size": {"$eq": 2}}}),
    ({"a": {"$exists": True, "$type": "array"}}, {"a": {"$exists": True, "$type": "array"}}),
    ({"a": {"$elemMatch": {"b": 1}}}, {"a": {"$elemMatch": {"b": {"$eq": 1}}}}),
    ({"a": {"$elemMatch": {"$gt": 1}}}, {"a": {"$elemMatch": {"$gt": 1, "$type": "number"}}}),
    ({"$or": [{"a": 1}], "$not": {"b": 2}}, {"$or": [{"a": {"$eq": 1}}], "$not": {"b": {"$eq": 2}}}),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), WRITTEN)
def test_how_conditions_are_written(condition: dict[str, Json], expected: dict[str, Json]) -> None:
    assert condition_portable(condition) == expected
    assert condition_portable(expected) == expected or condition["a"] in (["x"], {"b": 1})


@pytest.mark.parametrize(
    ("condition", "operator"),
    [
        ({"$and": 1}, "$and"),
        ({"$or": [1]}, "$or"),
        ({"$not": 1}, "$not"),
        ({"$where": 1}, "$where"),
        ({"a": {}}, "a"),
        ({"a": {"$regx": 1}}, "$regx"),
        ({"a": {"$gt": None}}, "$gt"),
        ({"a": {"$gt": True}}, "$gt"),
        ({"a": {"$gt": 1, "$lt": "5"}}, "a"),
        ({"a": {"$eq": []}}, "$eq"),
        ({"a": {"$in": "x"}}, "$in"),
        ({"a": {"$in": [[]]}}, "$in"),
        ({"a": {"$ini": [1]}}, "$ini"),
        ({"a": {"$regex": "["}}, "$regex"),
        ({"a": {"$regex": 5}}, "$regex"),
        ({"a": {"$exists": 1}}, "$exists"),
        ({"a": {"$type": "text"}}, "$type"),
        ({"a": {"$vgt": 1}}, "$vgt"),
        ({"a": {"$elemMatch": 1}}, "$elemMatch"),
        ({"a": {"$elemMatch": {"$or": []}}}, "$elemMatch"),
        ({"a": {"$inGroup": "g"}}, "$inGroup"),
    ],
)
def test_what_is_refused(condition: dict[str, Json], operator: str) -> None:
    with pytest.raises(ConditionInvalid) as refused:
        condition_portable(condition)
    assert refused.value.operator == operator


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from(["", "a", "B", "b", "1", "1.2.3"]),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS.filter(bool), max_size=3), st.just({"b": 1}))
OPERANDS = st.one_of(st.integers(-3, 3), st.sampled_from(["a", "b", "1", "1.10.0"]))
TESTS = st.one_of(
    SCALARS,
    st.builds(lambda name, x: {name: x}, st.sampled_from(["$lt", "$lte", "$gt", "$gte", "$eq", "$ne"]), OPERANDS),
    st.builds(lambda name, x: {name: x}, st.sampled_from(["$in", "$nin"]), st.lists(SCALARS, max_size=3)),
    st.builds(lambda name, x: {name: x}, st.sampled_from(["$ini", "$nini"]), st.lists(st.sampled_from("abAB"), max_size=3)),
    st.builds(lambda name, x: {name: x}, st.sampled_from(["$vlt", "$vgte", "$veq", "$vne"]), st.sampled_from(["1", "1.2.3"])),
    st.builds(lambda name, x: {name: x}, st.sampled_from(["$regex", "$regexi", "$notRegex"]), st.sampled_from(["a", "^b$", "ul"])),
    st.builds(lambda x: {"$exists": x}, st.booleans()),
    st.builds(lambda x: {"$elemMatch": {"$eq": x}}, SCALARS),
    st.builds(lambda x: {"$all": x}, st.lists(SCALARS, max_size=2)),
    st.builds(lambda x: {"$size": x}, st.integers(0, 3)),
)  # fmt: skip
NEGATED = st.one_of(TESTS, TESTS.map(lambda test: {"$not": test}))
CONDITIONS = st.recursive(
    st.dictionaries(st.sampled_from(["a", "b", "c.d"]), NEGATED, max_size=2),
    lambda inner: st.one_of(
        st.builds(lambda key, parts: {key: parts}, st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, max_size=2)),
        inner.map(lambda one: {"$not": one}),
    ),
    max_leaves=4,
)  # fmt: skip
PEOPLE = st.fixed_dictionaries(
    {}, optional={"a": VALUES, "b": VALUES, "c": st.one_of(st.none(), st.fixed_dictionaries({"d": VALUES}))}
)  # fmt: skip


@given(CONDITIONS, PEOPLE)
def test_the_sdk_and_we_read_it_alike(
    condition: dict[str, Json], attributes: dict[str, Json]
) -> None:
    written = condition_portable(condition)
    assert condition_compile(written)(attributes) is evalCondition(attributes, written)
