"""The shopper: utility = weights of the category · features + taste + noise.

A result is examined with a chance that only its position sets; an examined one is clicked with
a chance that only its utility sets; what follows (cart, purchase, return) depends on the click.
Every function takes whole batches of result lists: s searches by k positions.
Source: the position-based model, Craswell et al. 2008, "An experimental comparison of click
position-bias models", section 3.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.random import Generator

from apps.demo.contracts import (
    DEFAULT_BRANCH,
    FEATURES,
    Behaviour,
    Effect,
    FeatureWeights,
    FloatArray,
    IntArray,
    ShopperConfig,
)


class ImpossibleEffect(ValueError):
    """An effect that chances and quantities cannot show, such as a revenue change of 300 %."""


def freshness(ages_days: FloatArray, half_life_days: float) -> FloatArray:
    """1 at release, halved every half-life; products not yet released count as new."""
    fresh: FloatArray = np.exp2(-np.maximum(ages_days, 0.0) / half_life_days)
    return fresh


def bargain(prices: FloatArray, sale_prices: FloatArray) -> FloatArray:
    """Twice the discount, at most 1; no sale price (nan) is 0."""
    discounts = 1.0 - np.where(np.isnan(sale_prices), prices, sale_prices) / prices
    return np.clip(2.0 * discounts, 0.0, 1.0)


def weights_of(branches: Sequence[str], by_branch: Mapping[str, FeatureWeights]) -> FloatArray:
    """Feature weights for each branch named: float64[n, features]."""
    rows = [by_branch.get(branch, by_branch[DEFAULT_BRANCH]) for branch in branches]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES))


def utility(
    features: FloatArray, weights: FloatArray, taste: FloatArray, noise: FloatArray
) -> FloatArray:
    """Utility of each shown result: float64[s, k].

    Args:
        features: float64[s, k, f] in [0, 1], f in the order of FEATURES.
        weights: float64[s, k, f], of each result's category.
        taste: float64[s, k], from `taste_scores`.
        noise: float64[s, k], from `gumbel_noise`.
    """
    total: FloatArray = np.sum(features * weights, axis=-1) + taste + noise
    return total


def gumbel_noise(rng: Generator, shape: tuple[int, ...], scale: float) -> FloatArray:
    """Gumbel noise with mean 0."""
    return scale * (rng.gumbel(size=shape) - np.euler_gamma)


def examination(positions: IntArray, eta: float) -> FloatArray:
    """P(examined) at 1-based positions: position ** -eta."""
    chances: FloatArray = np.asarray(positions, dtype=np.float64) ** -eta
    return chances


def click_chances(utilities: FloatArray, config: ShopperConfig) -> FloatArray:
    """P(click | examined)."""
    return _logistic(config.click_bias + config.click_slope * utilities)


def cart_chances(utilities: FloatArray, config: ShopperConfig) -> FloatArray:
    """P(cart | click); a clicked result is better than most, hence a bias of its own."""
    return _logistic(config.cart_bias + config.cart_slope * utilities)


def purchase_chances(prices: FloatArray, config: ShopperConfig) -> FloatArray:
    """P(purchase | cart): whoever is about to spend much sleeps over it."""
    dear = np.maximum(prices, config.slept_over)
    chances: FloatArray = config.purchase_chance * config.slept_over / dear
    return chances


def effect_rows(effects: Sequence[Effect], arms: IntArray) -> FloatArray:
    """The effect of each search's arm: float64[s, 3] in the order ctr, conversion, revenue."""
    table = np.array([[one.ctr, one.conversion, one.revenue] for one in effects], np.float64)
    return table[arms]


def effect_check(effect: Effect, config: ShopperConfig) -> None:
    """Refuse an effect that this shopper cannot show exactly.

    Raises:
        ImpossibleEffect: a chance would leave [0, 1].
    """
    second = config.second_unit_chance
    extra = second + effect.revenue * (1.0 + second)
    if not 0.0 <= extra <= 1.0:
        raise ImpossibleEffect(
            f"a revenue effect of {effect.revenue:+.0%} needs P(two units) = {extra:.2f}"
        )
    if not 0.0 <= config.purchase_chance * (1.0 + effect.conversion) <= 1.0:
        raise ImpossibleEffect(f"a conversion effect of {effect.conversion:+.0%}")
    if not -1.0 <= effect.ctr <= 1.0:
        raise ImpossibleEffect(f"a CTR effect of {effect.ctr:+.0%}")


def behave(
    rng: Generator,
    utilities: FloatArray,
    *,
    positions: IntArray,
    return_chances: FloatArray,
    prices: FloatArray,
    effects: FloatArray,
    config: ShopperConfig,
) -> Behaviour:
    """Play a batch of result lists.

    Args:
        rng: draws come from here, in a fixed order.
        utilities: float64[s, k].
        positions: int64[s, k], 1-based.
        return_chances: float64[s, k], P(refund | purchase).
        prices: float64[s, k], of one piece.
        effects: float64[s, 3] from `effect_rows`.
        config: the shopper's parameters.
    """
    ctr, conversion, revenue = (effects[:, [place]] for place in range(3))
    examined = examination(positions, config.examination_eta)
    attraction = np.minimum(click_chances(utilities, config) * (1.0 + ctr), 1.0)
    draws = rng.random((4, *utilities.shape))
    clicked = draws[0] < examined * attraction
    carted = clicked & (draws[1] < cart_chances(utilities, config))
    bought = carted & (draws[2] < purchase_chances(prices, config) * (1.0 + conversion))
    second = config.second_unit_chance + revenue * (1.0 + config.second_unit_chance)
    units = np.where(bought, 1 + (rng.random(utilities.shape) < second), 0)
    returned = bought & (draws[3] < return_chances)
    return Behaviour(clicked, carted, units, returned)


def _logistic(values: FloatArray) -> FloatArray:
    chances: FloatArray = 0.5 * (1.0 + np.tanh(0.5 * values))
    return chances
