import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from apps.experiments.contracts.assignment import Range
from apps.experiments.domain.assignment.buckets import (
    bucket_ranges,
    equal_weights,
    in_namespace,
    in_range,
    variation_choose,
)
from apps.experiments.domain.assignment.bulk import (
    buckets_bulk,
    choice_table,
    slots_bulk,
    units_encode,
    variations_choose,
)
from apps.experiments.domain.assignment.hashing import bucket, code_units, fnv1a_32, slot
from apps.experiments.domain.assignment.units import SeedBook, Units, second_slot

MILLION = 1_000_000
TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=30)
WEIGHTS = st.lists(st.floats(0.01, 1.0), min_size=2, max_size=6).map(
    lambda parts: tuple(part / math.fsum(parts) for part in parts)
)

# text, hash, source
FNV = [
    ("", 0x811C9DC5, "FNV test vectors: the offset basis"),
    ("a", 0xE40C292C, "FNV test vectors, test_fnv.c"),
    ("b", 0xE70C2DE5, "FNV test vectors, test_fnv.c"),
    ("foobar", 0xBF9CF968, "FNV test vectors, test_fnv.c"),
]


@pytest.mark.parametrize(("text", "expected", "_source"), FNV)
def test_fnv(text: str, expected: int, _source: str) -> None:
    assert fnv1a_32(code_units(text)) == expected


def test_code_units_are_those_of_javascript() -> None:
    # "\u00e9".charCodeAt(0) is 0xe9; an emoji is its surrogate pair
    assert tuple(code_units("é")) == (0xE9,)
    assert tuple(code_units("😀")) == (0xD83D, 0xDE00)
    assert tuple(code_units("az")) == (97, 122)


def test_versions_1_and_2_have_an_answer_and_no_others() -> None:
    # by hand: version 1 of "a" under "" is 0xE40C292C % 1000 / 1000
    assert bucket("", "a", 1) == 0xE40C292C % 1000 / 1000
    first = fnv1a_32(code_units("seeda"))
    assert bucket("seed", "a", 2) == fnv1a_32(str(first).encode()) % 10000 / 10000
    assert bucket("seed", "a", 3) is None
    assert slot("seed", "a", 0) is None
    assert slots_bulk("seed", units_encode(["a"]), 3) is None
    assert buckets_bulk("seed", units_encode(["a"]), 0) is None


@given(st.lists(TEXTS, max_size=12), TEXTS, st.sampled_from([1, 2]))
def test_many_hash_as_one(units: list[str], seed: str, version: int) -> None:
    found = slots_bulk(seed, units_encode(units), version)
    assert found is not None
    assert found.tolist() == [slot(seed, unit, version) for unit in units]


@given(st.lists(TEXTS, min_size=1, max_size=6), TEXTS.filter(bool), st.sampled_from([1, 2]))
def test_lanes_hash_as_one(seeds: list[str], unit: str, version: int) -> None:
    book = SeedBook()
    prepared = [book.seed("id", seed, version) for seed in seeds]
    units = Units({"id": unit}, book.lanes())
    known = units.unit("id")
    assert known is not None
    for seed in prepared:
        expected = slot(seed.text, unit, version)
        assert units.slot(seed, known) == expected
        assert units.shared_slot(seed, known) == units.shared_slot(seed, known) == expected


@given(st.one_of(st.integers(0, 200_000), st.integers(0, 2**32 - 1)))
def test_the_second_hash_is_that_of_the_digits(state: int) -> None:
    assert second_slot(state) == fnv1a_32(str(state).encode()) % 10_000


def test_no_units_and_empty_ones_encode() -> None:
    assert len(units_encode([])) == 0
    assert slots_bulk("s", units_encode([]), 2).tolist() == []  # type: ignore[union-attr] # version 2 has an answer
    found = slots_bulk("s", units_encode(["", "", "\0", "a\0"]), 1)
    assert found is not None
    assert found.tolist() == [slot("s", unit, 1) for unit in ("", "", "\0", "a\0")]


