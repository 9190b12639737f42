"""What a shopper is after, by documented signals.

Informational: a question, or a wish to compare (`how`, `what`, `best`, `vs`, `review` …).
Navigational: one thing by its name: a part number or a model, or nothing but a brand.
Transactional: something of a kind, to buy: a price, `buy`, `cheap`, a size, a category, or
nothing of the others. Where several apply, the first of these wins, except that a price or a
word of buying makes a query with a model transactional.

Source: A. Broder, "A taxonomy of web search", SIGIR Forum 36 (2002), for the classes; the
signals are our own.
"""

import re
from dataclasses import dataclass

from apps.search.contracts_understanding import QueryClass
from apps.search.domain.lexical.analysis import UNITS

_ASKING = """how what why which who when where can does is are should do"""
_COMPARING = """best top vs versus review reviews rating ratings compare compared comparison
    difference differences guide tutorial recommended alternative alternatives manual ideas tips"""
_BUYING = """buy buying order cheap cheapest cheaper affordable budget price prices priced cost
    deal deals sale discount discounted offer offers clearance bargain shop coupon outlet"""
ASKING = frozenset(_ASKING.split())
COMPARING = frozenset(_COMPARING.split())
BUYING = frozenset(_BUYING.split())
_MODEL = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9][a-z0-9._/-]{2,}")
_LONG_NUMBER = re.compile(r"\d{6,14}")
_SIZE = re.compile(r"(\d+(?:[.,]\d+)?)([a-z]+|\"|”|″)")
_RESOLUTIONS = re.compile(r"\d+(?:p|k|x\d+|st|nd|rd|th|s|in\d)")


@dataclass(frozen=True, slots=True)
class Named:
    """What was found in a query besides its words.

    Attributes:
        price: whether it names one.
        brand: the brand's words, empty for none.
        brand_alone: whether there is nothing else.
        category: the category's words, empty for none.
    """

    price: bool = False
    brand: str = ""
    brand_alone: bool = False
    category: str = ""


def query_class(words: tuple[str, ...], named: Named) -> tuple[QueryClass | None, tuple[str, ...]]:
    """The class and the signals that speak for it; None for a query without words or price.

    Args:
        words: normalised, as typed.
        named: what was found in them.
    """
    if not words and not named.price:
        return None, ()
    asked = _asked(words)
    if asked:
        return QueryClass.INFORMATIONAL, asked
    bought = _bought(words, named)
    model = tuple(f"model '{word}'" for word in words if is_model(word))
    if model and not bought:
        return QueryClass.NAVIGATIONAL, model
    if named.brand_alone:
        return QueryClass.NAVIGATIONAL, (f"brand '{named.brand}' alone",)
    if named.category:
        bought = (*bought, f"category '{named.category}'")
    return QueryClass.TRANSACTIONAL, bought or ("no other signal",)


def is_model(word: str) -> bool:
    """Whether a word looks like a part number or a model: letters and digits, no size.

    Args:
        word: normalised.
    """
    if _LONG_NUMBER.fullmatch(word):
        return True
    return bool(_MODEL.fullmatch(word)) and not is_size(word) and not _RESOLUTIONS.fullmatch(word)


def is_size(word: str) -> bool:
    """Whether a word is a number with its unit: `256gb`, `15.6"`."""
    match = _SIZE.fullmatch(word)
    return match is not None and (match[2] in UNITS or not match[2].isalpha())


def _asked(words: tuple[str, ...]) -> tuple[str, ...]:
    found = [f"asks '{words[0]}'"] if words and words[0] in ASKING and len(words) > 1 else []
    found += [f"compares '{word}'" for word in words if word.rstrip(".?") in COMPARING]
    return tuple(found)


def _bought(words: tuple[str, ...], named: Named) -> tuple[str, ...]:
    found = ["a price"] if named.price else []
    found += [f"buys '{word}'" for word in words if word in BUYING]
    found += [f"size '{word}'" for word in words if is_size(word)]
    return tuple(found)
