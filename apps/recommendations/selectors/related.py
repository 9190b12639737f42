"""Strategies that go from products to others: bought together, similar."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from apps.recommendations.contracts import Shopping, Sourced, StrategyName
from apps.recommendations.contracts_relations import SimilarBy, SimilarKind
from apps.recommendations.domain.anchors import anchors_seen, anchors_taken
from apps.recommendations.domain.sourcing import Found, neighbours, sourced_of, variants_of
from apps.recommendations.selectors.similarity import Sources, similar_to


def _untold(by: Iterable[SimilarBy]) -> None:
    """Nobody asks."""


class BoughtTogether:
    """What is in one basket with the context; evidence is the lift."""

    name = StrategyName.BOUGHT_TOGETHER
    title = "Bought together"

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def __call__(self, shopping: Shopping) -> Sourced:
        """Without a context: with this visit's cart, then with the last purchases."""
        relations = self._sources.relations()
        if relations is None:
            return Sourced.empty()
        anchors, columns = anchors_taken(shopping), shopping.snapshot.columns
        found = [neighbours(relations.bought, relations.pks, columns, int(row)) for row in anchors]
        return sourced_of(found, replace(shopping, context=anchors))


class Similar:
    """Products like the context, other than variants of it."""

    name = StrategyName.SIMILAR
    title = "Similar"

    def __init__(
        self,
        sources: Sources,
        kind: SimilarKind = SimilarKind.BLENDED,
        tell: Callable[[Iterable[SimilarBy]], None] = _untold,
    ) -> None:
        """`tell` hears what told the similarity of each product."""
        self._sources, self._kind, self._tell = sources, kind, tell

    def __call__(self, shopping: Shopping) -> Sourced:
        """Without a context: like what the shopper did anything with last."""
        anchors = anchors_seen(shopping)
        if not len(anchors):
            return Sourced.empty()
        others = shopping.allowed & ~variants_of(shopping.snapshot.columns, anchors)
        asked = replace(shopping, allowed=others, context=anchors)
        found: list[Found] = []
        for row in anchors.tolist():
            alike, by = similar_to(self._sources, asked, row, self._kind)
            found.append(alike)
            self._tell(by)
        return sourced_of(found, asked)
