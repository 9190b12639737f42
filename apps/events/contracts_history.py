"""What one shopper did with products, day by day."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NEVER = float("-inf")


@dataclass(frozen=True, slots=True, eq=False)
class DayLines:
    """A line is a product on a day (UTC); what was done with it that day counts once.

    Two that overlap are joined by taking, of each product and day, the strongest and the newest:
    nothing is counted twice, whatever both of them have seen.

    Attributes:
        product_ids: external ids.
        days: int32[m], days since 1970-01-01.
        weights: float32[m], of the strongest interaction of the day (`INTERACTION_WEIGHTS`).
        at: float64[m], unix seconds of the newest.
        bought_at: float64[m], unix seconds of the newest purchase; -inf: none.
    """

    product_ids: tuple[str, ...]
    days: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    at: npt.NDArray[np.float64]
    bought_at: npt.NDArray[np.float64]

    def __len__(self) -> int:
        """How many lines."""
        return len(self.product_ids)

    @classmethod
    def empty(cls) -> "DayLines":
        """Nothing was done."""
        nothing = np.zeros(0, dtype=np.float64)
        return cls((), np.zeros(0, np.int32), np.zeros(0, np.float32), nothing, nothing)


@dataclass(frozen=True, slots=True)
class DayLine:
    """One line of `DayLines`."""

    product_id: str
    day: int
    weight: float
    at: float
    bought_at: float = NEVER


def day_lines(lines: list[DayLine]) -> DayLines:
    """The same as columns, in the same order."""
    return DayLines(
        tuple([line.product_id for line in lines]),
        np.array([line.day for line in lines], dtype=np.int32),
        np.array([line.weight for line in lines], dtype=np.float32),
        np.array([line.at for line in lines], dtype=np.float64),
        np.array([line.bought_at for line in lines], dtype=np.float64),
    )
