"""Brands, categories, colours and sizes that a query names, by the catalogue's own names.

Only what stands before `for`, `with` … is taken for what the shopper wants: a case for an
iPhone is no Apple. Of that the last words say what it is: a laptop bag is no laptop.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apps.search.contracts_understanding import Extraction, ExtractionUse
from apps.search.domain.lexical.analysis import words_of
from apps.search.domain.understanding.dictionaries import (
    UNIT_NAMES,
    Dictionaries,
    Key,
    ValueName,
    stems_of,
)

CERTAIN = 0.8
"""Share of a brand among the products that hold its words, from which it is a filter."""
POSSIBLE = 0.1
"""Below this share the words mean something else."""
_TURNS = """for with without in on under over compatible fits like to from by and or
    against of"""
TURNS = frozenset(_TURNS.split())
SAID = frozenset(
    ("best", "cheap", "cheapest", "cheaper", "affordable", "buy", "buying", "vs", "versus")
)
_TITLES = {("of",), ("buy",)}
_OF_A_BRAND = frozenset({"by", "from", "brand"})


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the catalogue knows of names.

    Attributes:
        names: by their words.
        share: (brands, words) → the brands' share among the products that hold the words, in
            [0, 1]; None: not known.
        meant: what else some words mean: synonyms and abbreviations.
        stem: of one word.
        is_leaf: whether a category has no others below.
        path: of a category.
        title: of a category.
    """

    names: Dictionaries
    share: Callable[[tuple[str, ...], Key], float | None]
    meant: Callable[[Key], Iterable[str]]
    stem: Callable[[str], str]
    is_leaf: Callable[[int], bool]
    path: Callable[[int], str]
    title: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a query names.

    Attributes:
        extracted: in the order: attributes, brands, category.
        words: what is left to be searched: a named attribute is not in any text.
        brand: words of the brands, empty for none.
        brand_alone: whether there is nothing else.
        category: words of the category, empty for none.
    """

    extracted: tuple[Extraction, ...]
    words: tuple[str, ...]
    brand: str = ""
    brand_alone: bool = False
    category: str = ""


def names_read(words: tuple[str, ...], knowledge: Knowledge) -> Reading:
    """What a query names.

    Args:
        words: of the query, without those of a price.
        knowledge: of the catalogue.
    """
    reader = _Reader(words, knowledge)
    reader.intent()
    reader.sizes()
    reader.named_values()
    reader.brands()
    reader.values()
    category = reader.category()
    return reader.reading(category)


class _Reader:
    """One query, word by word; what is taken is looked at no more."""

    def __init__(self, words: tuple[str, ...], knowledge: Knowledge) -> None:
        self.words, self.knowledge, self.names = words, knowledge, knowledge.names
        pairs = [(text, at) for at, word in enumerate(words) for text in words_of(word)]
        self.texts: Key = tuple(text for text, _ in pairs)
        self.word_of = tuple(at for _, at in pairs)
        self.taken: set[int] = set()
        self.consumed: set[int] = set()
        self.found: list[Extraction] = []
        self.brand_texts: list[str] = []
        self.brand_places: set[int] = set()
        self.head = self._head_end()

    def _head_end(self) -> int:
        """Where what is wanted ends, and what it is for, or with, begins."""
        for at, text in enumerate(self.texts):
            inches = text == "in" and at and _is_number(self.texts[at - 1])
            if text in TURNS and not inches:
                return at
        return len(self.texts)

    def _take(self, start: int, end: int) -> str:
        self.taken.update(range(start, end))
        return " ".join(self.texts[start:end])

    def _free(self, start: int, end: int) -> bool:
        return not self.taken.intersection(range(start, end))

    def _windows(self, most: int) -> Iterable[tuple[int, int, Key]]:
        """Free runs of words, from the left, the longest first."""
        for start in range(len(self.texts)):
            for end in range(min(len(self.texts), start + most), start, -1):
                if self._free(start, end):
                    yield start, end, self.texts[start:end]

    def intent(self) -> None:
        """`best`, `cheap`, `buy` say what for, not what: no product need hold them."""
        for at, text in enumerate(self.texts):
            alone = all(other in SAID for other in self.texts)
            if text in SAID and not alone and self.texts[at + 1 : at + 2] not in _TITLES:
                self.taken.add(at)
                self.consumed.add(self.word_of[at])

    def sizes(self) -> None:
        """A number with a unit that one attribute is measured in."""
        for at in range(len(self.texts) - 1):
            number, unit = self.texts[at : at + 2]
            measured = self.names.units.get(UNIT_NAMES.get(unit, ""))
            if not measured or not _is_number(number):
                continue
            keys = [key for key, known in measured.items() if float(number) in known]
            if len(keys) == 1:
                self._value(ValueName(keys[0], number), self._take(at, at + 2))

    def named_values(self) -> None:
        """`size m`, `colour red`, `red colour`: certain, and said in no product's text."""
        for start, end, window in self._windows(4):
            for cut in range(1, len(window)):
                named = (window[:cut], window[cut:]), (window[cut:], window[:cut])
                for name, value in named:
                    self._named_value(name, value, start, end)

    def _named_value(self, name: Key, value: Key, start: int, end: int) -> None:
        key = self.names.attribute_names.get(name)
        text = None if key is None else self.names.named_values.get((key, value))
        if key is None or text is None or not self._free(start, end):
            return
        self.consumed.update(self.word_of[start:end])
        self._value(ValueName(key, text), self._take(start, end), ExtractionUse.FILTER)

    def _value(
        self, value: ValueName, text: str, use: ExtractionUse = ExtractionUse.BOOST
    ) -> None:
        title = value.key.replace("_", " ").capitalize()
        label = f"{title}: {value.value}"
        self.found.append(Extraction(f"attr.{value.key}", value.value, text, use, label))

    def brands(self) -> None:
        """Names of brands among what is wanted, or after `by`."""
        for start, end, window in self._windows(self.names.longest):
            written = self.names.brands.get(window)
            after = start > 0 and self.texts[start - 1] in _OF_A_BRAND
            if written is None or not (end <= self.head or after) or not self._free(start, end):
                continue
            share = self.knowledge.share(written, window)
            if share is not None and share < POSSIBLE:
                continue
            certain = share is not None and share >= CERTAIN
            use = ExtractionUse.FILTER if certain else ExtractionUse.BOOST
            text = self._take(start, end)
            self.brand_texts.append(text)
            self.brand_places.update(range(start, end))
            self.found += [Extraction("brand", one, text, use, f"Brand: {one}") for one in written]

    def values(self) -> None:
        """Colours and the like."""
        for start, end, window in self._windows(3):
            value = self.names.values.get(window)
            if value is not None and self._free(start, end) and not self._codes(window)[0]:
                self._value(value, self._take(start, end))

    def category(self) -> str:
        """The words that say what is wanted, if they are a category; empty for none."""
        end = max((at + 1 for at in range(self.head) if at not in self.taken), default=0)
        for start in range(max(0, end - self.names.longest), end):
            if not self._free(start, end):
                continue
            codes, whole = self._codes(self.texts[start:end])
            if codes:
                self._categories(codes, start, end, whole=whole)
                return " ".join(self.texts[start:end])
        return ""

    def _codes(self, window: Key) -> tuple[tuple[int, ...], bool]:
        """Categories called so, and whether that is all of their name."""
        written = (window, *map(words_of, self.knowledge.meant(window)))
        spelt = [stems_of(words, self.knowledge.stem) for words in written]
        for known in (self.names.categories, self.names.parts):
            for stems in spelt:
                if codes := known.get(stems):
                    return codes, known is self.names.categories
        return (), False

    def _categories(self, codes: tuple[int, ...], start: int, end: int, *, whole: bool) -> None:
        """Certain: one leaf by its whole name, and the query says more than that."""
        only = whole and len(codes) == 1 and self.knowledge.is_leaf(codes[0])
        certain = only and end - start < len(self.texts)
        use = ExtractionUse.FILTER if certain else ExtractionUse.BOOST
        text = self._take(start, end)
        for code in codes:
            path, label = self.knowledge.path(code), f"Category: {self.knowledge.title(code)}"
            self.found.append(Extraction("category", path, text, use, label))

    def reading(self, category: str) -> Reading:
        """All of it."""
        left = tuple(word for at, word in enumerate(self.words) if at not in self.consumed)
        alone = len(self.brand_places) == len(self.texts)
        brand = " ".join(self.brand_texts)
        return Reading(tuple(self.found), left, brand, bool(brand) and alone, category)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
