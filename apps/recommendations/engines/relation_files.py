"""The artifact `product_relations` on disk: flat arrays, mapped read-only."""

from pathlib import Path

import numpy as np

from apps.features.engines.mapped_files import array_mapped, array_write
from apps.recommendations.contracts import Int32
from apps.recommendations.contracts_relations import ProductRelations, Relation, Trend

FORMAT = 1


class RelationsUnreadable(ValueError):
    """The folder holds no relations of this format, or its arrays do not fit together."""


def relations_write(folder: Path, relations: ProductRelations) -> None:
    """Write the arrays that `relations_read` maps."""
    array_write(folder, "pks", relations.pks)
    array_write(folder, "as_of", np.array([relations.as_of], dtype=np.float64))
    for name, relation in (("bought", relations.bought), ("viewed", relations.viewed)):
        array_write(folder, f"{name}_starts", relation.starts)
        array_write(folder, f"{name}_codes", relation.codes)
        array_write(folder, f"{name}_scores", relation.scores)
        array_write(folder, f"{name}_lifts", relation.lifts)
        array_write(folder, f"{name}_together", relation.together)
        array_write(folder, f"{name}_alone", relation.alone)
        counts = np.array([FORMAT, relation.baskets, relation.tested], dtype=np.int64)
        array_write(folder, f"{name}_counts", counts)
    array_write(folder, "trend_codes", relations.trend.codes)
    array_write(folder, "trend_growth", relations.trend.growth)
    array_write(folder, "trend_shoppers", relations.trend.shoppers)


def relations_read(folder: Path) -> ProductRelations:
    """What `relations_write` wrote.

    Raises:
        RelationsUnreadable: another format, or codes that point outside.
        OSError: a file is missing.
        ValueError: one is no npy file, or of another type.
    """
    pks = array_mapped(folder, "pks", np.int32)
    moment = array_mapped(folder, "as_of", np.float64)
    if len(moment) != 1 or (np.diff(pks) <= 0).any():
        raise RelationsUnreadable("products are not ascending, or no moment is named")
    return ProductRelations(
        pks=pks,
        bought=_relation(folder, "bought", len(pks)),
        viewed=_relation(folder, "viewed", len(pks)),
        trend=_trend(folder, len(pks)),
        as_of=float(moment[0]),
    )


def _relation(folder: Path, name: str, products: int) -> Relation:
    counts = array_mapped(folder, f"{name}_counts", np.int64).tolist()
    if len(counts) != 3 or counts[0] != FORMAT:  # noqa: PLR2004 - format, baskets, tested
        raise RelationsUnreadable(f"{name} is not of format {FORMAT}")
    found = Relation(
        starts=array_mapped(folder, f"{name}_starts", np.int64),
        codes=array_mapped(folder, f"{name}_codes", np.int32),
        scores=array_mapped(folder, f"{name}_scores", np.float32),
        lifts=array_mapped(folder, f"{name}_lifts", np.float32),
        together=array_mapped(folder, f"{name}_together", np.int32),
        alone=array_mapped(folder, f"{name}_alone", np.int32),
        baskets=counts[1],
        tested=counts[2],
    )
    starts, pairs = found.starts, len(found.codes)
    ends = len(starts) == products + 1 and int(starts[0]) == 0 and int(starts[-1]) == pairs
    if not ends or (np.diff(starts) < 0).any() or len(found.alone) != products:
        raise RelationsUnreadable(f"{name}: its products do not fit")
    if {len(found.scores), len(found.lifts), len(found.together)} != {pairs}:
        raise RelationsUnreadable(f"{name}: its columns are not of one length")
    _inside(found.codes, products, name)
    return found


def _trend(folder: Path, products: int) -> Trend:
    found = Trend(
        codes=array_mapped(folder, "trend_codes", np.int32),
        growth=array_mapped(folder, "trend_growth", np.float32),
        shoppers=array_mapped(folder, "trend_shoppers", np.int32),
    )
    if {len(found.growth), len(found.shoppers)} != {len(found.codes)}:
        raise RelationsUnreadable("trend: its columns are not of one length")
    _inside(found.codes, products, "trend")
    return found


def _inside(codes: Int32, products: int, name: str) -> None:
    if len(codes) and not 0 <= int(codes.min()) <= int(codes.max()) < products:
        raise RelationsUnreadable(f"{name}: a code points outside of the products")
