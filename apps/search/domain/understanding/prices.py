"""A price in a query: "under 50", "50-100 eur", "between $20 and $40".

A number alone is no price, and neither is one with another unit ("under 50 cm"), a year, a size
or an age. Words that also mean something else (`max`, `over`, `from`) need a currency, or the
word `price`, to make one.
"""

import re
from dataclasses import dataclass

from apps.search.domain.lexical.analysis import UNITS

_CURRENCY = (
    r"(?:€|\$|£|¥|us\$|eur|euros?|usd|dollars?|bucks?|gbp|pounds?|quid|chf|francs?|yen|zł|pln|kr)"
)
_AMOUNT = r"\d{1,3}(?:[.,]\d{3})+(?!\d)|\d{1,9}(?:[.,]\d{1,2})?(?!\d)"
# A number that is neither glued to letters nor followed by more of itself.
_END = r"(?![\w%°\"”″/-]|[.,]\d)"


def _money(name: str) -> str:
    before = rf"(?P<{name}_before>{_CURRENCY}\s?)?"
    return rf"{before}(?P<{name}>{_AMOUNT})(?P<{name}_after>\s?{_CURRENCY}(?!\w))?"


_LEAD = r"(?P<lead>(?:price[ds]?|price range|costing|cost|budget)\s(?:is\s|of\s|:\s)?)?(?:for\s)?"
_BELOW = r"(?:less than|cheaper than|not more than|no more than|under|below|<=?|≤)"
_AT_MOST = r"(?:at most|up to|max(?:imum)?\.?|not over)"
_AT_LEAST = r"(?:more than|at least|starting at|over|above|from|min(?:imum)?\.?|>=?|≥)"
_RANGE = re.compile(
    rf"(?<![\w.,-]){_LEAD}(?P<words>(?:from|between)\s)?{_money('low')}"
    rf"\s?(?P<dash>-|\u2013|\u2014|\.\.|to|and|until)\s?{_money('high')}{_END}"
)
_BOUND = re.compile(
    rf"(?<![\w.,-]){_LEAD}(?:(?P<below>{_BELOW})|(?P<most>{_AT_MOST})|(?P<least>{_AT_LEAST}))"
    rf"\s?{_money('bound')}{_END}"
)
_WORDS_BETWEEN = {
    "from": frozenset({"to", "until", "-", "\u2013"}),
    "between": frozenset({"and", "-"}),
}
_COUNTED = """foot feet metre metres meter meters years year yrs yr months month weeks days day
    hours hour minutes min seconds people persons person players player pack packs pcs pieces
    piece ports port bits core cores lumen lumens degrees pages sheets seats doors stars watt
    watts volt volts litre litres liter liters grams gram pound percent megapixels pixels fps
    k p x th nd rd st rpm kilos kilo ounces ounce gallons"""
_NO_PRICE_AFTER = UNITS | frozenset(_COUNTED.split())
_NUMBERED = """size sizes age ages aged year years version level volume vol page pages chapter part
    number no model series season episode iphone galaxy playstation windows"""
_NO_PRICE_BEFORE = frozenset(_NUMBERED.split())
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_WORD = re.compile(r"\s*([^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class PricePhrase:
    """What a query says about the price.

    Attributes:
        low, high: both included; None is open.
        text: the words that say so.
        rest: the query without them.
    """

    low: float | None
    high: float | None
    text: str
    rest: str

    @property
    def value(self) -> str:
        """What `filter[price]=` takes."""
        return f"{_written(self.low)}..{_written(self.high)}"

    @property
    def label(self) -> str:
        """For people."""
        if self.low is None:
            return f"Price up to {_written(self.high)}"
        if self.high is None:
            return f"Price from {_written(self.low)}"
        return f"Price {_written(self.low)} to {_written(self.high)}"


def price_read(normalised: str) -> PricePhrase | None:
    """The first price of a query, if it names one.

    Args:
        normalised: the query's normal form.
    """
    if not any(letter.isdigit() for letter in normalised):
        return None
    for match in _RANGE.finditer(normalised):
        found = _range(match)
        if found is not None:
            return found
    for match in _BOUND.finditer(normalised):
        found = _bound(match)
        if found is not None:
            return found
    return None


def _range(match: re.Match[str]) -> PricePhrase | None:
    low, high = amount(match["low"]), amount(match["high"])
    if not _marked(match, "low", "high"):
        words = (match["words"] or "").strip()
        if match["dash"] not in _WORDS_BETWEEN.get(words, ()) or _years(low, high):
            return None
        if not _plain(match):
            return None
    if high <= 0.0:
        return None
    return _phrase(match, min(low, high), max(low, high))


def _bound(match: re.Match[str]) -> PricePhrase | None:
    if not _marked(match, "bound") and (not match["below"] or not _plain(match)):
        return None
    bound = amount(match["bound"])
    if bound <= 0.0:
        return None
    return _phrase(match, bound, None) if match["least"] else _phrase(match, None, bound)


def _marked(match: re.Match[str], *names: str) -> bool:
    """Whether a currency stands at any of the amounts, or the price is called one."""
    beside = (match[f"{name}_{side}"] for name in names for side in ("before", "after"))
    return bool(match["lead"]) or any(beside)


def _plain(match: re.Match[str]) -> bool:
    """Whether nothing around says that the numbers count something else."""
    after = _WORD.match(match.string, match.end())
    before = match.string[: match.start()].split()[-1:]
    return (after is None or after[1] not in _NO_PRICE_AFTER) and not (
        set(before) & _NO_PRICE_BEFORE
    )


def _years(low: float, high: float) -> bool:
    return all(_FIRST_YEAR <= each <= _LAST_YEAR and each.is_integer() for each in (low, high))


def _phrase(match: re.Match[str], low: float | None, high: float | None) -> PricePhrase:
    rest = f"{match.string[: match.start()]} {match.string[match.end() :]}"
    return PricePhrase(low, high, match[0].strip(), " ".join(rest.split()))


def amount(text: str) -> float:
    """A number as shops write it: `1,000` and `1.000` are a thousand, `9,50` and `9.50` are not.

    Args:
        text: digits with dots or commas, as the patterns above let through.
    """
    whole, mark, last = text.replace(",", ".").rpartition(".")
    if mark and len(last) != _THOUSANDS:
        return float(f"{whole.replace('.', '')}.{last}")
    return float((whole + last).replace(".", ""))


_THOUSANDS = 3


def _written(number: float | None) -> str:
    if number is None:
        return ""
    return str(int(number)) if number.is_integer() else f"{number:.2f}"