# count, coverage, weights, ranges, source
RANGES = [
    (2, 1.0, None, ((0, 0.5), (0.5, 1)), "by hand: halves"),
    (2, 0.5, (0.4, 0.6), ((0, 0.2), (0.4, 0.7)), "by hand: start + coverage * weight"),
    (2, 7.0, (0.4, 0.6), ((0, 0.4), (0.4, 1.0)), "coverage is clamped to 1"),
    (2, -1.0, None, ((0, 0), (0.5, 0.5)), "coverage is clamped to 0"),
    (2, 1.0, (0.4, 0.1), ((0, 0.5), (0.5, 1)), "weights of a wrong sum fall back to equal"),
    (2, 1.0, (0.2, 0.3, 0.5), ((0, 0.5), (0.5, 1)), "weights of a wrong number fall back"),
    (2, 1.0, (0.4, 0.595), ((0, 0.4), (0.4, 0.995)), "a sum within 0.01 of 1 stays"),
    (0, 1.0, None, (), "no variations, no ranges"),
]


@pytest.mark.parametrize(("count", "coverage", "weights", "expected", "_source"), RANGES)
def test_ranges(
    count: int,
    coverage: float,
    weights: tuple[float, ...] | None,
    expected: tuple[Range, ...],
    _source: str,
) -> None:
    found = bucket_ranges(count, coverage, weights)
    assert len(found) == len(expected)
    for owned, wanted in zip(found, expected, strict=True):
        assert owned == pytest.approx(wanted, abs=1e-12)


def test_equal_weights() -> None:
    assert equal_weights(4) == [0.25] * 4
    assert equal_weights(0) == equal_weights(-1) == []


def test_membership_is_half_open() -> None:
    assert in_range(0.0, (0.0, 0.5))
    assert not in_range(0.5, (0.0, 0.5))
    assert variation_choose(0.5, ((0.0, 0.5), (0.5, 1.0))) == 1
    assert variation_choose(0.3, ((0.0, 0.25), (0.5, 0.75))) == -1


@given(st.lists(st.floats(0, 0.9999), max_size=20), WEIGHTS, st.floats(0, 1))
def test_many_choose_as_one(
    positions: list[float], weights: tuple[float, ...], coverage: float
) -> None:
    ranges = bucket_ranges(len(weights), coverage, weights)
    found = variations_choose(np.array(positions, dtype=np.float64), ranges)
    assert found.tolist() == [variation_choose(position, ranges) for position in positions]


@given(WEIGHTS, st.floats(0, 1), st.floats(0, 1))
def test_growing_coverage_moves_no_enrolled_unit(
    weights: tuple[float, ...], one: float, other: float
) -> None:
    small, large = sorted((one, other))
    before = choice_table(bucket_ranges(len(weights), small, weights), 2)
    after = choice_table(bucket_ranges(len(weights), large, weights), 2)
    enrolled = before >= 0
    assert (before[enrolled] == after[enrolled]).all()


def test_every_slot_has_an_owner_at_full_coverage() -> None:
    for weights in ((0.5, 0.5), (0.1, 0.2, 0.7), (0.25,) * 4):
        assert (choice_table(bucket_ranges(len(weights), 1.0, weights), 2) >= 0).all()


@given(st.text(max_size=12), st.text(max_size=12), st.floats(0, 1))
def test_namespaces_exclude_each_other(unit: str, name: str, cut: float) -> None:
    left, right = in_namespace(unit, name, 0, cut), in_namespace(unit, name, cut, 1)
    assert left is not right


def test_a_million_units_are_uniform() -> None:
    encoded = units_encode([f"user-{number}" for number in range(MILLION)])
    slots = slots_bulk("uniformity", encoded, 2)
    assert slots is not None
    counts = np.bincount(slots, minlength=10_000)
    assert stats.chisquare(counts).pvalue > 1e-4
    weights = (0.1, 0.2, 0.7)
    chosen = choice_table(bucket_ranges(3, 1.0, weights), 2)[slots]
    expected = np.array(weights) * MILLION
    assert stats.chisquare(np.bincount(chosen), expected).pvalue > 1e-4


def test_two_experiments_are_independent() -> None:
    encoded = units_encode([f"user-{number}" for number in range(200_000)])
    one, other = (buckets_bulk(seed, encoded, 2) for seed in ("weights:1", "fusion:1"))
    assert one is not None
    assert other is not None
    table = np.histogram2d(one, other, bins=10, range=((0, 1), (0, 1)))[0]
    assert stats.chi2_contingency(table).pvalue > 1e-4
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.01
