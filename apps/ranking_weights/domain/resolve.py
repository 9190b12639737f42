"""Which weight set a request is ranked by, and how missing features share out their weight."""

import math
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from apps.features.contracts import FEATURE_NAMES
from apps.ranking_weights.contracts import (
    DEFAULT_WEIGHTS,
    GLOBAL_SUBJECT,
    ResolvedWeights,
    WeightsChoice,
    WeightSet,
    WeightSource,
    weights_validate,
)

_NOTHING: Mapping[tuple[str, int], WeightSet] = {}
_Link = tuple[WeightSource, str, WeightSet | None]


class NothingToShare(ValueError):
    """None of the set's weighed features has a source: there is nobody to give the weight to."""


def weights_share_out(
    weights: Mapping[str, float], available: AbstractSet[str]
) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
    """The set over the available features, proportions kept, sum 1.

    Args:
        weights: a valid set.
        available: features that have a source in this request.

    Returns:
        ((feature, weight) of every available feature in the registry's order,
        names of the weighed features whose weight was shared out).

    Raises:
        NothingToShare: the available features weigh nothing.
    """
    present = {name: weights.get(name, 0.0) for name in FEATURE_NAMES if name in available}
    total = math.fsum(present.values())
    if total <= 0.0:
        raise NothingToShare
    missing = tuple(
        name for name in FEATURE_NAMES if name not in available and weights.get(name, 0.0) > 0.0
    )
    return tuple((name, weight / total) for name, weight in present.items()), missing


def subjects_upwards(category_path: str | None) -> tuple[str, ...]:
    """The category, its parents nearest first; empty without a category."""
    parts = category_path.split("/") if category_path else []
    return tuple("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))


def weights_resolve_from(
    *,
    published: Mapping[str, WeightSet],
    category_path: str | None,
    available: AbstractSet[str],
    override: Mapping[str, float] | None = None,
    choice: WeightsChoice | None = None,
    settled: Mapping[tuple[str, int], WeightSet] = _NOTHING,
    degraded: bool = False,
) -> ResolvedWeights:
    """The first link of override → category → parents → global → default that can be used.

    A link is passed over when it has no set, or when no feature that its set weighs has a
    source. `chain` tells every link that was looked at.

    Args:
        published: subject → its published set.
        category_path: the request's category, filtered or detected.
        available: features that have a source in this request.
        override: weights of a preview; they win.
        choice: what a variant of an experiment asks for; it wins where it acts.
        settled: (subject, number) → every version that is or was published.
        degraded: the published sets could not be read; the answer carries it on.

    Raises:
        WeightsInvalid: the override is no weight set.
    """
    chain: list[str] = []
    preview = None if override is None else WeightSet("", 0, weights_validate(override))
    links = (
        *_overriding(preview, choice, category_path, published, settled),
        *_links(published, category_path),
    )
    for source, subject, found in links:
        label = subject or source
        if found is None:
            chain.append(f"{label}: no set")
            continue
        try:
            effective, missing = weights_share_out(found.weights, available)
        except NothingToShare:
            chain.append(f"{label}: none of its features has a source")
            continue
        number = found.number
        chain.append(f"{label}: version {number}" if number else f"{label}: used")
        return ResolvedWeights(effective, source, subject, number, missing, (*chain,), degraded)
    return ResolvedWeights((), "none", "", 0, _weighed_by_default(), tuple(chain), degraded)


def weights_named(resolved: ResolvedWeights) -> str:
    """Whose set it is: `global`, a category's path, or (override), (default), (none)."""
    return resolved.subject or f"({resolved.source})"


def _overriding(
    preview: WeightSet | None,
    choice: WeightsChoice | None,
    category_path: str | None,
    published: Mapping[str, WeightSet],
    settled: Mapping[tuple[str, int], WeightSet],
) -> Iterator[_Link]:
    """What comes before the published sets."""
    if preview is not None:
        yield "override", "", preview
    if choice is None or not choice.acts_on(category_path):
        return
    if choice.weights:
        yield "override", "", WeightSet("", 0, dict(choice.weights))
    elif choice.number:
        yield "override", choice.subject, settled.get((choice.subject, choice.number))
    else:
        yield "override", GLOBAL_SUBJECT, published.get(GLOBAL_SUBJECT)
        yield "override", "", WeightSet("", 0, DEFAULT_WEIGHTS)


def _links(published: Mapping[str, WeightSet], category_path: str | None) -> Iterator[_Link]:
    for place, subject in enumerate(subjects_upwards(category_path)):
        yield "parent" if place else "category", subject, published.get(subject)
    yield "global", GLOBAL_SUBJECT, published.get(GLOBAL_SUBJECT)
    yield "default", "", WeightSet("", 0, DEFAULT_WEIGHTS)


def _weighed_by_default() -> tuple[str, ...]:
    return tuple(name for name, weight in DEFAULT_WEIGHTS.items() if weight > 0.0)
