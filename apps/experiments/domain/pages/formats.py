"""Numbers and times as people read them. A no-break space stands before a unit."""

import math
from datetime import UTC, date, datetime

NO_VALUE = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_SPACE = "\u00a0"
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}
_SMALLEST_P = 0.001
_SURE = 0.999
_WHOLE = 1e-6
_MINUTE = 60
_HOUR = 3600
_DAY = 86400


def _decimals(size: float, *, most: int) -> int:
    """How many decimals leave about three significant digits of a number of this size."""
    if size == 0 or size >= 100:  # noqa: PLR2004 - three digits stand before the point
        return 0
    return max(0, min(most, 2 - math.floor(math.log10(size))))


def _written(value: float, decimals: int) -> str:
    """With thousands separators, and without a minus before what rounds to zero."""
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit not in "0.," for digit in text)
    return f"{_MINUS}{text}" if negative else text


def _unusual(value: float | None) -> str:
    """What is written for no value and for infinity."""
    if value is None or math.isnan(value):
        return NO_VALUE
    return "∞" if value > 0 else f"{_MINUS}∞"


def count(value: float | None) -> str:
    """Units, clicks: `12,345`; sums that are not whole keep one or two decimals."""
    if value is None or not math.isfinite(value):
        return _unusual(value)
    whole = abs(value - round(value)) < _WHOLE
    return _written(value, 0 if whole else min(2, _decimals(abs(value), most=2) or 1))


def number(value: float | None) -> str:
    """A plain number with about three significant digits: `1.23`, `0.00412`, `1,234`."""
    if value is None or not math.isfinite(value):
        return _unusual(value)
    return _written(value, _decimals(abs(value), most=6))


def percent(value: float | None) -> str:
    """A share: `3.42 %`."""
    if value is None or not math.isfinite(value):
        return _unusual(value)
    return f"{_written(100 * value, _decimals(abs(100 * value), most=3))}{_SPACE}%"


def money(value: float | None, currency: str = "") -> str:
    """`€1,299.00`; a currency without a sign stands behind the number."""
    if value is None or not math.isfinite(value):
        return _unusual(value)
    decimals = 2 if abs(value) >= 0.1 or value == 0 else 4  # noqa: PLR2004 - tenths of a cent matter per unit
    text = _written(value, decimals)
    if currency in _SIGNS:
        sign, size = (text[0], text[1:]) if text[0] == _MINUS else ("", text)
        return f"{sign}{_SIGNS[currency]}{size}"
    return f"{text}{_SPACE}{currency}" if currency else text


def seconds(value: float | None) -> str:
    """A duration: `0.42 s`, `12.3 s`, `1 min 20 s`, `2.1 h`, `1.4 days`."""
    if value is None or not math.isfinite(value):
        return _unusual(value)
    size, sign = abs(value), _MINUS if value < 0 else ""
    if size < _MINUTE:
        return f"{_written(value, _decimals(size, most=3))}{_SPACE}s"
    if size < _HOUR:
        whole = round(size)
        rest = f"{_SPACE}{whole % _MINUTE}{_SPACE}s" if whole % _MINUTE else ""
        return f"{sign}{whole // _MINUTE}{_SPACE}min{rest}"
    if size < _DAY:
        return f"{sign}{size / _HOUR:.1f}{_SPACE}h"
    return f"{sign}{size / _DAY:.1f}{_SPACE}days"


def value_written(kind: str, value: float | None, currency: str = "") -> str:
    """A metric's value in its own format: `percent`, `money`, `seconds` or `number`."""
    if kind == "money":
        return money(value, currency)
    return {"percent": percent, "seconds": seconds}.get(kind, number)(value)


def _signed(text: str) -> str:
    """With a plus before what is neither negative nor nothing."""
    if text[0] == _MINUS or text == NO_VALUE or not any(digit in "123456789∞" for digit in text):
        return text
    return f"+{text}"


def change_written(value: float | None, decimals: int | None = None) -> str:
    """A relative effect: `+2.10 %`; with `decimals`, as many as its interval has."""
    if value is None or decimals is None or not math.isfinite(value):
        return _signed(percent(value))
    return _signed(f"{_written(100 * value, decimals)}{_SPACE}%")


def change_decimals(low: float, high: float) -> int:
    """Decimals of a percentage that an interval of this width deserves: two digits of it."""
    width = 100 * (high - low)
    if not math.isfinite(width) or width <= 0:
        return 2
    return max(0, min(4, 1 - math.floor(math.log10(width)) + 1))


def tick_written(value: float) -> str:
    """A relative effect on an axis: `+5 %`."""
    return _signed(f"{_written(100 * value, 0 if value == round(value, 2) else 1)}{_SPACE}%")


def difference_written(kind: str, value: float | None, currency: str = "") -> str:
    """An absolute effect in its metric's format; shares differ by percentage points, `pp`."""
    return _signed(value_written(kind, value, currency)).replace("%", "pp")


def p_written(value: float | None) -> str:
    """A p-value: `0.031`, `< 0.001`."""
    if value is None or math.isnan(value):
        return NO_VALUE
    if value < _SMALLEST_P:
        return f"<{_SPACE}0.001"
    return f">{_SPACE}0.999" if _SURE < value < 1 else f"{value:.3f}"


def chance_written(value: float | None) -> str:
    """A probability: `97.3 %`, `> 99.9 %`: never a certainty that rounding made."""
    if value is None or math.isnan(value):
        return NO_VALUE
    if value > _SURE:
        return f">{_SPACE}99.9{_SPACE}%"
    if value < 1 - _SURE:
        return f"<{_SPACE}0.1{_SPACE}%"
    return f"{100 * value:.1f}{_SPACE}%"


def level_written(alpha: float) -> str:
    """The level of an interval at this alpha: `95 %`."""
    return f"{100 * (1 - alpha):.6g}{_SPACE}%"


def share_written(value: float) -> str:
    """A planned share, all its digits: `33.33 %`, `5 %`."""
    return f"{100 * value:.4g}{_SPACE}%"


def days_written(value: float | None) -> str:
    """`1 day`, `9 days`, `0.4 days`."""
    if value is None or math.isnan(value):
        return NO_VALUE
    if math.isinf(value):
        return "no end in sight"
    rounded = round(value, 1) if value < 10 else round(value)  # noqa: PLR2004 - tenths matter below ten
    return f"{rounded:,g}{_SPACE}{'day' if rounded == 1 else 'days'}"


def moment_written(value: datetime | None) -> str:
    """`2026-11-21 09:45 UTC`."""
    return NO_VALUE if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day_written(value: date | datetime | None) -> str:
    """`2026-11-21`."""
    return NO_VALUE if value is None else f"{value:%Y-%m-%d}"


def day_short(value: date) -> str:
    """`21 Nov`, for axes."""
    return f"{value.day}{_SPACE}{value:%b}"


def interval_written(low: str, high: str) -> str:
    """Two written bounds: `-1.2 % to 4.5 %`."""
    return f"{low} to {high}"


def words(text: str) -> str:
    """An identifier for people: `pre_exposure_bias` → `pre exposure bias`."""
    return text.replace("_", " ")
