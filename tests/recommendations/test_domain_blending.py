"""Momentum is folded into what is scored with; what comes out is the formula."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.recommendations.contracts import Float32, Float64
from apps.recommendations.contracts_models import Cells, Family
from apps.recommendations.domain.blending import BlendModel, Parts, Recipe
from apps.recommendations.domain.parts import NeighbourPart
from tests.recommendations.affinity_stage import model_of
from tests.recommendations.taste_groups import cells

COUNT, NEIGHBOURS = 30, 6
ALL = np.arange(COUNT, dtype=np.int32)
SCALES = {Family.ALS: 2.0, Family.EASE: 0.5, Family.ITEM_ITEM: 3.0}

recipes = st.builds(
    Recipe,
    st.dictionaries(st.sampled_from(Family), st.floats(0.05, 2.0)),
    st.sampled_from([0.0, 0.25, 0.75, 1.0]),
)
histories = st.lists(st.sampled_from(ALL.tolist()), unique=True, max_size=12)


@cache
def parts() -> Parts:
    """Drawn, with what nobody wants any more among them."""
    random = np.random.default_rng(4)
    made = model_of([f"p{code}" for code in ALL]).parts
    return replace(
        made,
        neighbours={family: neighbours(random) for family in (Family.EASE, Family.ITEM_ITEM)},
        popularity=random.random(COUNT, dtype=np.float32),
        momentum=(10.0 ** random.uniform(-4.0, 0.5, COUNT)).astype(np.float32),
        scales=SCALES,
    )


def neighbours(random: np.random.Generator) -> NeighbourPart:
    drawn = [random.choice(COUNT, NEIGHBOURS, replace=False) for _ in ALL]
    return NeighbourPart(
        np.arange(COUNT + 1, dtype=np.int64) * NEIGHBOURS,
        np.concatenate(drawn).astype(np.int32),
        random.random(COUNT * NEIGHBOURS, dtype=np.float32),
    )


def blend(recipe: Recipe) -> BlendModel:
    lean = parts().momentum ** np.float32(recipe.momentum)
    made = model_of([f"p{code}" for code in ALL])
    return replace(made, parts=parts(), recipe=recipe, lean=lean)


def sums(weights: Mapping[Family, float], history: Cells) -> Float64:
    """float64[n]: what the families say, weighed."""
    found = np.zeros(COUNT)
    for family, weight in weights.items():
        told = parts().family_scores(family, history).astype(np.float64)
        found += weight / SCALES.get(family, 1.0) * told
    return found


def leaned(recipe: Recipe, told: Float64) -> Float64:
    """`momentum^g · sum`, then s / (1 + s)."""
    raw = np.maximum(parts().momentum.astype(np.float64) ** recipe.momentum * told, 0.0)
    found: Float64 = raw / (1.0 + raw)
    return found


@given(recipes, histories, st.lists(st.sampled_from(ALL.tolist()), max_size=20))
def test_scores_are_momentum_times_the_sum_of_the_families(
    recipe: Recipe, history: list[int], wanted: list[int]
) -> None:
    model, own = blend(recipe), cells(*history)
    expected, taste = leaned(recipe, sums(recipe.weights, own)), model.taste(own)
    codes = np.array(wanted, dtype=np.int32)
    for found, formula in (
        (model.scores(taste), expected),
        (model.scores_of(taste, codes), expected[codes]),
    ):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, formula, rtol=1e-4, atol=1e-6)


@given(recipes, st.sampled_from(ALL.tolist()))
def test_alike_is_what_one_purchase_says_without_popularity(recipe: Recipe, code: int) -> None:
    weights = {**recipe.weights, Family.POPULARITY: 0.0}
    expected = leaned(recipe, sums(weights, cells(code, age=0.0)))
    expected[code] = 0.0
    codes, scores = blend(recipe).similar(code, COUNT)
    found = np.zeros(COUNT)
    found[codes] = scores
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@given(recipes, histories.filter(len))
def test_momentum_changes_no_reason(recipe: Recipe, history: list[int]) -> None:
    """It takes down alike what is told of a product and what would be enough to tell."""
    own, plain = cells(*history), blend(replace(recipe, momentum=0.0))
    # By powers of two everything is taken down exactly: no rounding decides.
    halved = np.exp2(-(ALL % 9)).astype(np.float32)
    model = replace(plain, recipe=replace(recipe, momentum=1.0), lean=halved)
    np.testing.assert_array_equal(
        model.because(model.taste(own), ALL), plain.because(plain.taste(own), ALL)
    )


def test_without_momentum_nothing_is_kept_twice() -> None:
    plain = blend(Recipe({Family.ALS: 1.0}))
    assert plain.leaned is plain.item_factors


def test_another_recipe_leans_anew() -> None:
    """A copy with other momentum never scores with what was folded in before."""
    model = blend(Recipe({Family.ALS: 1.0}, 1.0))
    again = replace(model, lean=np.full(COUNT, 0.5, dtype=np.float32))
    expected: Float32 = np.float32(0.5) * model.item_factors
    np.testing.assert_array_equal(again.leaned, expected)
