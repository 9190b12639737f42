"""The words of a query as groups, with all that may stand for each."""

from collections.abc import Sequence

from apps.merchandising.contracts import TermGroup
from apps.search.contracts_understanding import Alternative, AlternativeKind, QueryTerm
from apps.search.domain.spelling.compounds import Regrouped


def terms_of(
    words: tuple[str, ...], groups: Sequence[TermGroup], regrouped: Sequence[Regrouped] = ()
) -> tuple[QueryTerm, ...]:
    """One term a group; two words that the catalogue writes as one make one term.

    Args:
        words: of the query.
        groups: that cover every word once, in order, with synonyms and abbreviations.
        regrouped: other spacings; one of two words counts where neither has anything else to
            stand for it.
    """
    spaced = {(each.start, each.end): each for each in regrouped}
    terms: list[QueryTerm] = []
    at = 0
    while at < len(groups):
        group = groups[at]
        after = groups[at + 1] if at + 1 < len(groups) else None
        joined = None
        if after is not None and _plain(group) and _plain(after):
            joined = spaced.get((group.start, after.end))
        end = group.end if joined is None or after is None else after.end
        own = joined or spaced.get((group.start, group.end))
        terms.append(_term(" ".join(words[group.start : end]), group, own))
        at += 1 if joined is None else 2
    return tuple(terms)


def _plain(group: TermGroup) -> bool:
    """Whether it is one word that nothing stands for yet."""
    return not group.alternatives and not group.written_out and group.end == group.start + 1


def _term(text: str, group: TermGroup, own: Regrouped | None) -> QueryTerm:
    found = dict.fromkeys(group.alternatives, AlternativeKind.SYNONYM)
    for one in group.written_out:
        found.setdefault(one, AlternativeKind.ABBREVIATION)
    if own is not None:
        found.setdefault(own.text, own.kind)
    found.pop(text, None)
    return QueryTerm(text, tuple(Alternative.of(one, kind) for one, kind in found.items()))
