import math
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.features.contracts import (
    CF_SCORE,
    FEATURE_NAMES,
    FRESHNESS_SCORE,
    POPULARITY_SCORE,
    SEARCH_SCORE,
)
from apps.ranking_weights.contracts import (
    DEFAULT_WEIGHTS,
    ResolvedWeights,
    WeightSet,
    WeightsInvalid,
    WeightSource,
    weights_validate,
)
from apps.ranking_weights.domain.resolve import (
    NothingToShare,
    subjects_upwards,
    weights_named,
    weights_resolve_from,
    weights_share_out,
)
from apps.ranking_weights.domain.starters import STARTERS

# A busy machine is slow, and that is no finding.
few = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

ALL = frozenset(FEATURE_NAMES)
WITHOUT_CF = ALL - {CF_SCORE}


@st.composite
def weight_sets(draw: st.DrawFn) -> dict[str, float]:
    names = draw(st.lists(st.sampled_from(FEATURE_NAMES), unique=True, min_size=1))
    raw = draw(st.lists(st.integers(0, 100), min_size=len(names), max_size=len(names)))
    raw = raw if any(raw) else [1] * len(names)
    return {name: each / sum(raw) for name, each in zip(names, raw, strict=True)}


def test_the_default_is_the_conventions() -> None:
    # CONVENTIONS.md, Ranking.
    assert list(DEFAULT_WEIGHTS.values()) == [0.4, 0.3, 0.2, 0.1]
    assert list(STARTERS["electronics"].values()) == [0.3, 0.3, 0.1, 0.3]
    assert list(STARTERS["fashion"].values()) == [0.3, 0.2, 0.4, 0.1]
    assert list(STARTERS["books"].values()) == [0.3, 0.5, 0.1, 0.1]
    for starter in STARTERS.values():
        assert tuple(starter) == FEATURE_NAMES
        assert weights_validate(starter) == dict(starter)


@few
@given(weight_sets())
def test_valid_sets_are_kept_in_the_registrys_order(weights: dict[str, float]) -> None:
    checked = weights_validate(dict(reversed(weights.items())))
    assert checked == weights
    assert list(checked) == [name for name in FEATURE_NAMES if name in weights]


@pytest.mark.parametrize(
    ("weights", "code", "field"),
    [
        ({"magic": 1.0}, "unknown_feature", "magic"),
        ({SEARCH_SCORE: 1.5, CF_SCORE: -0.5}, "negative", CF_SCORE),
        ({SEARCH_SCORE: 0.5}, "sum", "weights"),
        ({SEARCH_SCORE: 1.00001}, "sum", "weights"),
        ({}, "sum", "weights"),
        ({SEARCH_SCORE: math.nan}, "not_a_number", SEARCH_SCORE),
        ({SEARCH_SCORE: math.inf}, "not_a_number", SEARCH_SCORE),
        ({SEARCH_SCORE: True}, "not_a_number", SEARCH_SCORE),
        ({SEARCH_SCORE: "1"}, "not_a_number", SEARCH_SCORE),
    ],
)
def test_what_is_no_weight_set_is_refused(
    weights: dict[str, float], code: str, field: str
) -> None:
    with pytest.raises(WeightsInvalid) as refused:
        weights_validate(weights)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_the_sum_has_a_tolerance() -> None:
    assert weights_validate({SEARCH_SCORE: 1 / 3, CF_SCORE: 2 / 3 + 9e-7})


@few
@given(weight_sets(), st.frozensets(st.sampled_from(FEATURE_NAMES)))
def test_sharing_out_keeps_proportions_and_the_sum(
    weights: dict[str, float], available: frozenset[str]
) -> None:
    if sum(weights.get(name, 0.0) for name in available) <= 0:
        with pytest.raises(NothingToShare):
            weights_share_out(weights, available)
        return
    effective, missing = weights_share_out(weights, available)
    assert math.fsum(weight for _, weight in effective) == pytest.approx(1.0, abs=1e-12)
    assert {name for name, _ in effective} == set(available)
    assert set(missing) == {n for n, w in weights.items() if w > 0 and n not in available}
    shares = dict(effective)
    for one in available:
        for other in available:
            assert shares[one] * weights.get(other, 0.0) == pytest.approx(
                shares[other] * weights.get(one, 0.0), abs=1e-12
            )


