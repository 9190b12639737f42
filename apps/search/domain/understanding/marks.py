"""What of an understanding, and of rules, is counted."""

from apps.search.contracts_rules import RulesActed
from apps.search.contracts_understanding import Understanding


def understanding_marks(understanding: Understanding) -> tuple[tuple[str, ...], ...]:
    """One mark for the class, a correction, each expansion and each extraction.

    A mark names its step first, then its labels: `("extraction", "brand", "filter")`.
    """
    marks: list[tuple[str, ...]] = []
    if understanding.query_class is not None:
        marks.append(("class", understanding.query_class.value))
    if understanding.correction is not None:
        marks.append(("correction",))
    for term in understanding.terms:
        marks += [("expansion", other.kind.value) for other in term.alternatives]
    for each in understanding.extracted:
        # Attributes are counted as one: a catalogue may have thousands.
        field = "attribute" if each.field.startswith("attr.") else each.field
        marks.append(("extraction", field, each.use.value))
    return tuple(marks)


def rules_marks(acted: RulesActed) -> tuple[tuple[str, ...], ...]:
    """One mark for each kind of consequence that acted."""
    return tuple(("rule", kind) for kind in acted.consequences)
