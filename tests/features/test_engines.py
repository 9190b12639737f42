from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest

from apps.catalog.contracts import ProductColumns, ProductDocument, ProductRow
from apps.common.domain.string_table import TextBlob
from apps.features.contracts import DisplayDocuments, ServingSnapshot
from apps.features.domain.serving import snapshot_build
from apps.features.engines.mapped_files import MatrixUnreadable
from apps.features.engines.matrix_files import FORMAT, matrix_read, matrix_write
from tests.features.catalogue import AS_OF, TREE, columns_of, product_row


def document_of(row: ProductRow) -> ProductDocument:
    return ProductDocument(
        product_id=row.product_id,
        title="Héadphones",
        description="",
        brand=row.brand,
        category_path="electronics/audio",
        price=Decimal("19.99"),
        sale_price=None,
        currency="EUR",
        availability="in_stock",
        image_link="",
        link="",
        attributes=row.attributes,
        item_group_id="",
        released_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


def snapshot_of(*rows: ProductRow) -> ServingSnapshot:
    return snapshot_build(
        columns=columns_of(*rows),
        tree=TREE,
        totals=np.arange(len(rows), dtype=np.float64),
        as_of=AS_OF,
        freshness_half_life_days=90.0,
    )


def written(folder: Path, *rows: ProductRow) -> ServingSnapshot:
    snapshot = snapshot_of(*rows)
    matrix_write(folder, snapshot, [(row.pk, document_of(row)) for row in rows])
    return snapshot


def assert_same(left: object, right: object) -> None:
    if isinstance(left, np.ndarray):
        assert isinstance(right, np.ndarray)
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
    elif hasattr(left, "__dataclass_fields__"):
        for field in fields(left):  # type: ignore[arg-type]  # a dataclass instance
            assert_same(getattr(left, field.name), getattr(right, field.name))
    else:
        assert left == right


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (product_row(3),),
        (
            product_row(2, sale_price=1.0, sale_ends=AS_OF + 1, item_group_id="g"),
            product_row(7, attributes={}, released=None, category_id=None, brand=""),
        ),
    ],
)
def test_what_is_written_is_read_back(tmp_path: Path, rows: tuple[ProductRow, ...]) -> None:
    snapshot = written(tmp_path, *rows)
    read = matrix_read(tmp_path, 12)
    assert read.number == 12
    assert_same(snapshot.columns, read.columns)
    assert read.tree.categories == snapshot.tree.categories
    assert_same(snapshot.popularity_order, read.popularity_order)
    assert list(read.features) == list(snapshot.features)
    for name, feature in snapshot.features.items():
        assert_same(feature, read.features[name])
    assert [read.documents.get(place) for place in range(len(rows))] == [
        document_of(row) for row in rows
    ]


def test_every_column_is_covered() -> None:
    # A new field of ProductColumns must be written: this list is what is.
    assert {field.name for field in fields(ProductColumns)} == {
        "horizon", "fingerprint", "pks", "product_ids", "row_of_pk", "active", "category",
        "category_ids", "brand", "brands", "price", "list_price", "sale_price", "sale_starts",
        "sale_ends", "priced_at", "priced_until", "availability", "released", "group", "groups",
        "attributes",
    }  # fmt: skip


def test_arrays_are_mapped_and_read_only(tmp_path: Path) -> None:
    written(tmp_path, product_row(1), product_row(2))
    read = matrix_read(tmp_path, 1)
    for array in (read.columns.pks, read.popularity_order, read.documents.blobs.blob):
        assert not array.flags.writeable
        assert not array.flags.owndata
        assert type(array) is np.ndarray


def test_products_without_a_document_have_none(tmp_path: Path) -> None:
    snapshot = snapshot_of(product_row(1), product_row(2), product_row(4))
    others = [product_row(pk) for pk in (2, 3, 9)]
    matrix_write(tmp_path, snapshot, [(row.pk, document_of(row)) for row in others])
    documents = matrix_read(tmp_path, 1).documents
    assert [documents.get(row) is not None for row in range(3)] == [False, True, False]


def test_another_format_is_refused(tmp_path: Path) -> None:
    written(tmp_path, product_row(1))
    meta = msgspec.msgpack.decode((tmp_path / "meta.msgpack").read_bytes())
    (tmp_path / "meta.msgpack").write_bytes(msgspec.msgpack.encode({**meta, "format": FORMAT + 1}))
    with pytest.raises(MatrixUnreadable, match=f"format {FORMAT + 1}"):
        matrix_read(tmp_path, 1)


def test_a_broken_meta_is_refused(tmp_path: Path) -> None:
    written(tmp_path, product_row(1))
    (tmp_path / "meta.msgpack").write_bytes(b"\xc1")
    with pytest.raises(MatrixUnreadable):
        matrix_read(tmp_path, 1)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("price", np.zeros(9)),
        ("price", np.zeros((2, 2))),
        ("pks", np.zeros(2)),
        ("popularity_order", np.zeros(1, dtype=np.int32)),
        ("product_ids_order", np.zeros(1, dtype=np.int32)),
        ("documents_offsets", np.zeros(3, dtype=np.uint32)),
        ("documents_offsets", np.zeros(0, dtype=np.uint32)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, name: str, array: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> None:
    written(tmp_path, product_row(1), product_row(2))
    np.save(tmp_path / f"{name}.npy", array)
    with pytest.raises(MatrixUnreadable):
        matrix_read(tmp_path, 1)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    written(tmp_path, product_row(1))
    (tmp_path / "price.npy").unlink()
    with pytest.raises(OSError, match=r"price\.npy"):
        matrix_read(tmp_path, 1)


def test_moved_documents_are_found_through_their_places() -> None:
    packed = msgspec.msgpack.encode(document_of(product_row(1)))
    documents = DisplayDocuments(TextBlob.of_bytes([packed]), np.array([-1, 0], dtype=np.int32))
    assert documents.get(0) is None
    assert documents.get(1) == document_of(product_row(1))
    assert replace(documents, places=None).get(0) == document_of(product_row(1))


def test_documents_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.features.engines.matrix_files.MOST_DOCUMENT_BYTES", 10)
    with pytest.raises(OverflowError, match="at most"):
        written(tmp_path, product_row(1))
