"""JSON values as JavaScript converts and compares them.

Source: ECMA-262, ToString, ToNumber, ToBoolean, IsStrictlyEqual, IsLessThan.
"""

import math
from decimal import Decimal

from apps.experiments.contracts.assignment import Json

_LARGEST_PLAIN = 1e21
_SMALLEST_PLAIN = 1e-6
_PREFIXES = {"0x": 16, "0o": 8, "0b": 2}


def number_text(value: float) -> str:
    """A number as JavaScript writes it: 1.0 is "1", 1e21 is "1e+21"."""
    number = _double(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    if _SMALLEST_PLAIN <= abs(number) < _LARGEST_PLAIN:
        plain = format(Decimal(repr(number)), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, _, exponent = repr(number).partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def text_of(value: Json) -> str:
    """ToString: null is "null", a list is its items joined by commas."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list):
        return ",".join("" if item is None else text_of(item) for item in value)
    return "[object Object]"


def number_of(value: Json) -> float:
    """ToNumber: null and "" are 0, what cannot be read is NaN."""
    if value is None:
        return 0.0
    if isinstance(value, bool | int | float):
        return _double(value)
    text = text_of(value).strip()
    if not text:
        return 0.0
    base = _PREFIXES.get(text[:2].lower())
    try:
        if base:
            return float(int(text[2:], base))
        if "_" in text or text.lstrip("+-").lower() in {"inf", "infinity", "nan"}:
            return float(text) if text.lstrip("+-") == "Infinity" else math.nan
        return float(text)
    except ValueError:
        return math.nan


def _double(value: float) -> float:
    """The nearest double; whole numbers too large for one are infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def truth_of(value: Json) -> bool:
    """ToBoolean: empty lists and objects are true, NaN is false."""
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    if isinstance(value, list | dict):
        return True
    return bool(value)


def type_of(value: Json) -> str:
    """The specification's name of a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def same(left: Json, right: Json) -> bool:
    """`===` between two values read from JSON: lists and objects are never the same one."""
    if isinstance(left, list | dict) or isinstance(left, bool) != isinstance(right, bool):
        return False
    return left == right


def same_written(left: Json, right: Json) -> bool:
    """Whether JSON.stringify writes both alike: types, order of keys, 1.0 as 1."""
    if isinstance(left, list):
        return (
            isinstance(right, list)
            and len(left) == len(right)
            and all(same_written(a, b) for a, b in zip(left, right, strict=True))
        )
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and list(left) == list(right)
            and all(same_written(value, right[key]) for key, value in left.items())
        )
    return same(left, right)


def order_of(left: Json, right: Json) -> int | None:
    """-1, 0 or 1 as `<`, neither or `>`; None when the two cannot be ordered (NaN).

    Two strings are ordered by code unit, anything else as numbers.
    """
    a = text_of(left) if isinstance(left, list | dict) else left
    b = text_of(right) if isinstance(right, list | dict) else right
    if isinstance(a, str) and isinstance(b, str):
        if not (a.isascii() and b.isascii()):
            a_units, b_units = _units(a), _units(b)
            return (a_units > b_units) - (a_units < b_units)
        return (a > b) - (a < b)
    x, y = number_of(a), number_of(b)
    return None if math.isnan(x) or math.isnan(y) else (x > y) - (x < y)


def _units(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")
