"""The artifact `recommender` on disk: flat arrays without pickle, mapped read-only."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from apps.features.engines.mapped_files import (
    array_mapped,
    array_write,
    table_mapped,
    texts_write,
)
from apps.recommendations.contracts import Float32
from apps.recommendations.contracts_models import Family, ModelCard, Scalar
from apps.recommendations.domain.blending import BlendModel, Parts, Recipe
from apps.recommendations.domain.parts import FactorPart, NeighbourPart

FORMAT = 1
_META = "meta.msgpack"


class ModelUnreadable(ValueError):
    """The folder holds no recommender of this format, or its arrays do not fit together."""


class _Meta(msgspec.Struct, frozen=True):
    format: int
    as_of: float
    first_at: float
    users: int
    products: int
    interactions: int
    families: dict[str, float]
    momentum: float
    factors: int
    alpha: float
    half_life_days: float
    repeat_half_life_days: float
    scales: dict[str, float]
    neighbours: tuple[str, ...]
    parameters: dict[str, Scalar]
    metrics: dict[str, float]
    leaned: bool = False
    """Whether `leaned_factors` is there; artifacts from before it was kept lack it."""


def model_write(folder: Path, model: BlendModel) -> None:
    """Write the files that `model_read` maps.

    Args:
        folder: exists, and is empty.
        model: its card's number is not written: the manifest has it.
    """
    parts = model.parts
    texts_write(folder, "product_ids", model.product_ids)
    texts_write(folder, "user_ids", model.user_ids)
    array_write(folder, "user_factors", model.trained.reshape(-1))
    array_write(folder, "item_factors", parts.factors.products.reshape(-1))
    array_write(folder, "gram", parts.factors.gram.reshape(-1))
    array_write(folder, "popularity", parts.popularity)
    array_write(folder, "momentum", parts.momentum)
    array_write(folder, "lean", model.lean)
    if _is_leaned(model):
        array_write(folder, "leaned_factors", model.leaned.reshape(-1))
    for family, neighbours in parts.neighbours.items():
        array_write(folder, f"{family}_starts", neighbours.starts)
        array_write(folder, f"{family}_codes", neighbours.codes)
        array_write(folder, f"{family}_weights", neighbours.weights)
    (folder / _META).write_bytes(msgspec.msgpack.encode(_meta_of(model)))


def _meta_of(model: BlendModel) -> _Meta:
    card, parts = model.card, model.parts
    return _Meta(
        format=FORMAT,
        as_of=card.as_of,
        first_at=card.first_at,
        users=card.users,
        products=card.products,
        interactions=card.interactions,
        families={family.value: weight for family, weight in model.recipe.weights.items()},
        momentum=model.recipe.momentum,
        factors=parts.factors.products.shape[1],
        alpha=parts.factors.alpha,
        half_life_days=parts.half_life_days,
        repeat_half_life_days=parts.repeat_half_life_days,
        scales={family.value: scale for family, scale in parts.scales.items()},
        neighbours=tuple(family.value for family in parts.neighbours),
        parameters=dict(card.parameters),
        metrics=dict(card.metrics),
        leaned=_is_leaned(model),
    )


def _is_leaned(model: BlendModel) -> bool:
    """Whether momentum made other factors of those that were trained."""
    return model.leaned is not model.item_factors


def model_read(folder: Path, number: int) -> BlendModel:
    """The recommender in `folder`, its arrays mapped and read-only.

    Raises:
        ModelUnreadable: another format, or arrays that do not fit together.
        OSError: a file is missing.
        ValueError: one is no npy file, or of another type.
    """
    try:
        meta = msgspec.msgpack.decode((folder / _META).read_bytes(), type=_Meta)
        families = _by_family(meta.families)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ModelUnreadable(str(error)) from error
    if meta.format != FORMAT:
        raise ModelUnreadable(f"format {meta.format}, not {FORMAT}")
    user_ids, product_ids = table_mapped(folder, "user_ids"), table_mapped(folder, "product_ids")
    model = BlendModel(
        card=_card(meta, number),
        product_ids=product_ids,
        user_ids=user_ids,
        trained=_table(folder, "user_factors", len(user_ids), meta.factors),
        parts=_parts(folder, meta, len(product_ids)),
        recipe=Recipe(families, meta.momentum),
        lean=_vector(folder, "lean", len(product_ids)),
        kept=_leaned(folder, meta, len(product_ids)),
    )
    missing = {*families} & {Family.EASE, Family.ITEM_ITEM} - {*model.parts.neighbours}
    if missing:
        raise ModelUnreadable(f"the recipe asks for {', '.join(sorted(missing))}")
    return model


def _leaned(folder: Path, meta: _Meta, products: int) -> Float32 | None:
    """Mapped, so that all processes share it; worked out, each would have its own."""
    if not meta.leaned:
        return None
    return _table(folder, "leaned_factors", products, meta.factors)


def _card(meta: _Meta, number: int) -> ModelCard:
    return ModelCard(
        number=number,
        as_of=meta.as_of,
        first_at=meta.first_at,
        users=meta.users,
        products=meta.products,
        interactions=meta.interactions,
        families=meta.families,
        parameters=meta.parameters,
        metrics=meta.metrics,
    )


def _parts(folder: Path, meta: _Meta, products: int) -> Parts:
    width = meta.factors
    return Parts(
        factors=FactorPart(
            _table(folder, "item_factors", products, width),
            _table(folder, "gram", width, width),
            meta.alpha,
        ),
        neighbours={Family(name): _neighbours(folder, name, products) for name in meta.neighbours},
        popularity=_vector(folder, "popularity", products),
        momentum=_vector(folder, "momentum", products),
        half_life_days=meta.half_life_days,
        repeat_half_life_days=meta.repeat_half_life_days,
        scales=_by_family(meta.scales),
    )


def _by_family(numbers: Mapping[str, float]) -> dict[Family, float]:
    return {Family(name): number for name, number in numbers.items()}


def _vector(folder: Path, name: str, length: int) -> Float32:
    array = array_mapped(folder, name, np.float32)
    if len(array) != length or not np.isfinite(array).all():
        raise ModelUnreadable(f"{name} has {len(array)} numbers for {length}, or some are none")
    return array


def _table(folder: Path, name: str, rows: int, columns: int) -> Float32:
    return _vector(folder, name, rows * columns).reshape(rows, columns)


def _neighbours(folder: Path, name: str, products: int) -> NeighbourPart:
    starts = array_mapped(folder, f"{name}_starts", np.int64)
    codes = array_mapped(folder, f"{name}_codes", np.int32)
    if len(starts) != products + 1 or starts[0] != 0 or (np.diff(starts) < 0).any():
        raise ModelUnreadable(f"{name} has {len(starts)} starts for {products} products")
    if starts[-1] != len(codes) or ((codes < 0) | (codes >= products)).any():
        raise ModelUnreadable(f"{name} points to products that are not there")
    return NeighbourPart(starts, codes, _vector(folder, f"{name}_weights", len(codes)))
