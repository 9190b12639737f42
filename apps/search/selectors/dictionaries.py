"""The catalogue's own names, kept while brands, categories and vocabularies stay as they are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from apps.catalog.contracts import AttributeColumns, CategoryTree, ProductColumns
from apps.features.contracts import ServingSnapshot
from apps.search.domain.understanding.dictionaries import Dictionaries, Key, dictionaries_build
from apps.search.domain.understanding.extraction import Knowledge
from apps.search.selectors.language import search_analysis
from apps.search.selectors.lexicon import lexicon


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """Dictionaries and what they were built from."""

    names: Dictionaries
    language: str
    brands: tuple[str, ...]
    tree: CategoryTree
    attributes: AttributeColumns
    brand_codes: dict[str, int]


_held: list[_Held] = []


def catalogue_knowledge(
    snapshot: ServingSnapshot, meant: Callable[[Key], Iterable[str]]
) -> Knowledge:
    """What extraction asks of one state of the catalogue; no SQL once the lexicon is loaded.

    Args:
        snapshot: the state.
        meant: what else some words mean.
    """
    held = _current(snapshot)
    categories = snapshot.tree.categories
    return Knowledge(
        names=held.names,
        share=partial(_share, snapshot.columns, held.brand_codes),
        meant=meant,
        stem=search_analysis().stem_of,
        is_leaf=lambda code: categories[code].end == code + 1,
        path=lambda code: categories[code].path,
        title=lambda code: categories[code].name,
    )


def _current(snapshot: ServingSnapshot) -> _Held:
    columns, tree, analysis = snapshot.columns, snapshot.tree, search_analysis()
    last = _held[0] if _held else None
    if (
        last is not None
        and last.language == analysis.language
        and last.brands == columns.brands
        and last.tree is tree
        and _same_vocabulary(last.attributes, columns.attributes)
    ):
        return last
    names = dictionaries_build(columns.brands, tree, columns.attributes, analysis.stem_of)
    codes = {brand: code for code, brand in enumerate(columns.brands)}
    held = _Held(names, analysis.language, columns.brands, tree, columns.attributes, codes)
    _held[:] = [held]
    return held


def _same_vocabulary(one: AttributeColumns, other: AttributeColumns) -> bool:
    """Whether both have the same attributes with the same values, whichever products have them."""
    if one is other:
        return True
    return (
        one.keys == other.keys
        and np.array_equal(one.sizes, other.sizes)
        and np.array_equal(one.numbers, other.numbers)
        and np.array_equal(one.texts.offsets, other.texts.offsets)
        and np.array_equal(one.texts.blob, other.texts.blob)
    )


def _share(
    columns: ProductColumns, codes: dict[str, int], brands: tuple[str, ...], words: Key
) -> float | None:
    """The brands' share among the active products that hold the words; None: not known."""
    known = lexicon()
    if known is None:
        return None
    held = min(known.count(word) for word in words)
    if not held:
        return None
    own = np.isin(columns.brand, [codes[brand] for brand in brands]) & columns.active
    return min(1.0, int(np.count_nonzero(own)) / held)
