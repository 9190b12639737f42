"""What the catalogue's own brands, categories and attribute values are called."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from apps.catalog.contracts import AttributeColumns, AttributeKind, CategoryTree, FloatArray
from apps.search.domain.highlights import STOP_WORDS
from apps.search.domain.lexical.analysis import words_of

Key = tuple[str, ...]
MOST_VALUE_WORDS = 3
MOST_VALUES = 2000
"""Of one attribute: with more it is a text rather than a property."""
# Attributes whose values shoppers name without the attribute; of equal values the first has it.
BARE_KEYS = (
    "color", "colour", "product_color", "product_colour", "size", "material", "pattern", "fit",
)  # fmt: skip
# And those that they name with it: `language english`.
VALUE_KEYS = (*BARE_KEYS, "format", "language", "connectivity")
# Plurals that no stemmer knows.
_SINGULARS = {
    "mice": "mouse", "knives": "knife", "shelves": "shelf", "scarves": "scarf", "women": "woman",
    "womens": "woman", "men": "man", "mens": "man", "children": "child", "childrens": "child",
    "feet": "foot", "teeth": "tooth", "geese": "goose", "people": "person", "leaves": "leaf",
    "wolves": "wolf", "loaves": "loaf", "lives": "life", "wives": "wife", "halves": "half",
}  # fmt: skip
_APART = re.compile(r"\s*[&,/+]\s*|\s+and\s+")
# What units are called at the end of an attribute's key.
UNIT_NAMES = {
    "inch": "inch", "inches": "inch", "in": "inch", "gb": "gb", "tb": "tb", "hz": "hz",
    "cm": "cm", "mm": "mm", "watts": "watts", "watt": "watts", "w": "watts", "litres": "litres",
    "litre": "litres", "liter": "litres", "l": "litres", "kg": "kg", "g": "g", "hours": "hours",
    "hour": "hours", "lumen": "lumen", "lm": "lumen", "dpi": "dpi", "mah": "mah",
    "mp": "megapixels", "megapixels": "megapixels",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ValueName:
    """A text that an attribute may have.

    Attributes:
        key: of the attribute.
        value: as the catalogue has it.
    """

    key: str
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Dictionaries:
    """Names by their words; pure look-ups.

    Attributes:
        brands: folded words → the brand as written, every way that it is.
        categories: stems → codes of the categories called so.
        parts: the same for what a name holds beside others: `Keyboards & mice`.
        values: folded words → the attribute's value that is called so.
        named_values: the same by (key, words), also for values that say nothing alone (`m`).
        attribute_names: folded words → key.
        units: unit → numbers of each attribute measured in it, by key.
        longest: words of the longest name.
    """

    brands: Mapping[Key, tuple[str, ...]]
    categories: Mapping[Key, tuple[int, ...]]
    parts: Mapping[Key, tuple[int, ...]]
    values: Mapping[Key, ValueName]
    named_values: Mapping[tuple[str, Key], str]
    attribute_names: Mapping[Key, str]
    units: Mapping[str, Mapping[str, FloatArray]]
    longest: int


def dictionaries_build(
    brands: Sequence[str],
    tree: CategoryTree,
    attributes: AttributeColumns,
    stem: Callable[[str], str],
) -> Dictionaries:
    """Dictionaries of one state of the catalogue.

    Args:
        brands: names.
        tree: the categories.
        attributes: of the products.
        stem: of one word.
    """
    brand_names: dict[Key, list[str]] = {}
    for brand in brands:
        if _says_something(words := words_of(brand)):
            brand_names.setdefault(words, []).append(brand)
    categories, parts = _categories(tree, stem)
    values, named = _values(attributes)
    return Dictionaries(
        brands={key: tuple(names) for key, names in brand_names.items()},
        categories=categories,
        parts=parts,
        values=values,
        named_values=named,
        attribute_names=_attribute_names(attributes.keys),
        units=_units(attributes),
        longest=max(map(len, (*brand_names, *categories)), default=MOST_VALUE_WORDS),
    )


def stems_of(words: Iterable[str], stem: Callable[[str], str]) -> Key:
    """Their stems in order, stop words left out."""
    return tuple(stem(_SINGULARS.get(word, word)) for word in words if word not in STOP_WORDS)


def _categories(
    tree: CategoryTree, stem: Callable[[str], str]
) -> tuple[dict[Key, tuple[int, ...]], dict[Key, tuple[int, ...]]]:
    whole: dict[Key, tuple[int, ...]] = {}
    parts: dict[Key, tuple[int, ...]] = {}
    for node in tree.categories:
        own = stems_of(words_of(node.name), stem)
        if own:
            whole[own] = (*whole.get(own, ()), node.code)
        for part in _APART.split(node.name.lower()):
            stems = stems_of(words_of(part), stem)
            if stems and stems != own:
                parts[stems] = (*parts.get(stems, ()), node.code)
    return whole, parts


def _says_something(words: Key) -> bool:
    """Whether a name may stand for itself: no single letter, bare number or stop word."""
    return any(len(word) > 1 and not word.isdigit() and word not in STOP_WORDS for word in words)


def _values(
    attributes: AttributeColumns,
) -> tuple[dict[Key, ValueName], dict[tuple[str, Key], str]]:
    values: dict[Key, ValueName] = {}
    named: dict[tuple[str, Key], str] = {}
    for key in VALUE_KEYS:
        for column in attributes.columns_of(key):
            for text in _texts(attributes, column):
                words = words_of(text)
                if not 0 < len(words) <= MOST_VALUE_WORDS:
                    continue
                named.setdefault((key, words), text)
                if key in BARE_KEYS and _says_something(words):
                    values.setdefault(words, ValueName(key, text))
    return values, named


def _texts(attributes: AttributeColumns, column: int) -> Iterable[str]:
    """The column's values as a filter takes them; none of a column with too many."""
    start, size = int(attributes.starts[column]), int(attributes.sizes[column])
    if size > MOST_VALUES:
        return ()
    if attributes.kinds[column] == AttributeKind.TEXT:
        return (attributes.texts.get(at) for at in range(start, start + size))
    return (f"{number:g}" for number in attributes.numbers[start : start + size].tolist())


def _attribute_names(keys: Sequence[str]) -> dict[Key, str]:
    present = [key for key in VALUE_KEYS if key in keys]
    names = {tuple(key.split("_")): key for key in present}
    for key in present:
        if "colo" in key:
            names.setdefault(("color",), key)
            names.setdefault(("colour",), key)
    return names


def _units(attributes: AttributeColumns) -> dict[str, dict[str, FloatArray]]:
    found: dict[str, dict[str, FloatArray]] = {}
    for column, key in enumerate(attributes.keys):
        unit = UNIT_NAMES.get(key.rpartition("_")[2])
        if unit is None or attributes.kinds[column] != AttributeKind.NUMBER:
            continue
        start = int(attributes.starts[column])
        numbers = attributes.numbers[start : start + int(attributes.sizes[column])]
        found.setdefault(unit, {})[key] = numbers
    return found
