"""How the statistics say that a number does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from apps.experiments.contracts.statistics import CannotCompute, Reason

P = ParamSpec("P")
T = TypeVar("T")


class NotComputable(ValueError):
    """Raised inside the statistics; their public functions answer `CannotCompute` instead."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def typed_state(function: Callable[P, T]) -> Callable[P, T | CannotCompute]:
    """Turn `NotComputable` into the typed state `CannotCompute`."""

    @wraps(function)
    def answer(*args: P.args, **kwargs: P.kwargs) -> T | CannotCompute:
        try:
            return function(*args, **kwargs)
        except NotComputable as refusal:
            return CannotCompute(refusal.reason, refusal.message)

    return answer


def require_level(alpha: float, name: str = "alpha") -> None:
    """Check that a probability lies strictly between 0 and 1.

    Raises:
        NotComputable: It does not.
    """
    if not 0 < alpha < 1:
        raise NotComputable(Reason.INVALID_INPUT, f"{name} must lie between 0 and 1")
