"""From text to words, the same for products and for queries.

A run of characters without blanks may be one word or several: `USB-C` is usb, c and, joined,
usbc; `15.6"` is 15.6, inch and 15.6inch; `500GB` is 500, gb and 500gb. Whichever way a product
and a query write it, they meet.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

# From a word, folded and in lower case, to its stem.
Stem = Callable[[str], str]

MOST_CHARACTERS = 40
_UNITS = (
    "gb tb mb kb gbit mbit mbps gbps mm cm m km in inch inches ft w kw wh kwh v mv kv mah ah ma a "
    "hz khz mhz ghz mp mpix mpx kg g mg lb lbs oz l ml cl dpi ppi fps db rpm cd lm bit btu va kva"
)
UNITS = frozenset(_UNITS.split())
# Letters that have no decomposition: what PostgreSQL's unaccent makes of them.
_PLAIN = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l",
    "\u0131": "i", "\u0451": "\u0435",
})  # fmt: skip
_PAST_GREEK = "\u0400"
_TOKEN = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)*)(?P<rest>[^\W\d_][^\W_]*)?(?P<inch>[\"\u201d\u2033]|''|\u2032\u2032|\u2019\u2019)?"
    r"|(?P<word>[^\W_]+)"
)
_WEAK = frozenset(("", "-", "_", ".", "&", "'", "\u2019", "\u2010", "\u2011", "\u2013", "+"))
_APOSTROPHES = frozenset(("'", "\u2019"))
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")
_TIMES = re.compile(r"x(\d+)([^\W\d_]*)")


@dataclass(frozen=True, slots=True)
class Compound:
    """Words that were written as one.

    Attributes:
        words: in order, at least one.
        joined: all of them without what stood between; empty for a single word.
    """

    words: tuple[str, ...]
    joined: str = ""


def fold(text: str) -> str:
    """Compatibility forms made plain, lower case, no accents.

    Marks go from Latin and Greek letters only, as with PostgreSQL's unaccent: elsewhere they
    make another letter (`й` is no `и`).
    """
    if text.isascii():
        return text.lower()
    lowered = unicodedata.normalize("NFKC", text).lower().translate(_PLAIN)
    bare: list[str] = []
    for each in unicodedata.normalize("NFKD", lowered):
        if not unicodedata.combining(each) or (bare and bare[-1] >= _PAST_GREEK):
            bare.append(each)
    return unicodedata.normalize("NFC", "".join(bare))


def run_compounds(run: str) -> tuple[Compound, ...]:
    """What a run without blanks is made of: `USB-C/HDMI` is usb-c and hdmi.

    Args:
        run: as written.
    """
    if run.isascii() and run.isalpha():
        return (Compound((run.lower()[:MOST_CHARACTERS],)),)
    return _parsed(fold(run))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in order, without joined forms."""
    return tuple(
        word for run in text.split() for each in run_compounds(run) for word in each.words
    )


def _parsed(run: str) -> tuple[Compound, ...]:
    """`run`, folded, split where a strong separator stands."""
    groups: list[list[str]] = []
    end = -1
    for match in _TOKEN.finditer(run):
        gap = run[end : match.start()] if end >= 0 else None
        end = match.end()
        pieces = _pieces(match)
        if gap in _APOSTROPHES and pieces == ["s"] and end == len(run):
            continue  # men's
        if gap is None or gap not in _WEAK:
            groups.append([])
        groups[-1] += pieces
    return tuple(_compound(group) for group in groups)


def _compound(words: list[str]) -> Compound:
    joined = "".join(words) if len(words) > 1 else ""
    return Compound(tuple(words), joined if len(joined) <= MOST_CHARACTERS else "")


def _pieces(match: re.Match[str]) -> list[str]:
    """The words of one token: a number apart from its unit, the inch sign as a word."""
    word = match["word"]
    if word is not None:
        return [word[:MOST_CHARACTERS]]
    numbers, rest = _numbers(match["number"]), match["rest"] or ""
    inch = ["inch"] if match["inch"] else []
    if not rest:
        return [*numbers, *inch]
    times = _TIMES.fullmatch(rest)
    if times is not None:
        return [*numbers, "x", times[1], *([times[2]] if times[2] else []), *inch]
    if rest in UNITS or "." in numbers[-1]:
        return [*numbers, rest[:MOST_CHARACTERS], *inch]
    return [*numbers[:-1], (numbers[-1] + rest)[:MOST_CHARACTERS], *inch]


def _numbers(text: str) -> list[str]:
    """One number as the world writes it, or several between commas."""
    if "," not in text:
        return [text[:MOST_CHARACTERS]]
    if _THOUSANDS.fullmatch(text):
        return [text.replace(",", "")]
    if _DECIMAL_COMMA.fullmatch(text):
        return [text.replace(",", ".")]
    return [each[:MOST_CHARACTERS] for each in text.split(",")]


@dataclass(frozen=True, slots=True)
class Analysis:
    """How words become stems in one language.

    Attributes:
        language: as PostgreSQL calls its configuration: `english`.
        stem: of one folded word.
        stop_words: words that no text search holds.
    """

    language: str
    stem: Stem
    stop_words: frozenset[str]

    def stem_of(self, word: str) -> str:
        """The stem; a word with anything but letters is its own."""
        return self.stem(word) if word.isalpha() else word
