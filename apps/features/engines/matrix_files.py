"""The serving snapshot as a folder of flat files, read back memory-mapped and read-only.

Every array is an .npy file without pickle, every large text a raw .bin file; what is small
(names, the tree, times) stands in meta.msgpack. Workers of one machine share the mapped pages.
"""

from collections.abc import Iterable, Mapping, Sized
from pathlib import Path

import msgspec
import numpy as np

from apps.catalog.contracts import (
    AttributeColumns,
    Category,
    CategoryTree,
    ProductColumns,
    ProductDocument,
)
from apps.features.contracts import DisplayDocuments, Int32, ServingSnapshot
from apps.features.engines.mapped_files import (
    MatrixUnreadable,
    array_mapped,
    array_write,
    blob_mapped,
    table_mapped,
    texts_write,
)

FORMAT = 3
# Format 1 had no unweighed features, 2 had them by bare names; they are served until the next one
# is published.
_READABLE = (1, 2, FORMAT)
MOST_DOCUMENT_BYTES = 2**32 - 1  # offsets are uint32
_META = "meta.msgpack"
_ROW_ARRAYS = (
    "pks",
    "active",
    "category",
    "brand",
    "price",
    "list_price",
    "sale_price",
    "sale_starts",
    "sale_ends",
    "availability",
    "released",
    "group",
)
_OTHER_ARRAYS = ("row_of_pk", "category_ids")
_ATTRIBUTE_ARRAYS = ("kinds", "offsets", "rows", "codes", "starts", "sizes", "numbers")


class _Meta(msgspec.Struct, frozen=True):
    format: int
    horizon: int
    fingerprint: str
    priced_at: float
    priced_until: float
    as_of: float
    freshness_half_life_days: float
    brands: tuple[str, ...]
    attribute_keys: tuple[str, ...]
    features: tuple[str, ...]
    categories: tuple[Category, ...]
    unweighed: tuple[str, ...] = ()


def matrix_write(
    folder: Path,
    snapshot: ServingSnapshot,
    documents: Iterable[tuple[int, ProductDocument]],
) -> None:
    """Write the snapshot's files.

    Args:
        folder: exists, and is empty.
        snapshot: all but its documents is written.
        documents: (pk, document) by ascending pk, streamed; rows without one stay empty.
    """
    columns, attributes = snapshot.columns, snapshot.columns.attributes
    for name in (*_ROW_ARRAYS, *_OTHER_ARRAYS):
        array_write(folder, name, getattr(columns, name))
    for name in _ATTRIBUTE_ARRAYS:
        array_write(folder, f"attr_{name}", getattr(attributes, name))
    for name, feature in (*snapshot.features.items(), *snapshot.unweighed.items()):
        array_write(folder, _file_of(name), feature)
    array_write(folder, "popularity_order", snapshot.popularity_order)
    texts_write(folder, "product_ids", columns.product_ids)
    texts_write(folder, "groups", columns.groups)
    texts_write(folder, "attr_texts", attributes.texts)
    _documents_write(folder, columns.pks, documents)
    (folder / _META).write_bytes(msgspec.msgpack.encode(_meta_of(snapshot)))


def _file_of(feature: str) -> str:
    return f"feature_{feature.replace('@', '-')}"


def _meta_of(snapshot: ServingSnapshot) -> _Meta:
    columns = snapshot.columns
    return _Meta(
        format=FORMAT,
        horizon=columns.horizon,
        fingerprint=columns.fingerprint,
        priced_at=columns.priced_at,
        priced_until=columns.priced_until,
        as_of=snapshot.as_of,
        freshness_half_life_days=snapshot.freshness_half_life_days,
        brands=columns.brands,
        attribute_keys=columns.attributes.keys,
        features=tuple(snapshot.features),
        categories=snapshot.tree.categories,
        unweighed=tuple(snapshot.unweighed),
    )


