import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import PCG64, Generator

from apps.demo.contracts import (
    BRANCH_WEIGHTS,
    FEATURES,
    NO_EFFECT,
    Behaviour,
    Effect,
    FloatArray,
    ShopperConfig,
)
from apps.demo.domain.latents import (
    DIMENSIONS,
    appeal,
    item_tastes,
    latent_normals,
    latent_uniforms,
    shopper_tastes,
    taste_scores,
)
from apps.demo.domain.shopper import (
    ImpossibleEffect,
    bargain,
    behave,
    click_chances,
    effect_check,
    effect_rows,
    examination,
    freshness,
    gumbel_noise,
    purchase_chances,
    utility,
    weights_of,
)

CONFIG = ShopperConfig()
NAMES = [f"name-{number}" for number in range(4000)]


def test_latents_are_a_function_of_the_name() -> None:
    one = latent_uniforms(1, "product", NAMES)
    assert np.array_equal(one, latent_uniforms(1, "product", NAMES))
    assert not np.array_equal(one, latent_uniforms(2, "product", NAMES))
    assert not np.array_equal(one, latent_uniforms(1, "brand", NAMES))
    assert np.array_equal(one[7], latent_uniforms(1, "product", [NAMES[7]])[0])
    assert one.min() > 0.0
    assert one.max() < 1.0


def test_latents_are_standard_normal_and_independent() -> None:
    normals = latent_normals(3, "shopper", NAMES)
    assert normals.shape == (len(NAMES), DIMENSIONS)
    # 5 standard errors of mean and variance of 32,000 normal draws.
    assert abs(normals.mean()) < 5 / np.sqrt(normals.size)
    assert abs(normals.var() - 1) < 5 * np.sqrt(2 / normals.size)
    correlations = np.corrcoef(normals.T) - np.eye(DIMENSIONS)
    assert np.abs(correlations).max() < 5 / np.sqrt(len(NAMES))


def test_taste_has_the_scale_asked_for() -> None:
    shoppers = shopper_tastes(1, NAMES)
    items = item_tastes(
        1, [f"c{n % 60}" for n in range(4000)], [f"b{n % 35}" for n in range(4000)]
    )
    scores = taste_scores(shoppers, items, 0.9)
    assert abs(scores.std() - 0.9) < 0.15
    assert abs(scores.mean()) < 0.1


def test_appeal_is_uniform() -> None:
    found = appeal(1, NAMES)
    counts, _ = np.histogram(found, bins=10, range=(0, 1))
    # Chi-squared with 9 degrees of freedom: 27.9 is its 0.999 quantile.
    assert ((counts - 400) ** 2 / 400).sum() < 27.9


def test_features_stay_between_nought_and_one() -> None:
    ages = np.array([-5.0, 0.0, 120.0, 1e6])
    assert freshness(ages, 120.0) == pytest.approx([1.0, 1.0, 0.5, 0.0])
    prices = np.array([10.0, 10.0, 10.0])
    assert bargain(prices, np.array([np.nan, 8.0, 1.0])) == pytest.approx([0.0, 0.4, 1.0])


def test_examination_is_the_documented_curve() -> None:
    positions = np.arange(1, 21)
    assert examination(positions, 0.75) == pytest.approx(positions**-0.75)
    assert examination(positions, 0.75)[0] == 1.0


def test_unknown_branches_take_the_default_weights() -> None:
    table = weights_of(["electronics", "garden"], BRANCH_WEIGHTS)
    assert table[0].tolist() == list(BRANCH_WEIGHTS["electronics"])
    assert table[1].tolist() == list(BRANCH_WEIGHTS["default"])


def _play(utilities: FloatArray, effect: Effect = NO_EFFECT, seed: int = 5) -> Behaviour:
    positions = np.broadcast_to(np.arange(1, utilities.shape[1] + 1), utilities.shape)
    return behave(
        Generator(PCG64(seed)),
        utilities,
        positions=positions,
        return_chances=np.full(utilities.shape, 0.1),
        prices=np.ones(utilities.shape),
        effects=effect_rows([effect], np.zeros(len(utilities), np.int64)),
        config=CONFIG,
    )


def test_clicks_follow_the_position_curve_within_binomial_bands() -> None:
    searches = 40_000
    chance = float(click_chances(np.array(4.0), CONFIG))
    clicked = _play(np.full((searches, 10), 4.0)).clicked.mean(axis=0)
    expected = chance * examination(np.arange(1, 11), CONFIG.examination_eta)
    bands = 4 * np.sqrt(expected * (1 - expected) / searches)
    assert np.all(np.abs(clicked - expected) < bands)


