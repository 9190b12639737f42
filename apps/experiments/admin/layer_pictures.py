"""Layers as pictures: who holds what, what is free, and the first free range."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.experiments.admin.words import range_words
from apps.experiments.contracts.lifecycle import LayerView

_WIDTH = 1000.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the bar.

    Attributes:
        x, width: in thousandths of the bar.
        tone: `held-0` … `held-3`, `mine` or `free`.
        owner: key of the experiment; empty when free.
        words: the range.
    """

    x: float
    width: float
    tone: str
    owner: str
    words: str

    @property
    def middle(self) -> float:
        """Where a label stands."""
        return self.x + self.width / 2

    @property
    def labelled(self) -> bool:
        """Whether a label fits."""
        return self.width >= len(self.owner or "free") * 11


@dataclass(frozen=True, slots=True)
class LayerPicture:
    """One layer's bar, its table, and the suggestion as percents (`from`, `to`)."""

    name: str
    description: str
    segments: tuple[Segment, ...]
    free_share: float
    suggestion: tuple[str, str] | None
    suggestion_words: str


def layer_pictures(layers: Sequence[LayerView], *, but: str = "") -> tuple[LayerPicture, ...]:
    """Every layer; what the experiment `but` holds itself is drawn as its own."""
    return tuple(_picture(layer, but) for layer in layers)


def _picture(layer: LayerView, but: str) -> LayerPicture:
    held = [
        _segment(claim.low, claim.high, claim.experiment, place, but)
        for place, claim in enumerate(layer.claims)
    ]
    free = [_segment(low, high, "", 0, but) for low, high in layer.free]
    first = layer.free[0] if layer.free else None
    return LayerPicture(
        name=layer.name,
        description=layer.description,
        segments=tuple(sorted([*held, *free], key=lambda each: each.x)),
        free_share=sum(high - low for low, high in layer.free),
        suggestion=None if first is None else (_percent(first[0]), _percent(first[1])),
        suggestion_words="" if first is None else range_words(*first),
    )


def _segment(low: float, high: float, owner: str, place: int, but: str) -> Segment:
    tone = "free" if not owner else "mine" if owner == but else f"held-{place % 4}"
    return Segment(
        round(low * _WIDTH, 1),
        round((high - low) * _WIDTH, 1),
        tone,
        owner,
        range_words(low, high),
    )


def _percent(share: float) -> str:
    return f"{share * 100:.6g}"
