"""Layers: who holds what, and what is free."""

from collections import defaultdict

from apps.common.errors import NotFound
from apps.experiments.contracts.lifecycle import HoldoutView, LayerClaimView, LayerView
from apps.experiments.domain.design.layers import EDGES, free_ranges
from apps.experiments.models import HoldoutVersion, Layer, LayerClaim
from apps.publishing.contracts import VersionStatus, VersionView
from apps.publishing.selectors import version_view

HOLDOUT_KIND = "experiment_holdout"
HOLDOUT_SUBJECT = "global"
_OPEN = (VersionStatus.DRAFT.value, VersionStatus.IN_REVIEW.value)


def layers_view() -> tuple[LayerView, ...]:
    """Every layer, by name; two statements."""
    claims: dict[int, list[LayerClaimView]] = defaultdict(list)
    for claim in LayerClaim.objects.select_related("experiment").order_by("low"):
        claims[claim.layer_id].append(_claim(claim))
    return tuple(_layer(row, tuple(claims[row.pk])) for row in Layer.objects.order_by("name"))


def layer_view(name: str) -> LayerView:
    """One layer.

    Raises:
        NotFound: there is none.
    """
    row = Layer.objects.filter(name=name).first()
    if row is None:
        raise NotFound(f"There is no layer {name}.")
    return _layer(row, layer_claims(name))


def layer_claims(name: str, *, but: str = "") -> tuple[LayerClaimView, ...]:
    """Who holds something of a layer, other than the experiment `but`."""
    rows = LayerClaim.objects.filter(layer__name=name).exclude(experiment__key=but)
    return tuple(_claim(row) for row in rows.select_related("experiment").order_by("low"))


def holdout_live() -> HoldoutView:
    """The published global holdout; share 0 when there is none."""
    row = HoldoutVersion.objects.filter(
        subject=HOLDOUT_SUBJECT, status=VersionStatus.PUBLISHED.value
    ).first()
    if row is None:
        return HoldoutView(salt="", share=0.0, version=0)
    return HoldoutView(salt=row.salt, share=row.share, version=row.number)


def holdout_proposal() -> VersionView | None:
    """The draft of the holdout, or its version in review; None when nothing waits."""
    rows = HoldoutVersion.objects.filter(subject=HOLDOUT_SUBJECT, status__in=_OPEN)
    row = rows.order_by("number").last()
    return None if row is None else version_view(kind=HOLDOUT_KIND, version_id=row.pk)


def _layer(row: Layer, claims: tuple[LayerClaimView, ...]) -> LayerView:
    held = [(claim.low, claim.high) for claim in claims]
    return LayerView(row.name, row.description, claims, free_ranges(held))


def _claim(row: LayerClaim) -> LayerClaimView:
    return LayerClaimView(
        experiment=row.experiment.key,
        unit=row.experiment.unit,
        low=row.low / EDGES,
        high=row.high / EDGES,
    )
