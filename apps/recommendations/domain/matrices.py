"""From interactions to numbers: what a cell is worth, what sells now, and whether it is enough."""

from dataclasses import dataclass

import numpy as np

from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.recommendations.contracts import Float32
from apps.recommendations.contracts_models import Confidences, TrainingSet, Unfit

DAY_S = 86_400.0
_PURCHASE = INTERACTION_WEIGHTS[EventType.PURCHASE]


@dataclass(frozen=True, slots=True)
class Least:
    """What a model needs.

    Attributes:
        users, products, cells: at least so many.
    """

    users: int = 20
    products: int = 10
    cells: int = 200


def unfit_reason(training: TrainingSet, least: Least) -> Unfit | None:
    """Why no model can be made of these interactions; None when one can."""
    if not len(training):
        return Unfit.EMPTY
    if training.users < least.users:
        return Unfit.FEW_USERS
    if training.products < least.products:
        return Unfit.FEW_PRODUCTS
    return Unfit.FEW_INTERACTIONS if len(training) < least.cells else None


def cell_values(weights: Float32, ages: Float32, half_life_days: float) -> Float32:
    """float32[cells], above 0: log(1 + weight / 3), halved every half-life.

    One day with a purchase is log 2; ten are not ten times as telling.

    Args:
        weights: undecayed, above 0.
        ages: days since the newest interaction.
        half_life_days: after so many days a cell is worth half.
    """
    decay = np.exp2(-ages / np.float32(half_life_days))
    values: Float32 = (np.log1p(weights / np.float32(_PURCHASE)) * decay).astype(np.float32)
    # A cell is never nothing, however old.
    return np.maximum(values, np.float32(1e-6))


def ages_of(training: TrainingSet) -> Float32:
    """float32[cells]: days from each cell's newest interaction to `as_of`."""
    ages: Float32 = (np.maximum(training.as_of - training.at, 0.0) / DAY_S).astype(np.float32)
    return ages


def confidences_of(training: TrainingSet, half_life_days: float) -> Confidences:
    """The training set as a trainer wants it."""
    return Confidences(
        users=training.users,
        products=training.products,
        indptr=training.indptr,
        codes=training.codes,
        values=cell_values(training.weights, ages_of(training), half_life_days),
    )


def recent_popularity(training: TrainingSet, half_life_days: float) -> Float32:
    """float32[products] in [0, 1]: shoppers of each product, halved every half-life of age."""
    counts = np.bincount(
        training.codes,
        weights=np.exp2(-ages_of(training) / half_life_days),
        minlength=training.products,
    )
    most = counts.max(initial=0.0)
    return (counts / most if most > 0 else counts).astype(np.float32)


def momentum(training: TrainingSet, window_days: float) -> Float32:
    """float32[products], about 1 for the usual product: is it still wanted?

    (recent + 1) / (ever + 3), over its mean, with the shoppers who chose a product within the
    window and ever: what has gone from the shelves, or out of season, is near 0, however often
    it was bought.
    """
    ever = np.bincount(training.codes, minlength=training.products)
    recent = np.bincount(
        training.codes[ages_of(training) <= window_days], minlength=training.products
    )
    share = (recent + 1.0) / (ever + 3.0)
    return (share / share.mean() if len(share) else share).astype(np.float32)
