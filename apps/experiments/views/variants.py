"""Variants with their payloads in words."""

import json
from dataclasses import dataclass

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.contracts.surfaces import Surface, surface_named
from apps.experiments.domain.pages.formats import share_written


@dataclass(frozen=True, slots=True)
class VariantView:
    """One arm.

    Attributes:
        payload: in the surface's words; as JSON where no surface reads it.
        weight: of the phase in force, else of the design.
        units: exposed so far, written; share: of all.
    """

    key: str
    name: str
    description: str
    payload: str
    weight: str
    units: str
    share: str
    index: int


def variants_of(
    view: ExperimentView, units: tuple[tuple[str, str, str], ...]
) -> tuple[VariantView, ...]:
    """Variants in the order of the design, control first."""
    surface = surface_named(view.design.surface)
    phase = view.phases[-1] if view.phases else None
    designed = tuple(variant.weight for variant in view.design.variants)
    fits = phase is not None and len(phase.weights) == len(designed)
    weights = phase.weights if phase is not None and fits else designed
    found = []
    for index, variant in enumerate(view.design.variants):
        counted = units[index] if index < len(units) else ("", "", "")
        found.append(
            VariantView(
                key=variant.key,
                name=variant.name or variant.key,
                description=variant.description,
                payload=payload_words(surface, variant.payload),
                weight=share_written(weights[index]),
                units=counted[1],
                share=counted[2],
                index=index,
            )
        )
    return tuple(found)


def payload_words(surface: Surface | None, payload: Json) -> str:
    """What a payload does, in words."""
    if surface is not None:
        return surface.payload_words(payload)
    if payload is None:
        return "Nothing is changed."
    return json.dumps(payload, ensure_ascii=False, sort_keys=True)
