"""Extractions as filters beside the shopper's own, and as boosts of the search score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from apps.catalog.contracts import BoolArray, FilterSet
from apps.catalog.domain.filters import filters_parse
from apps.ranking.contracts import Candidates, Float32, SearchBoost
from apps.search.contracts_understanding import Extraction, ExtractionUse

BOOST = 0.1
"""What meeting one named field adds, where the search score counts 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Lift:
    """What boosts made of the search scores.

    `score = (found + BOOST · fields met) / (1 + BOOST · fields named)`: still in [0, 1], and in
    the order of `found` among products that meet the same.

    Attributes:
        names: what is boosted, one a field.
        met: bool[fields, m]: which candidates meet it.
        found: float32[m]: the scores before.
    """

    names: tuple[str, ...]
    met: BoolArray
    found: Float32

    @property
    def scale(self) -> float:
        """What every part is divided by."""
        return 1.0 + BOOST * len(self.names)

    def scores(self) -> Float32:
        """float32[m]: the scores after."""
        lifted: Float32 = (
            (self.found.astype(np.float64) + BOOST * self.met.sum(axis=0)) / self.scale
        ).astype(np.float32)
        return lifted

    def parts(self, candidate: int) -> tuple[float, tuple[SearchBoost, ...]]:
        """What the words found counts for in a candidate's score, and what each boost adds."""
        met = self.met[:, candidate].tolist()
        added = BOOST / self.scale
        boosts = tuple(
            SearchBoost(name, added)
            for name, is_met in zip(self.names, met, strict=True)
            if is_met
        )
        return float(self.found[candidate]) / self.scale, boosts


def filters_of(extracted: Sequence[Extraction], use: ExtractionUse) -> FilterSet:
    """The extractions of one use as a filter set: AND between fields, OR inside a field."""
    return filters_parse(_parameters([each for each in extracted if each.use is use]))


def filters_with(own: FilterSet, more: FilterSet) -> FilterSet:
    """The shopper's own filters, and those read out of the query; no field stands in both."""
    return replace(
        own,
        categories=own.categories or more.categories,
        brands=own.brands or more.brands,
        price_min=own.price_min if _priced(own) else more.price_min,
        price_max=own.price_max if _priced(own) else more.price_max,
        attributes={**more.attributes, **own.attributes},
    )


def filters_any(extracted: Sequence[Extraction]) -> bool:
    """Whether any of them leaves products out."""
    return any(each.use is ExtractionUse.FILTER for each in extracted)


def all_softened(extracted: Sequence[Extraction]) -> tuple[Extraction, ...]:
    """The same as boosts."""
    return tuple(each.softened() for each in extracted)


def detected_only(extracted: Sequence[Extraction], detected: str | None) -> tuple[Extraction, ...]:
    """With a category as a filter only where most of the best candidates stand in it."""
    return tuple(
        each.softened() if each.field == "category" and not _within(detected, each.value) else each
        for each in extracted
    )


def lift_of(
    candidates: Candidates, masks: Mapping[str, BoolArray], labels: Mapping[str, str]
) -> Lift:
    """What boosts make of the candidates' search scores.

    Args:
        candidates: m of them.
        masks: field to bool[n] over the snapshot's rows.
        labels: of the fields, for people.
    """
    met = np.array([mask[candidates.rows] for mask in masks.values()], dtype=np.bool_)
    return Lift(tuple(labels[field] for field in masks), met, candidates.search_score)


def labels_of(extracted: Sequence[Extraction]) -> dict[str, str]:
    """Field to the labels of its boosts."""
    found: dict[str, list[str]] = {}
    for each in extracted:
        if each.use is ExtractionUse.BOOST:
            found.setdefault(each.field, []).append(each.label)
    return {field: " or ".join(labels) for field, labels in found.items()}


def _parameters(extracted: Sequence[Extraction]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in extracted:
        found.setdefault(f"filter[{each.field}]", []).append(each.value)
    return found


def _priced(filters: FilterSet) -> bool:
    return filters.price_min is not None or filters.price_max is not None


def _within(detected: str | None, path: str) -> bool:
    return detected is not None and (detected == path or detected.startswith(f"{path}/"))
