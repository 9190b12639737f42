"""One suite for every index, one for every encoder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.embeddings.contracts import FloatArray, TextEncoder, VectorIndex
from apps.embeddings.domain.vectors import vectors_normalise
from apps.embeddings.engines.faiss_cells import cells_build, exact_nearest, recall_of
from apps.embeddings.engines.faiss_index import (
    CELLS,
    FLAT,
    FLAT_UP_TO,
    SQ8,
    SQ8_UP_TO,
    FaissIndex,
    kind_for,
)
from apps.embeddings.engines.onnx_encoder import OnnxEncoder
from apps.embeddings.engines.onnx_export import agreement, query_encoder_export
from apps.embeddings.engines.product_encoder import ProductEncoder
from apps.embeddings.engines.sentence_encoder import SentenceEncoder
from apps.embeddings.services.model import embedding_model
from apps.embeddings.services.product_encoder import product_encoder
from tests.embeddings.conftest import icecat_queries


def unit_vectors(count: int, dimension: int = 32, seed: int = 1) -> FloatArray:
    drawn = np.random.default_rng(seed).standard_normal((count, dimension))
    return vectors_normalise(drawn.astype(np.float32))


def built(kind: str, vectors: FloatArray, folder: Path) -> VectorIndex:
    return FaissIndex.build(vectors, kind)


def mapped(kind: str, vectors: FloatArray, folder: Path) -> VectorIndex:
    path = folder / "vectors.faiss"
    FaissIndex.build(vectors, kind).write(path)
    loaded = FaissIndex.load(path, kind)
    path.unlink()  # what is mapped stays readable
    return loaded


Make = Callable[[str, FloatArray, Path], VectorIndex]
every_index = pytest.mark.parametrize("kind", [FLAT, SQ8, CELLS])
every_make = pytest.mark.parametrize("make", [built, mapped])


@every_index
@every_make
def test_the_nearest_are_what_numpy_says(kind: str, make: Make, tmp_path: Path) -> None:
    vectors = unit_vectors(500)
    index = make(kind, vectors, tmp_path)
    assert (index.kind, index.size, index.dimension) == (kind, 500, 32)
    for query in unit_vectors(20, seed=2):
        truth = vectors @ query
        rows, cosines = index.search(query, 10, None)
        assert rows.dtype == np.int32
        assert np.all(np.diff(cosines) <= 0)
        assert np.allclose(cosines, truth[rows], atol=0.02)
        assert len(set(rows.tolist()) & set(np.argsort(-truth)[:10].tolist())) >= 8


@every_index
@every_make
def test_only_allowed_rows_are_found(kind: str, make: Make, tmp_path: Path) -> None:
    vectors = unit_vectors(300)
    index = make(kind, vectors, tmp_path)
    allowed = np.random.default_rng(3).random(300) < 0.1
    rows, _ = index.search(vectors[0], 300, allowed)
    assert sorted(rows.tolist()) == np.flatnonzero(allowed).tolist()
    rows, _ = index.search(vectors[0], 5, np.zeros(300, np.bool_))
    assert rows.tolist() == []


@every_index
@every_make
def test_vectors_and_cosines_of_rows_are_those_of_the_vectors_it_was_built_of(
    kind: str, make: Make, tmp_path: Path
) -> None:
    vectors = unit_vectors(500)
    index = make(kind, vectors, tmp_path)
    rows = np.array([499, 3, 3, 0], dtype=np.int32)

    read = index.vectors(rows)
    assert read.dtype == np.float32
    assert read.shape == (4, 32)
    assert np.allclose(read, vectors[rows], atol=0.01)
    for query in unit_vectors(5, seed=2):
        cosines = index.cosines(query, rows)
        assert cosines.dtype == np.float32
        # The very numbers that are kept, whichever way they are multiplied.
        assert np.allclose(cosines, read @ query, atol=1e-6)
    assert index.vectors(rows[:0]).shape == (0, 32)
    assert index.cosines(query, rows[:0]).tolist() == []
    many = np.random.default_rng(4).integers(0, 500, 2_300).astype(np.int32)
    assert np.allclose(index.cosines(query, many), index.vectors(many) @ query, atol=1e-6)


@every_index
def test_more_than_there_are_is_all_there_are(kind: str, tmp_path: Path) -> None:
    index = built(kind, unit_vectors(7), tmp_path)
    rows, _ = index.search(unit_vectors(1)[0], 50, None)
    assert sorted(rows.tolist()) == list(range(7))
    assert len(index.search(unit_vectors(1)[0], 0, None)[0]) == 0


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = mapped(FLAT, np.empty((0, 32), np.float32), tmp_path)
    assert len(index.search(unit_vectors(1)[0], 5, None)[0]) == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 80), st.data())
def test_a_mask_of_any_length_is_read_right(count: int, data: st.DataObject) -> None:
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    index = FaissIndex.build(unit_vectors(count), FLAT)
    rows, _ = index.search(unit_vectors(1)[0], count, allowed)
    assert sorted(rows.tolist()) == np.flatnonzero(allowed).tolist()


def test_size_decides_the_kind() -> None:
    assert FaissIndex.build(unit_vectors(FLAT_UP_TO, 4)).kind == FLAT
    assert FaissIndex.build(unit_vectors(FLAT_UP_TO + 1, 4)).kind == SQ8
    assert [kind_for(SQ8_UP_TO), kind_for(SQ8_UP_TO + 1)] == [SQ8, CELLS]


def test_few_of_many_cells_hold_nearly_all_of_the_nearest(tmp_path: Path) -> None:
    # Clusters, as products stand in: without any structure every cell would have to be scanned.
    generator = np.random.default_rng(3)
    centres = generator.standard_normal((300, 32))
    spread = centres[generator.integers(0, 300, 20_000)] + 0.5 * generator.standard_normal(
        (20_000, 32)
    )
    vectors = (spread / np.linalg.norm(spread, axis=1, keepdims=True)).astype(np.float32)
    index, recall = cells_build(vectors)
    assert index.nlist > 2 * index.nprobe
    assert recall >= 0.98
    queries = vectors[:50]
    assert recall_of(index, queries, exact_nearest(vectors, queries, 100)) >= 0.97
    # The number of cells travels with the file, and holds beside a filter too.
    written = FaissIndex(index, CELLS)
    written.write(tmp_path / "cells.faiss")
    loaded = FaissIndex.load(tmp_path / "cells.faiss", CELLS)
    rows, _ = loaded.search(vectors[0], 100, None)
    filtered, _ = loaded.search(vectors[0], 100, np.ones(20_000, dtype=np.bool_))
    assert rows.tolist() == filtered.tolist()


def test_without_structure_more_cells_are_scanned_until_the_recall_holds() -> None:
    index, recall = cells_build(unit_vectors(20_000, 32))
    assert index.nprobe > 256
    assert recall >= 0.98


def test_exact_nearest_is_what_numpy_says() -> None:
    vectors, queries = unit_vectors(500), unit_vectors(7, 32)
    found = exact_nearest(vectors, queries, 10)
    expected = np.argsort(-(queries @ vectors.T), axis=1)[:, :10]
    assert [set(row) for row in found.tolist()] == [set(row) for row in expected.tolist()]


def test_sq8_recalls_nearly_all(tmp_path: Path) -> None:
    vectors = unit_vectors(5000, 64)
    index = built(SQ8, vectors, tmp_path)
    recalls = []
    for query in unit_vectors(30, 64, seed=5):
        truth = set(np.argsort(-(vectors @ query))[:100].tolist())
        recalls.append(len(truth & set(index.search(query, 100, None)[0].tolist())) / 100)
    assert np.mean(recalls) > 0.97


def test_what_faiss_cannot_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "vectors.faiss"
    path.write_bytes(b"IxFI but no more")
    with pytest.raises(RuntimeError):
        FaissIndex.load(path, FLAT)


@pytest.fixture(scope="session")
def exported(transformer: SentenceEncoder, export_folder: Path) -> OnnxEncoder:
    return OnnxEncoder(export_folder, transformer.model_name, 128)


@pytest.fixture
def of_products() -> ProductEncoder:
    return product_encoder(embedding_model())


@pytest.fixture(params=["transformer", "exported", "of_products"])
def encoder(request: pytest.FixtureRequest) -> TextEncoder:
    named: TextEncoder = request.getfixturevalue(request.param)
    return named


def test_vectors_have_length_one(encoder: TextEncoder) -> None:
    vectors = encoder.encode_many(["wireless mouse", "a", "", "red dress " * 200])
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, encoder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_one_and_many_agree(encoder: TextEncoder) -> None:
    texts = ["wireless mouse", "garden chair of teak with a cushion", "usb"]
    many = encoder.encode_many(texts)
    for text, vector in zip(texts, many, strict=True):
        assert float(encoder.encode(text) @ vector) > 0.999


def test_no_texts_are_no_vectors(encoder: TextEncoder) -> None:
    assert encoder.encode_many([]).shape == (0, encoder.dimension)


def test_meaning_is_near_and_nonsense_is_far(encoder: TextEncoder) -> None:
    query, near, far = encoder.encode_many(
        ["cordless mouse", "Logitech wireless optical mouse", "summer dress with flowers"]
    )
    assert float(query @ near) > 0.5 > float(query @ far)


def test_odd_texts_are_encoded(encoder: TextEncoder) -> None:
    for text in ("🙂", "日本語のキーボード", "\x00", "x" * 5000, "Ünïcödé"):
        assert np.isfinite(encoder.encode(text)).all()


def test_int8_agrees_with_the_model_on_real_queries(
    transformer: SentenceEncoder, exported: OnnxEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    queries = icecat_queries()
    cosines = agreement(exported, transformer, queries)
    with capsys.disabled():
        print(  # noqa: T201 - the figure is the point of the test
            f"\nint8 against sentence-transformers over {len(queries)} icecat queries: "
            f"mean cosine {cosines.mean():.4f}, least {cosines.min():.4f}"
        )
    assert cosines.mean() >= 0.98


def test_an_unquantised_export_is_the_model_itself(
    transformer: SentenceEncoder, tmp_path: Path
) -> None:
    query_encoder_export(transformer, tmp_path, quantise=False)
    plain = OnnxEncoder(tmp_path, transformer.model_name, 128)
    assert agreement(plain, transformer, ["wireless mouse", "tea"]).min() > 0.99999


def test_products_vectors_are_the_models_own_whatever_shares_their_batch(
    transformer: SentenceEncoder, of_products: ProductEncoder
) -> None:
    words = ["usb", "mouse", "of", "black", "teak", "with", "a", "long", "soft", "cable"] * 41
    lengths = (3, 60, 1, 12, 400, 7, 33, 12, 90, 5, 256, 18, 2, 45, 64)
    texts = [" ".join(words[start : start + length]) for start, length in enumerate(lengths)]
    together = of_products.encode_many(texts)
    model = transformer.encode_many(texts)
    assert np.einsum("ij,ij->i", together, model).min() > 0.9999
    alone = np.stack([of_products.encode(text) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)


def test_products_texts_are_read_as_far_as_the_model_reads(of_products: ProductEncoder) -> None:
    # 256 tokens, two of which are the model's own marks.
    within, beyond = of_products.encode_many(["tea " * 253 + "mouse", "tea " * 254 + "mouse"])
    tea = of_products.encode("tea " * 254)
    assert np.allclose(beyond, tea, atol=1e-6)
    assert not np.allclose(within, tea, atol=1e-3)


def test_files_that_are_no_encoder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"nothing")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ValueError, match="cannot be loaded"):
        OnnxEncoder(tmp_path, "m", 128)
