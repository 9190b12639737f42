"""Reading `filter[…]` parameters."""

import math
import re
from collections.abc import Mapping, Sequence

from apps.catalog.contracts import (
    AVAILABILITIES,
    AttributeFilter,
    FilterSet,
    InvalidFilter,
    NumberRange,
    UnknownFilter,
)

_PARAMETER = re.compile(r"filter\[(.*)\]")
ATTRIBUTE_PREFIX = "attr."
FACET_FIELDS = ("category", "brand", "price", "availability")
_MOST_VALUES = 100
_MOST_ATTRIBUTES = 20


def filters_parse(params: Mapping[str, Sequence[str]]) -> FilterSet:
    """The filters among a request's parameters; other parameters are left alone.

    Args:
        params: every parameter with all its values, as `QueryDict.lists()` gives them.

    Raises:
        UnknownFilter: `filter[x]` for an x that is not a field or `attr.<key>`.
        InvalidFilter: a value that cannot be read (empty, bad range, unknown availability).
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, values in params.items():
        match = _PARAMETER.fullmatch(name)
        if match is None:
            if name.startswith("filter"):
                raise UnknownFilter(name)
            continue
        found[match.group(1)] = _values(name, values)
    attributes = {
        key.removeprefix(ATTRIBUTE_PREFIX): attribute_filter(values)
        for key, values in found.items()
        if key.startswith(ATTRIBUTE_PREFIX) and key != ATTRIBUTE_PREFIX
    }
    for key in found:
        if key not in FACET_FIELDS and key.removeprefix(ATTRIBUTE_PREFIX) not in attributes:
            raise UnknownFilter(f"filter[{key}]")
    if len(attributes) > _MOST_ATTRIBUTES:
        beyond = list(attributes)[_MOST_ATTRIBUTES]
        raise InvalidFilter(
            f"filter[{ATTRIBUTE_PREFIX}{beyond}]",
            f"is one too many: at most {_MOST_ATTRIBUTES} attributes can be filtered by.",
        )
    price = _price(found.get("price", ()))
    return FilterSet(
        categories=tuple(path.strip("/") for path in found.get("category", ())),
        brands=found.get("brand", ()),
        price_min=price.low,
        price_max=price.high,
        availabilities=_availabilities(found.get("availability", ())),
        attributes=attributes,
    )


def _values(name: str, values: Sequence[str]) -> tuple[str, ...]:
    if len(values) > _MOST_VALUES:
        raise InvalidFilter(name, f"takes at most {_MOST_VALUES} values.")
    if any(not value.strip() or "\x00" in value for value in values):
        raise InvalidFilter(name, "has an empty value.")
    return tuple(value.strip() for value in values)


def _price(values: tuple[str, ...]) -> NumberRange:
    if not values:
        return NumberRange()
    if len(values) > 1:
        raise InvalidFilter("filter[price]", "takes one range.")
    found = range_parse(values[0])
    if found is None or (found.low is not None and found.low < 0):
        raise InvalidFilter("filter[price]", "must be low..high, low.. or ..high.")
    return found


def _availabilities(values: tuple[str, ...]) -> tuple[str, ...]:
    read = tuple(value.replace(" ", "_") for value in values)
    for value in read:
        if value not in AVAILABILITIES:
            raise InvalidFilter(
                "filter[availability]", f"must be one of {', '.join(AVAILABILITIES)}."
            )
    return read


def range_parse(text: str) -> NumberRange | None:
    """`10..50`, `10..` or `..50`; None when it is no such range (or runs backwards)."""
    low_text, dots, high_text = text.partition("..")
    if not dots or not (low_text or high_text):
        return None
    low = number_parse(low_text) if low_text else None
    high = number_parse(high_text) if high_text else None
    if (low_text and low is None) or (high_text and high is None):
        return None
    if low is not None and high is not None and low > high:
        return None
    return NumberRange(low, high)


def number_parse(text: str) -> float | None:
    """A finite number; None when it is not one."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def attribute_filter(values: tuple[str, ...]) -> AttributeFilter:
    """A single range or boolean as such; anything else as the values given."""
    if len(values) == 1:
        found = range_parse(values[0])
        if found is not None:
            return found
        if values[0] in {"true", "false"}:
            return values[0] == "true"
    return values
