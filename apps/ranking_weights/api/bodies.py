"""What callers send; every fault names its field."""

from typing import TypeVar

import msgspec

from apps.common.errors import InvalidInput
from apps.events.domain.items import fault_of
from apps.ranking_weights.contracts import WeightsInvalid, weights_validate

BodyT = TypeVar("BodyT")


class WeightsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other weights for a subject.

    Attributes:
        weights: feature to weight, non-negative, sum 1.
        reason: why; wanted where they are published.
        publish: as far as the caller's rights and the review setting let it; false: a draft.
        based_on: number of the version that the caller has seen live; 0: none was.
        acknowledge_warnings: publish in spite of what the checks say.
    """

    weights: dict[str, float]
    reason: str = ""
    publish: bool = True
    based_on: int | None = None
    acknowledge_warnings: bool = False


class RollbackBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A former version again, and why."""

    version: int
    reason: str


def body_read(sent: object, kind: type[BodyT]) -> BodyT:
    """The body as a value of its type.

    Raises:
        InvalidInput: naming the field.
    """
    try:
        return msgspec.convert(sent, kind)
    except msgspec.ValidationError as error:
        fault = fault_of(error)
        field = "body" if fault.field == "item" else fault.field
        raise InvalidInput(fault.message, field=field, code=fault.code) from error


def weights_read(weights: dict[str, float]) -> dict[str, float]:
    """The body's weights as a set.

    Raises:
        InvalidInput: naming the feature, or `weights` for their sum.
    """
    try:
        return weights_validate(weights)
    except WeightsInvalid as error:
        field = error.field if error.field == "weights" else f"weights.{error.field}"
        raise InvalidInput(str(error), field=field, code=error.code) from error
