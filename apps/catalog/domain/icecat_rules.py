"""Reading the rule table of icecat_table.py, and applying it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from apps.catalog.domain.icecat_table import CATEGORIES
from apps.catalog.domain.icecat_table_first import RULES_FIRST
from apps.catalog.domain.icecat_table_second import RULES_SECOND


@dataclass(frozen=True, slots=True)
class IcecatRule:
    """One line of the table.

    Attributes:
        category: a key of CATEGORIES.
        title: searched in the lower-cased title; None when the line has no pattern.
        keys: attribute keys, any of which is enough.
        values: (attribute key, beginnings of its value, any of which is enough).
        both: title and attributes are both needed.
    """

    category: str
    title: re.Pattern[str] | None
    keys: frozenset[str]
    values: tuple[str, tuple[str, ...]] | None
    both: bool

    def fits(self, title: str, attributes: Mapping[str, object]) -> bool:
        """Whether a product with this lower-cased title and these attributes is meant."""
        by_title = self.title is not None and self.title.search(title) is not None
        if by_title != self.both:
            return by_title
        return self._by_attributes(attributes)

    def _by_attributes(self, attributes: Mapping[str, object]) -> bool:
        if self.values is None:
            return not self.keys.isdisjoint(attributes)
        key, beginnings = self.values
        found = (
            attributes.get(name) for name in ((key, "product_type") if key == "type" else (key,))
        )
        return any(
            str(value).lower().startswith(beginnings) for value in found if value is not None
        )


def _rule(line: str) -> IcecatRule:
    category, title, condition = (part.strip() for part in f"{line} ".split(" | "))
    both = condition.startswith("!")
    condition = condition.removeprefix("!")
    key, equals, values = condition.partition("=")
    return IcecatRule(
        category=category,
        title=re.compile(title) if title else None,
        keys=frozenset() if equals or not condition else frozenset(condition.split("|")),
        values=(key, tuple(values.split("|"))) if equals else None,
        both=both,
    )


# Continuation lines are joined again; the halves meet at a line of their own.
RULES: tuple[IcecatRule, ...] = tuple(
    _rule(line) for line in (RULES_FIRST + RULES_SECOND).replace("\n    ", "").split("\n") if line
)


def icecat_category(title: str, attributes: Mapping[str, object]) -> tuple[str, ...]:
    """Names from the top of the category of a product; () when no rule fits.

    Args:
        title: as Icecat has it.
        attributes: keys without Icecat's type prefix.
    """
    lowered = title.lower()
    for rule in RULES:
        if rule.fits(lowered, attributes):
            return tuple(CATEGORIES[rule.category].split(" > "))
    return ()