def test_what_costs_much_is_slept_over() -> None:
    prices = np.array([1.0, 150.0, 300.0, 1_500.0])
    # A simulation over HTTP meets anybody's catalogue: what is free is nothing to sleep over.
    assert purchase_chances(np.zeros(1), CONFIG) == pytest.approx([CONFIG.purchase_chance])
    chances = purchase_chances(prices, CONFIG) / CONFIG.purchase_chance
    assert chances == pytest.approx([1.0, 1.0, 0.5, 0.1])
    searches = 40_000
    played = behave(
        Generator(PCG64(5)),
        np.full((searches, 4), 6.0),
        positions=np.ones((searches, 4), np.int64),
        return_chances=np.zeros((searches, 4)),
        prices=np.broadcast_to(prices, (searches, 4)),
        effects=effect_rows([NO_EFFECT], np.zeros(searches, np.int64)),
        config=CONFIG,
    )
    shares = played.bought.sum(axis=0) / played.carted.sum(axis=0)
    assert shares == pytest.approx(CONFIG.purchase_chance * chances, rel=0.1)


def test_same_seed_same_behaviour() -> None:
    utilities = gumbel_noise(Generator(PCG64(1)), (500, 8), 1.0) + 3.0
    one, same, other = _play(utilities), _play(utilities), _play(utilities, seed=6)
    for name in ("clicked", "carted", "units", "returned"):
        assert np.array_equal(getattr(one, name), getattr(same, name))
    assert not np.array_equal(one.clicked, other.clicked)


def test_each_step_needs_the_one_before() -> None:
    played = _play(np.full((5_000, 8), 5.0))
    assert np.all(played.clicked >= played.carted)
    assert np.all(played.carted >= played.bought)
    assert np.all(played.bought >= played.returned)
    assert played.returned.any()


def test_noise_has_mean_zero() -> None:
    noise = gumbel_noise(Generator(PCG64(2)), (200_000,), 2.0)
    assert abs(noise.mean()) < 5 * 2.0 * np.pi / np.sqrt(6 * 200_000)


def test_known_weights_drive_choices() -> None:
    """A logistic fit of clicks at position 1 finds the weights that were put in."""
    rng = Generator(PCG64(11))
    searches = 60_000
    features = rng.random((searches, 1, len(FEATURES)))
    weights = np.array(BRANCH_WEIGHTS["electronics"])
    utilities = utility(features, weights, np.zeros((searches, 1)), np.zeros((searches, 1)))
    clicked = _play(utilities + 2.0).clicked[:, 0].astype(float)
    design = np.column_stack([np.ones(searches), features[:, 0, :]])
    found, errors = _logistic_fit(design, clicked)
    assert np.all(np.abs(found[1:] - CONFIG.click_slope * weights) < 4 * errors[1:])
    assert np.argmax(found[1:]) == np.argmax(weights)


def _logistic_fit(design: FloatArray, clicked: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Maximum likelihood by Newton's method; coefficients and their standard errors."""
    found = np.zeros(design.shape[1])
    for _ in range(25):
        chances = 1 / (1 + np.exp(-design @ found))
        information = design.T @ (design * (chances * (1 - chances))[:, None])
        found = found + np.linalg.solve(information, design.T @ (clicked - chances))
    return found, np.sqrt(np.diag(np.linalg.inv(information)))


@pytest.mark.parametrize(
    "effect", [Effect(ctr=0.15), Effect(ctr=-0.2), Effect(conversion=0.25), Effect(revenue=0.1)]
)
def test_a_known_effect_is_recovered(effect: Effect) -> None:
    utilities = np.full((60_000, 4), 5.0)
    control, treated = _play(utilities, seed=1), _play(utilities, effect, seed=2)
    _within(treated.clicked.mean(), control.clicked.mean(), effect.ctr, control.clicked.size)
    bought = [one.bought.sum() / one.carted.sum() for one in (treated, control)]
    _within(bought[0], bought[1], effect.conversion, int(control.carted.sum()))
    units = [one.units[one.bought].mean() for one in (treated, control)]
    # Units are 1 or 2: their standard deviation is below one half.
    error = 0.5 * np.sqrt(2 / control.bought.sum()) / units[1]
    assert abs(units[0] / units[1] - 1 - effect.revenue) < 4 * error


def _within(treated: float, control: float, effect: float, trials: int) -> None:
    error = np.sqrt(2 * (1 - control) / (control * trials)) * (1 + abs(effect))
    assert abs(treated / control - 1 - effect) < 4 * error


@pytest.mark.parametrize(
    "effect",
    [Effect(revenue=2.0), Effect(revenue=-0.5), Effect(conversion=2.0), Effect(ctr=1.5)],
)
def test_impossible_effects_are_refused(effect: Effect) -> None:
    with pytest.raises(ImpossibleEffect):
        effect_check(effect, CONFIG)


def test_possible_effects_are_let_through() -> None:
    effect_check(Effect(ctr=0.5, conversion=0.3, revenue=0.2), CONFIG)


@given(st.floats(min_value=-10, max_value=10), st.floats(min_value=0, max_value=5))
def test_more_utility_never_means_fewer_clicks(low: float, more: float) -> None:
    chances = click_chances(np.array([low, low + more]), CONFIG)
    assert 0.0 <= chances[0] <= chances[1] <= 1.0
