"""Hidden traits of shoppers, brands, categories and products, each a function of its name.

No table is kept: the offline history and a simulation over HTTP see the same world, whatever
catalogue they meet.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from apps.demo.contracts import BoolArray, FloatArray

DIMENSIONS = 8
"""Length of the latents: one 64-byte digest holds eight 64-bit draws."""


def latent_uniforms(seed: int, kind: str, names: Sequence[str]) -> FloatArray:
    """Uniform draws in (0, 1) by name: float64[n, DIMENSIONS]."""
    blob = b"".join(
        hashlib.blake2b(f"{seed}|{kind}|{name}".encode(), digest_size=64).digest()
        for name in names
    )
    draws = np.frombuffer(blob, dtype="<u8").reshape(len(names), DIMENSIONS)
    # The top 53 bits, centred in their cells: never 0, never 1.
    return ((draws >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def latent_normals(seed: int, kind: str, names: Sequence[str]) -> FloatArray:
    """Standard normal draws by name: float64[n, DIMENSIONS].

    Source: Box and Muller 1958, "A note on the generation of random normal deviates".
    """
    uniforms = latent_uniforms(seed, kind, names)
    half = DIMENSIONS // 2
    radius = np.sqrt(-2.0 * np.log(uniforms[:, :half]))
    angle = 2.0 * np.pi * uniforms[:, half:]
    return np.hstack([radius * np.cos(angle), radius * np.sin(angle)])


def appeal(seed: int, product_ids: Sequence[str]) -> FloatArray:
    """How good a product is to everyone, uniform in (0, 1): float64[n]."""
    return latent_uniforms(seed, "product", product_ids)[:, 0]


def item_tastes(seed: int, category_paths: Sequence[str], brands: Sequence[str]) -> FloatArray:
    """Latents of products by their category and brand: float64[n, DIMENSIONS]."""
    return _by_name(seed, "category", category_paths) + _by_name(seed, "brand", brands)


def shopper_tastes(seed: int, shopper_ids: Sequence[str]) -> FloatArray:
    """Latents of shoppers: float64[n, DIMENSIONS]."""
    return latent_normals(seed, "shopper", shopper_ids)


def loyalties(
    seed: int, shopper_ids: Sequence[str], brands: Sequence[str], share: float
) -> BoolArray:
    """Which shoppers are loyal to which brands: bool[shoppers, brands].

    Args:
        seed: of the world.
        shopper_ids: of any shoppers.
        brands: names of any brands.
        share: the chance of each pair.
    """
    pairs = [f"{shopper}|{brand}" for shopper in shopper_ids for brand in brands]
    drawn = latent_uniforms(seed, "loyalty", pairs)[:, 0]
    found: BoolArray = (drawn < share).reshape(len(shopper_ids), len(brands))
    return found


def taste_scores(shoppers: FloatArray, items: FloatArray, scale: float) -> FloatArray:
    """Taste with standard deviation `scale` over shoppers and items.

    Args:
        shoppers: float64[..., DIMENSIONS].
        items: float64[..., DIMENSIONS], the sum of a category's and a brand's latent.
        scale: in units of utility.
    """
    scores: FloatArray = np.sum(shoppers * items, axis=-1) * (scale / np.sqrt(2 * DIMENSIONS))
    return scores


def _by_name(seed: int, kind: str, names: Sequence[str]) -> FloatArray:
    unique, inverse = np.unique(np.asarray(names, dtype=object).astype(str), return_inverse=True)
    return latent_normals(seed, kind, unique.tolist())[inverse]
