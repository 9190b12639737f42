"""Stock pressure: how near a product is to being sold out, at the pace of the last week."""

import numpy as np

from apps.catalog.contracts import AVAILABILITIES, BoolArray
from apps.features.contracts import Float32, Float64

RECENT_DAYS = 7
USUAL_DAYS = 28
_IN_STOCK = AVAILABILITIES.index("in_stock")
_OUT_OF_STOCK = AVAILABILITIES.index("out_of_stock")


def stock_pressures(
    availability: np.typing.NDArray[np.uint8], stock: Float64, recent: Float64, usual: Float64
) -> Float32:
    """A week's demand over a week's demand and what is there to meet it.

    Half when the stock is what the last week took; 1 for what is sold out. Where the stock is
    unknown, or what is ordered is not in stock, a shop is taken to have what it usually sells in
    four weeks, and one piece at least: then a steady demand is 0.2, and a sudden one more.

    Args:
        availability: uint8[n], index into AVAILABILITIES.
        stock: float64[n], pieces; nan for unknown.
        recent: float64[n], pieces bought in the last RECENT_DAYS.
        usual: float64[n], pieces bought in the USUAL_DAYS before those.

    Returns:
        float32[n] in [0, 1].
    """
    known: BoolArray = np.isfinite(stock) & (availability == _IN_STOCK)
    cover = np.where(known, np.maximum(stock, 0.0), np.maximum(usual, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        pressure = recent / (recent + cover)
    gone = (availability == _OUT_OF_STOCK) | (cover <= 0.0)
    return np.where(gone, 1.0, pressure).astype(np.float32)
