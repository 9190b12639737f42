"""Which weights every category is ranked by, and which versions one may travel back to."""

from apps.catalog.selectors import category_tree
from apps.experiments.selectors.serving import serving_plans
from apps.explainability.contracts.debugged import CategoryWeights
from apps.explainability.domain.debug_picture import weights_lines
from apps.features.selectors import serving_snapshot
from apps.ranking_weights.contracts import GLOBAL_SUBJECT
from apps.ranking_weights.selectors import (
    published_weight_sets,
    weights_in_work,
    weights_resolve,
    weights_settled_all,
)
from apps.search.selectors.personal import features_available

# Categories below this depth inherit, unless they have a set of their own: those are shown.
DEPTH = 2
MOST = 300


def weights_map() -> tuple[CategoryWeights, ...]:
    """Categories in the tree's order: the upper ones, and all with a set of their own."""
    own = frozenset(published_weight_sets())
    paths = [node.path for node in category_tree().categories]
    shown = [path for path in paths if path.count("/") < DEPTH or path in own][:MOST]
    everything = _of(GLOBAL_SUBJECT, None, 0, own)
    return (everything, *(_of(path, path, path.count("/") + 1, own) for path in shown))


def _of(name: str, path: str | None, depth: int, own: frozenset[str]) -> CategoryWeights:
    available = features_available(serving_snapshot())
    used = weights_resolve(category_path=path, available=available)
    return CategoryWeights(
        path=name,
        depth=depth,
        own=name in own,
        inherited_from=used.subject or f"({used.source})",
        number=used.number,
        weights=weights_lines(dict(used.weights)),
    )


def weights_choices() -> tuple[tuple[str, str], ...]:
    """(value, words) of everything that a side may be weighed by."""
    settled = [
        (f"{one.subject}@{one.number}", f"{one.subject}, version {one.number}")
        for one in weights_settled_all()
    ]
    drafts = [
        (f"draft:{pk}", f"{one.subject}, draft {one.number}") for pk, one in weights_in_work()
    ]
    head = (("published", "as published"), (GLOBAL_SUBJECT, "global, whatever categories have"))
    return (*head, *settled, *drafts)


def variant_choices() -> tuple[tuple[str, str], ...]:
    """(value, words) of every variant of experiments on search."""
    found = [
        (f"{each.spec.key}:{variant.key}", f"{each.spec.key}: {variant.name or variant.key}")
        for each in serving_plans().experiments.values()
        if each.surface in {"search", "any"}
        for variant in each.spec.variants
    ]
    return (("", "none"), *found)
