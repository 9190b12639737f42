"""Listwise logistic regression with coefficients that are not negative.

Of a list's hits, the one that is wanted is taken with probability softmax(theta · x). Every
click counts by the inverse of its place's propensity, so that the loss is, in expectation, the
one of clicks that no place has biased. A ranking by theta is a ranking by theta / sum(theta): the
constraint of a weight set, non-negative and sum 1, costs nothing but the bound.
Source: Cao et al., "Learning to rank: from pairwise approach to listwise approach", ICML 2007
(top-one probability); Joachims et al., WSDM 2017, section 4 (inverse propensity); Bertsekas,
"Projected Newton methods", SIAM J. Control and Optimization 20 (1982).
"""

from dataclasses import dataclass

import numpy as np

from apps.features.domain.examined.lists import Bool, Float64, Lists

_ROUNDS = 100
_TOLERANCE = 1e-9
_RIDGE = 1e-6
_SHORTEST = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Clicked:
    """Lists in which something was clicked, ready to be fitted.

    Attributes:
        features: float64[s, k, f].
        absent: float64[s, k], -inf where nothing stood, else 0.
        wanted: float64[s, k], gain by inverse propensity; sums to `effective` over all.
        effective: how many clicks they are worth (Kish: (Σ a)² / Σ a²).
        clicks: hits with a gain.
    """

    features: Float64
    absent: Float64
    wanted: Float64
    effective: float
    clicks: int


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What a child begins from.

    Attributes:
        theta: float64[f], the parent's coefficients.
        information: float64[f, f], what one click of the parent tells about them.
        counts_as: the parent speaks as loudly as so many of the child's clicks.
    """

    theta: Float64
    information: Float64
    counts_as: float


def clicked_of(lists: Lists, propensities: Float64) -> Clicked:
    """The clicked lists, their clicks divided by the propensities of their places.

    Self-normalised: the clicks of all lists weigh as much as they are worth, whatever the scale
    of propensities and gains.

    Args:
        lists: shown.
        propensities: float64[k], not smaller than what clicks may be divided by.
    """
    gains = np.where(lists.shown, lists.gains, 0.0)
    rows = np.flatnonzero(gains.sum(axis=1) > 0.0)
    wanted = gains[rows] / propensities
    total, squares = float(wanted.sum()), float((wanted**2).sum())
    effective = total**2 / squares if squares else 0.0
    return Clicked(
        features=lists.features[rows],
        absent=np.where(lists.shown[rows], 0.0, -np.inf),
        wanted=wanted * (effective / total) if total else wanted,
        effective=effective,
        clicks=int((gains > 0.0).sum()),
    )


def information_of(clicked: Clicked, theta: Float64) -> Float64:
    """float64[f, f]: what one click tells about the coefficients, on average."""
    return _moments(clicked, theta)[2] / max(clicked.effective, 1.0)


def coefficients_fit(clicked: Clicked, prior: Prior | None = None) -> Float64:
    """float64[f], none negative: the minimum of a convex loss, by projected Newton steps.

    Args:
        clicked: at least one list.
        prior: pulls towards the parent; None: nothing does.
    """
    size = clicked.features.shape[2]
    theta = np.ones(size) if prior is None else prior.theta.copy()
    value, slope, curve = _loss(clicked, prior, theta)
    for _ in range(_ROUNDS):
        bound = (theta <= 0.0) & (slope > 0.0)
        if np.max(np.abs(np.where(bound, 0.0, slope)), initial=0.0) < _TOLERANCE * (1.0 + value):
            break
        step = _newton_step(slope, curve, bound)
        theta, value, slope, curve, moved = _descended(clicked, prior, theta, value, step)
        if not moved:
            break
    return theta


def _newton_step(slope: Float64, curve: Float64, bound: Bool) -> Float64:
    step = np.zeros_like(slope)
    free = np.flatnonzero(~bound)
    step[free] = -np.linalg.solve(curve[np.ix_(free, free)], slope[free])
    return step


def _descended(
    clicked: Clicked, prior: Prior | None, theta: Float64, value: float, step: Float64
) -> tuple[Float64, float, Float64, Float64, bool]:
    """The step, halved until the loss is lower; whether it is."""
    length = 1.0
    while length > _SHORTEST:
        tried = np.maximum(theta + length * step, 0.0)
        found = _loss(clicked, prior, tried)
        if found[0] < value:
            return tried, *found, True
        length /= 2.0
    return theta, *_loss(clicked, prior, theta), False


def _loss(clicked: Clicked, prior: Prior | None, theta: Float64) -> tuple[float, Float64, Float64]:
    """Loss, gradient and Hessian."""
    value, slope, curve = _moments(clicked, theta)
    # So little that it moves nothing, and no feature is left without an answer.
    ridge = _RIDGE * (1.0 + clicked.effective)
    value, slope = value + 0.5 * ridge * float(theta @ theta), slope + ridge * theta
    curve = curve + ridge * np.eye(len(theta))
    if prior is None:
        return value, slope, curve
    pull = prior.counts_as * prior.information
    away = theta - prior.theta
    return value + 0.5 * float(away @ pull @ away), slope + pull @ away, curve + pull


def _moments(clicked: Clicked, theta: Float64) -> tuple[float, Float64, Float64]:
    """Loss of the clicks alone, with its derivatives."""
    scores = clicked.features @ theta + clicked.absent
    top = scores.max(axis=1, keepdims=True)
    chances = np.exp(scores - top)
    norm = chances.sum(axis=1, keepdims=True)
    chances /= norm
    weights = clicked.wanted.sum(axis=1)
    present = np.where(np.isfinite(clicked.absent), scores, 0.0)
    value = float(weights @ (top + np.log(norm))[:, 0] - np.sum(clicked.wanted * present))
    mean = np.einsum("sk,skf->sf", chances, clicked.features)
    slope = weights @ mean - np.einsum("sk,skf->f", clicked.wanted, clicked.features)
    second = np.einsum("sk,skf,skg->fg", chances * weights[:, None], clicked.features,
                       clicked.features, optimize=True)  # fmt: skip
    return value, slope, second - np.einsum("s,sf,sg->fg", weights, mean, mean, optimize=True)