def _documents_write(
    folder: Path, pks: Int32, documents: Iterable[tuple[int, ProductDocument]]
) -> None:
    # Both sides come by ascending pk: one pass, one document in memory at a time.
    sizes = np.zeros(len(pks), dtype=np.int64)
    encoder = msgspec.msgpack.Encoder()
    row = 0
    with (folder / "documents.bin").open("wb") as blob:
        for pk, document in documents:
            while row < len(pks) and pks[row] < pk:
                row += 1
            if row < len(pks) and pks[row] == pk:
                sizes[row] = blob.write(encoder.encode(document))
    ends = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])
    if ends[-1] > MOST_DOCUMENT_BYTES:
        raise OverflowError("the documents of one snapshot hold at most 4 GiB")
    array_write(folder, "documents_offsets", ends.astype(np.uint32))


def matrix_read(folder: Path, number: int) -> ServingSnapshot:
    """The snapshot in `folder`, its arrays mapped and read-only.

    Raises:
        MatrixUnreadable: another format, or files that do not fit together.
        OSError: a file is missing.
    """
    try:
        meta = msgspec.msgpack.decode((folder / _META).read_bytes(), type=_Meta)
    except msgspec.MsgspecError as error:
        raise MatrixUnreadable(str(error)) from error
    if meta.format not in _READABLE:
        raise MatrixUnreadable(f"format {meta.format}, not {FORMAT}")
    columns = _columns_read(folder, meta)
    features, unweighed = (
        {name: array_mapped(folder, _file_of(name), np.float32) for name in names}
        for names in (meta.features, meta.unweighed)
    )
    order = array_mapped(folder, "popularity_order", np.int32)
    documents = blob_mapped(folder, "documents")
    _fitting(
        len(columns),
        {**features, **unweighed, "popularity_order": order, "documents": documents.offsets[1:]},
    )
    _fitting(len(columns), {name: getattr(columns, name) for name in _ROW_ARRAYS})
    return ServingSnapshot(
        number=number,
        columns=columns,
        tree=CategoryTree(meta.categories),
        features=features,
        popularity_order=order,
        documents=DisplayDocuments(documents),
        as_of=meta.as_of,
        freshness_half_life_days=meta.freshness_half_life_days,
        unweighed=unweighed,
    )


def _columns_read(folder: Path, meta: _Meta) -> ProductColumns:
    return ProductColumns(
        horizon=meta.horizon,
        fingerprint=meta.fingerprint,
        pks=array_mapped(folder, "pks", np.int32),
        product_ids=table_mapped(folder, "product_ids"),
        row_of_pk=array_mapped(folder, "row_of_pk", np.int32),
        active=array_mapped(folder, "active", np.bool_),
        category=array_mapped(folder, "category", np.int32),
        category_ids=array_mapped(folder, "category_ids", np.int32),
        brand=array_mapped(folder, "brand", np.int32),
        brands=meta.brands,
        price=array_mapped(folder, "price", np.float64),
        list_price=array_mapped(folder, "list_price", np.float64),
        sale_price=array_mapped(folder, "sale_price", np.float64),
        sale_starts=array_mapped(folder, "sale_starts", np.float64),
        sale_ends=array_mapped(folder, "sale_ends", np.float64),
        priced_at=meta.priced_at,
        priced_until=meta.priced_until,
        availability=array_mapped(folder, "availability", np.uint8),
        released=array_mapped(folder, "released", np.float64),
        group=array_mapped(folder, "group", np.int32),
        groups=table_mapped(folder, "groups"),
        attributes=_attributes_read(folder, meta.attribute_keys),
    )


def _attributes_read(folder: Path, keys: tuple[str, ...]) -> AttributeColumns:
    return AttributeColumns(
        keys=keys,
        kinds=array_mapped(folder, "attr_kinds", np.uint8),
        offsets=array_mapped(folder, "attr_offsets", np.int64),
        rows=array_mapped(folder, "attr_rows", np.int32),
        codes=array_mapped(folder, "attr_codes", np.int32),
        starts=array_mapped(folder, "attr_starts", np.int64),
        sizes=array_mapped(folder, "attr_sizes", np.int64),
        texts=blob_mapped(folder, "attr_texts"),
        numbers=array_mapped(folder, "attr_numbers", np.float64),
    )


def _fitting(rows: int, arrays: Mapping[str, Sized]) -> None:
    for name, array in arrays.items():
        if len(array) != rows:
            raise MatrixUnreadable(f"{name} has {len(array)} values for {rows} rows")