def test_collaborative_weight_is_shared_out() -> None:
    effective, missing = weights_share_out(DEFAULT_WEIGHTS, WITHOUT_CF)
    assert dict(effective) == pytest.approx(
        {SEARCH_SCORE: 4 / 7, POPULARITY_SCORE: 2 / 7, FRESHNESS_SCORE: 1 / 7}
    )
    assert missing == (CF_SCORE,)


@pytest.mark.parametrize(
    ("path", "subjects"),
    [
        ("a/b/c", ("a/b/c", "a/b", "a")),
        ("a", ("a",)),
        ("", ()),
        (None, ()),
    ],
)
def test_the_chain_goes_up(path: str | None, subjects: tuple[str, ...]) -> None:
    assert subjects_upwards(path) == subjects


def resolved(
    path: str | None = None,
    available: frozenset[str] = WITHOUT_CF,
    override: dict[str, float] | None = None,
    published: Mapping[str, dict[str, float]] | None = None,
) -> ResolvedWeights:
    sets = {
        name: WeightSet(name, number, weights)
        for number, (name, weights) in enumerate((published or {}).items(), start=1)
    }
    return weights_resolve_from(
        published=sets, category_path=path, available=available, override=override
    )


FRESH = {FRESHNESS_SCORE: 1.0}
POPULAR = {POPULARITY_SCORE: 1.0}


def test_an_override_wins() -> None:
    answer = resolved("a", override=FRESH, published={"a": POPULAR})
    assert (answer.source, answer.subject, answer.number) == ("override", "", 0)
    assert answer.chain == ("override: used",)


def test_an_invalid_override_is_refused() -> None:
    with pytest.raises(WeightsInvalid):
        resolved(override={FRESHNESS_SCORE: 2.0})


def test_the_category_then_its_parents_then_global_then_default() -> None:
    own = resolved("a/b", published={"a/b": FRESH, "a": POPULAR})
    assert (own.source, own.subject, own.number) == ("category", "a/b", 1)
    parent = resolved("a/b/c", published={"a": POPULAR})
    assert (parent.source, parent.subject) == ("parent", "a")
    assert parent.chain == ("a/b/c: no set", "a/b: no set", "a: version 1")
    house = resolved("x", published={"a": POPULAR, "global": FRESH})
    assert (house.source, house.subject, house.number) == ("global", "global", 2)
    assert house.shared_out == ()
    fallback = resolved("x")
    assert (fallback.source, fallback.subject, fallback.number) == ("default", "", 0)
    assert fallback.chain == ("x: no set", "global: no set", "default: used")
    assert fallback.shared_out == (CF_SCORE,)


def test_a_set_whose_features_have_no_source_is_passed_over() -> None:
    answer = resolved("a", published={"a": {CF_SCORE: 1.0}, "global": FRESH})
    assert answer.source == "global"
    assert answer.chain[0] == "a: none of its features has a source"


def test_without_any_source_nothing_is_weighed() -> None:
    answer = resolved("a", available=frozenset(), published={"a": FRESH})
    assert (answer.source, answer.weights) == ("none", ())
    assert answer.shared_out == FEATURE_NAMES


@few
@given(
    weight_sets(),
    st.frozensets(st.sampled_from(FEATURE_NAMES), min_size=1),
    st.sampled_from([None, "a", "a/b"]),
)
def test_what_is_resolved_sums_to_one(
    weights: dict[str, float], available: frozenset[str], path: str | None
) -> None:
    answer = resolved(path, available, published={"a": weights})
    assert math.fsum(weight for _, weight in answer.weights) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("source", "subject", "named"),
    [
        ("category", "toys", "toys"),
        ("global", "global", "global"),
        ("default", "", "(default)"),
        ("override", "", "(override)"),
        ("none", "", "(none)"),
    ],
)
def test_a_set_is_named_by_whose_it_is(source: WeightSource, subject: str, named: str) -> None:
    assert weights_named(ResolvedWeights((), source, subject, 0)) == named
