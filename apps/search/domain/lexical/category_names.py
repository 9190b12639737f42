"""Which category a query names outright: `laptops`, `memory cards`, `tv`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from apps.catalog.contracts import Category, CategoryTree
from apps.search.domain.lexical.querying import LexicalQuery, TermGroup

# "Keyboards & mice" names two things; "Memory cards and flash drives" as well.
_APART = re.compile(r"\s*[&,/+]\s*|\s+and\s+")
# A query of so many words with so many alternatives is looked up in so many spellings.
_MOST_SPELLINGS = 16

Stems = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CategoryNames:
    """What the categories of one tree are called.

    Attributes:
        spans: stems of a name to the first code of the category and the one after its last.
            A name of several categories, none of which holds the others, is not among them.
    """

    spans: dict[Stems, tuple[int, int]]

    @classmethod
    def of(cls, tree: CategoryTree, stems_of: Callable[[str], Stems]) -> "CategoryNames":
        """The names of a tree's categories.

        Args:
            tree: the shop's.
            stems_of: a text's stems in order, stop words left out.
        """
        named: dict[Stems, list[Category]] = {}
        for category in tree.categories:
            lowered = category.name.lower()
            for stems in {stems_of(text) for text in (lowered, *_APART.split(lowered))}:
                if stems:
                    named.setdefault(stems, []).append(category)
        return cls({stems: span for stems, found in named.items() if (span := _outermost(found))})

    def named_by(self, query: LexicalQuery) -> tuple[int, int] | None:
        """The codes of the category that the whole query names, from the first to before the last.

        Args:
            query: each group may stand for itself by any of its choices.
        """
        spellings = [_spellings(group) for group in query.groups]
        size = 1
        for each in spellings:
            size *= len(each)
        if not spellings or size > _MOST_SPELLINGS:
            spellings = [each[:1] for each in spellings]
        for chosen in product(*spellings):
            span = self.spans.get(tuple(stem for stems in chosen for stem in stems))
            if span is not None:
                return span
        return None


def _outermost(found: list[Category]) -> tuple[int, int] | None:
    """The category that holds all of them; None when there is none: preorder has it first."""
    first, last = found[0], found[-1]
    return (first.code, first.end) if last.code < first.end else None


def _spellings(group: TermGroup) -> list[Stems]:
    """The group's stems by choice, its own words first."""
    return [
        tuple(stem for part in choice.parts for stem in part.stems) for choice in group.choices
    ]
