"""Published examples, and other implementations of the same coefficients."""

import warnings
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.relevance import NotComputable
from apps.explainability.domain.agreement import (
    Level,
    Weighting,
    agreement_of,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what other packages say while they are loaded
    import krippendorff
    from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]  # it has no types

# Fleiss 1971 as it is worked out in Wikipedia's article: 10 subjects, 14 raters, kappa 0.210.
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
# Krippendorff 2011, section C: four observers, twelve units, missing values.
OBSERVERS = {
    "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
}


def units_of(observers: dict[str, list[int | None]]) -> list[dict[str, int]]:
    length = len(next(iter(observers.values())))
    return [
        {
            name: rating
            for name, ratings in observers.items()
            if (rating := ratings[at]) is not None
        }
        for at in range(length)
    ]


def test_cohen_as_published() -> None:
    # Wikipedia, Cohen's kappa, simple example: 20 both yes, 15 both no, 5 and 10 apart: 0.4.
    first = [1] * 20 + [1] * 5 + [0] * 10 + [0] * 15
    second = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    assert cohen_kappa(first, second, top=1) == pytest.approx(0.4)


def test_fleiss_as_published() -> None:
    assert fleiss_kappa(FLEISS) == pytest.approx(0.210, abs=0.0005)


@pytest.mark.parametrize(
    ("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_krippendorff_as_published(level: str, expected: float) -> None:
    found = krippendorff_alpha(units_of(OBSERVERS), Level(level))
    assert found == pytest.approx(expected, abs=0.0005)


@pytest.mark.parametrize("weighting", list(Weighting))
def test_cohen_agrees_with_scikit_learn(weighting: Weighting) -> None:
    random = Random(7)
    for _ in range(50):
        first = [random.randint(0, 4) for _ in range(40)]
        second = [each if random.random() < 0.6 else random.randint(0, 4) for each in first]
        theirs = cohen_kappa_score(
            first,
            second,
            labels=range(5),
            weights=None if weighting is Weighting.NONE else weighting.value,
        )
        ours = cohen_kappa(first, second, top=4, weighting=weighting)
        assert ours == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("level", list(Level))
def test_alpha_agrees_with_the_package_krippendorff(level: Level) -> None:
    random = Random(11)
    for _ in range(50):
        raters = random.randint(2, 5)
        table = [
            [random.randint(0, 3) if random.random() < 0.7 else None for _ in range(25)]
            for _ in range(raters)
        ]
        theirs = krippendorff.alpha(
            reliability_data=np.array(
                [[np.nan if each is None else each for each in row] for row in table]
            ),
            level_of_measurement=level.value,
        )
        ours = krippendorff_alpha(units_of(dict(zip("abcde", table, strict=False))), level)
        assert ours == pytest.approx(theirs, abs=1e-9)


def test_fleiss_is_nominal_alpha_but_for_its_correction() -> None:
    """Krippendorff 2004, section 11.3: alpha = 1 - (1 - kappa) (N n - 1) / (N n)."""
    units = [
        {f"r{number}": rating for number, rating in enumerate(
            rating for rating, count in enumerate(row) for _ in range(count)
        )}
        for row in FLEISS
    ]  # fmt: skip
    kappa, alpha = fleiss_kappa(FLEISS), krippendorff_alpha(units, Level.NOMINAL)
    assert isinstance(kappa, float)
    ratings = sum(map(sum, FLEISS))
    assert alpha == pytest.approx(1 - (1 - kappa) * (ratings - 1) / ratings, abs=1e-12)


def test_what_cannot_be_computed_says_so() -> None:
    for found in (
        cohen_kappa([], [], top=3),
        cohen_kappa([2, 2], [2, 2], top=3),
        fleiss_kappa([]),
        fleiss_kappa([[2, 0], [2, 0]]),
        krippendorff_alpha([{"a": 1}, {"b": 2}]),
        krippendorff_alpha([{"a": 1, "b": 1}]),
    ):
        assert isinstance(found, NotComputable)
    with pytest.raises(ValueError, match="same things"):
        cohen_kappa([1], [], top=3)
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa([[1, 1], [3, 0]])
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa([[1, 0]])


def test_the_whole_of_a_list() -> None:
    units = [
        {"ada": 3, "bob": 3, "eve": 3},
        {"ada": 0, "bob": 1},
        {"ada": 2},
        {"bob": 0, "eve": 0},
    ]
    found = agreement_of(units, top=3)
    assert (found.raters, found.overlapping, found.by_everybody) == (3, 3, 1)
    pairs = {(each.first, each.second): each for each in found.pairs}
    assert set(pairs) == {("ada", "bob"), ("ada", "eve"), ("bob", "eve")}
    assert pairs["ada", "bob"].rated == 2
    assert pairs["ada", "bob"].same == 0.5
    assert isinstance(pairs["ada", "eve"].kappa, NotComputable)
    assert pairs["bob", "eve"].kappa == 1.0
    assert isinstance(found.alpha[Level.ORDINAL], float)
    alone = agreement_of([{"ada": 1}], top=3)
    assert alone.pairs == ()
    assert isinstance(alone.fleiss, NotComputable)


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3)), max_size=12))
def test_alpha_never_passes_one(units: list[dict[str, int]]) -> None:
    for level in Level:
        found = krippendorff_alpha(units, level)
        if isinstance(found, float):
            assert found <= 1.0 + 1e-12


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_kappa_does_not_care_who_is_first(pairs: list[tuple[int, int]]) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    one, other = cohen_kappa(first, second, top=3), cohen_kappa(second, first, top=3)
    if isinstance(one, float):
        assert other == pytest.approx(one)
    else:
        assert isinstance(other, NotComputable)
