"""The job, the index and the query path together, on the real model."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries, Settings

from apps.catalog.models import Product
from apps.common.errors import Conflict, Unavailable
from apps.common.snapshots import snapshots_forget
from apps.embeddings.contracts import EmbedReport, IndexUnavailable
from apps.embeddings.domain.vectors import vectors_unpack
from apps.embeddings.engines import onnx_export
from apps.embeddings.health import product_index_check, query_encoder_check
from apps.embeddings.models import EmbeddingState, ProductVector
from apps.embeddings.selectors import (
    cosines_of,
    engines_now,
    index_state,
    indexed_pks,
    nearest,
    product_index,
    query_vector,
    semantic_warm,
    vectors_of,
)
from apps.embeddings.services import embed as embed_module
from apps.embeddings.services import export_encoder, publish_index
from apps.embeddings.services import product_encoder as product_encoder_module
from apps.embeddings.services.embed import products_embed
from apps.embeddings.services.export_encoder import query_encoder_publish
from apps.embeddings.services.model import embedding_model, sentence_encoder
from apps.embeddings.services.product_encoder import product_encoder
from apps.jobs.contracts import JobCancelled
from apps.model_registry.models import ArtifactVersion
from apps.model_registry.selectors import active_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("exported_once")]
REAL_EXPORT = onnx_export.query_encoder_export
TITLES = (
    "Logitech wireless optical mouse",
    "Summer dress with red flowers",
    "Espresso coffee machine with grinder",
    "Garden chair of teak wood",
    "Noise cancelling headphones",
)


def product_create(title: str, **fields: object) -> Product:
    number = Product.objects.count() + 1
    return Product.objects.create(
        product_id=f"p{number}-{title[:20]}", title=title, price=Decimal("9.99"), **fields
    )


def quiet(_done: int, _total: int, _message: str) -> None:
    """No progress wanted."""


def embed(*, everything: bool = False) -> EmbedReport:
    return products_embed(
        progress=quiet,
        cancelled=lambda: False,
        everything=everything,
    )


@pytest.fixture
def products() -> list[Product]:
    return [product_create(title) for title in TITLES]


def found(query: str, *, k: int = 1, floor: float = 0.3) -> list[int]:
    vector = query_vector(query)
    assert vector is not None
    return [int(pk) for pk in nearest(vector=vector, k=k, floor=floor).pks]


def test_a_query_finds_the_product_it_means(products: list[Product]) -> None:
    report = embed()
    assert (report.seen, report.encoded, report.index_number) == (5, 5, 1)
    assert found("cordless pc mouse") == [products[0].pk]
    assert found("something to brew coffee") == [products[2].pk]
    assert semantic_warm()


def test_nonsense_finds_nothing(products: list[Product]) -> None:
    embed()
    assert found("xqzvkw blorf", k=5, floor=0.4) == []


def test_similarities_descend_and_keep_to_the_floor(products: list[Product]) -> None:
    embed()
    vector = query_vector("mouse")
    assert vector is not None
    answer = nearest(vector=vector, k=5, floor=-1.0)
    assert len(answer.pks) == 5
    assert np.all(np.diff(answer.similarities) <= 0)
    assert answer.pks.dtype == np.int32


def test_only_allowed_products_are_found(products: list[Product]) -> None:
    embed()
    vector = query_vector("cordless pc mouse")
    assert vector is not None
    allowed = np.zeros(products[-1].pk + 1, np.bool_)
    allowed[[products[1].pk, products[3].pk]] = True
    answer = nearest(vector=vector, k=5, floor=-1.0, allowed=allowed)
    assert set(answer.pks.tolist()) == {products[1].pk, products[3].pk}


def test_what_is_stored_is_the_models_own_vector(products: list[Product]) -> None:
    embed()
    rows = ProductVector.objects.order_by("product_pk").values_list("vector", flat=True)
    model = sentence_encoder(embedding_model()).encode_many(list(TITLES))
    assert np.einsum("ij,ij->i", vectors_unpack(list(map(bytes, rows)), 384), model).min() > 0.9999


def test_a_graph_that_is_not_the_model_encodes_nothing(
    products: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_encoder_module, "AGREEMENT_AT_LEAST", 1.01)
    product_encoder.cache_clear()
    with pytest.raises(Conflict) as refused:
        embed()
    assert refused.value.code == "encoder_disagrees"
    assert not ProductVector.objects.exists()


def test_nothing_changed_encodes_and_publishes_nothing(products: list[Product]) -> None:
    embed()
    report = embed()
    assert (report.encoded, report.deleted, report.index_number) == (0, 0, 0)


def test_an_edited_product_is_encoded_again_alone(products: list[Product]) -> None:
    embed()
    Product.objects.filter(pk=products[0].pk).update(title="Electric mountain bike")
    report = embed()
    assert (report.encoded, report.index_number) == (1, 2)
    assert found("e-bike for the mountains") == [products[0].pk]
    assert products[0].pk not in found("cordless pc mouse", floor=0.4)


def test_a_price_changes_no_vector(products: list[Product]) -> None:
    embed()
    Product.objects.filter(pk=products[0].pk).update(price=Decimal(1))
    report = embed()
    assert (report.encoded, report.index_number) == (0, 0)


def test_a_deleted_product_leaves_the_index(products: list[Product]) -> None:
    embed()
    products[0].delete()
    report = embed()
    assert (report.deleted, report.encoded, report.index_number) == (1, 0, 2)
    assert indexed_pks().tolist() == sorted(product.pk for product in products[1:])


def test_a_new_product_is_not_covered_until_the_job_ran(products: list[Product]) -> None:
    embed()
    late = product_create("Electric kettle")
    assert late.pk not in indexed_pks()
    embed()
    assert late.pk in indexed_pks()


def test_everything_encodes_again_and_drops_what_no_tombstone_told(
    products: list[Product],
) -> None:
    embed()
    ProductVector.objects.create(
        product_pk=2_000_000_000, model_name=embedding_model().name, vector=b"\0" * 768
    )
    report = embed(everything=True)
    assert (report.encoded, report.deleted, report.index_number) == (5, 1, 2)


def test_a_cancelled_run_keeps_its_chunks_and_the_next_goes_on(
    products: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed_module, "_CHUNK", 2)
    steps: list[int] = []
    with pytest.raises(JobCancelled):
        products_embed(
            progress=lambda done, _total, _message: steps.append(done),
            cancelled=lambda: len(steps) == 1,
        )
    assert ProductVector.objects.count() == 2
    assert active_version("product_index") is None
    report = embed()
    assert (report.seen, report.encoded, report.index_number) == (5, 3, 1)
    assert len(indexed_pks()) == 5


def test_a_publish_that_fails_is_owed_to_the_next_run(
    products: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> int:
        raise OSError("the disk is full")

    monkeypatch.setattr(embed_module, "product_index_publish", broken)
    with pytest.raises(OSError, match="full"):
        embed()
    monkeypatch.undo()
    report = embed()
    assert (report.encoded, report.index_number) == (0, 1)
    assert not EmbeddingState.objects.get().index_due


def test_another_model_encodes_all_again(
    products: list[Product], settings: Settings, tmp_path: Path
) -> None:
    embed()
    other = tmp_path / "other_model"
    other.symlink_to(embedding_model().folder)
    settings.EMBEDDING_MODEL = str(other)
    report = embed()
    assert (report.encoded, report.index_number) == (5, 2)
    assert str(other) in index_state().model_name
    # The encoder went along, so that both speak of the same space.
    assert found("cordless pc mouse") == [products[0].pk]


def test_an_index_of_another_model_is_not_asked(products: list[Product]) -> None:
    embed()
    vector = query_vector("mouse")
    assert vector is not None
    publish_index.product_index_publish(model_name="other@1", dimension=384, horizon=0)
    with pytest.raises(IndexUnavailable) as refused:
        nearest(vector=vector, k=1, floor=0.0)
    assert refused.value.reason == "model_mismatch"


def test_a_vector_of_another_length_is_refused(products: list[Product]) -> None:
    embed()
    with pytest.raises(IndexUnavailable) as refused:
        nearest(vector=np.ones(3, np.float32), k=1, floor=0.0)
    assert refused.value.reason == "dimension"


def test_vectors_of_products_are_read_in_process(products: list[Product]) -> None:
    embed()
    product_create("Nobody has encoded this one")
    pks = np.array([products[1].pk, products[-1].pk + 1, products[0].pk], np.int32)

    read = vectors_of(pks)
    assert read is not None
    vectors, covered = read
    assert covered.tolist() == [True, False, True]
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 0, 1], atol=0.01)
    cosines = cosines_of(vectors[0], pks)
    assert cosines is not None
    assert np.allclose(cosines, vectors @ vectors[0], atol=1e-6)
    only = cosines_of(vectors[0], pks[:1], engines_now())
    assert only is not None
    assert np.allclose(only, cosines[:1])
    assert cosines_of(vectors[0][:5], pks) is None


def test_without_an_index_there_are_no_vectors() -> None:
    assert vectors_of(np.array([1], np.int32)) is None
    assert cosines_of(np.zeros(384, np.float32), np.array([1], np.int32)) is None


def test_without_an_index_semantic_search_says_so() -> None:
    with pytest.raises(IndexUnavailable) as refused:
        nearest(vector=np.ones(384, np.float32), k=1, floor=0.0)
    assert refused.value.reason == "missing"
    assert query_vector("mouse") is None
    assert index_state().number == 0
    assert indexed_pks().tolist() == []
    assert not semantic_warm()


def test_a_corrupt_index_is_refused_and_the_next_build_mends_it(
    products: list[Product], stores: Path
) -> None:
    embed()
    location = ArtifactVersion.objects.get(name="product_index", number=1).location
    path = stores / "store" / location / "vectors.faiss"
    path.write_bytes(path.read_bytes()[:-4] + b"oops")
    with pytest.raises(IndexUnavailable) as refused:
        nearest(vector=np.ones(384, np.float32), k=1, floor=0.0)
    assert refused.value.reason == "checksum"
    assert product_index_check().detail == "checksum"
    embed(everything=True)
    assert found("cordless pc mouse") == [products[0].pk]


def test_an_index_that_does_not_fit_its_keys_is_refused(
    products: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(path: Path, pks: object) -> None:
        with path.open("wb") as stream:
            np.lib.format.write_array(stream, np.arange(3, dtype=np.int32))

    embed()
    state = index_state()
    snapshots_forget()
    monkeypatch.setattr("numpy.save", save)
    publish_index.product_index_publish(
        model_name=state.model_name, dimension=384, horizon=state.horizon
    )
    # The version before it, which was loaded here once, goes on.
    assert (index_state().number, index_state().reason) == (1, "load")


def test_a_warm_query_asks_neither_database_nor_encoder(
    products: list[Product], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    embed()
    first = query_vector("Wireless  Mouse")
    found("wireless mouse")
    with django_assert_num_queries(0):
        again = query_vector("wireless mouse ")
        assert again is first
        found("wireless mouse")
    assert again is not None
    assert not again.flags.writeable


def test_health_names_the_versions(products: list[Product]) -> None:
    assert not product_index_check().ok
    assert query_encoder_check().detail == "missing"
    embed()
    index, encoder = product_index_check(), query_encoder_check()
    assert index.ok
    assert not index.required
    assert dict(index.figures) == {"version": 1.0, "products": 5.0}
    assert encoder.ok
    assert dict(encoder.figures) == {"version": 1.0}


def test_the_state_says_what_the_index_covers(products: list[Product]) -> None:
    embed()
    state = index_state()
    assert (state.number, state.kind, state.size, state.reason) == (1, "flat", 5, "")
    assert state.model_name == embedding_model().name
    assert state.horizon > 0
    assert state.built_at is not None


def test_requests_in_flight_finish_on_the_old_index(products: list[Product]) -> None:
    embed()
    old = product_index.get()
    vector = query_vector("cordless pc mouse")
    assert old is not None
    assert vector is not None
    ArtifactVersion.objects.filter(name="product_index").count()
    for title in ("A", "B", "C", "D", "E", "F", "G"):
        Product.objects.filter(pk=products[1].pk).update(title=f"Dress {title}")
        embed()
    assert index_state().number == 8
    mapped = old.pks.base
    assert isinstance(mapped, np.memmap)
    assert not Path(str(mapped.filename)).exists()
    rows, _ = old.index.search(vector, 1, None)
    assert old.pks[rows].tolist() == [products[0].pk]


def test_the_encoder_is_exported_once_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    # The real export this time; the stores of the fixture stay.
    monkeypatch.setattr(onnx_export, "query_encoder_export", REAL_EXPORT)
    assert query_encoder_publish() == 1
    assert query_encoder_publish() == 0
    assert query_encoder_publish(force=True) == 2
    active = active_version("query_encoder")
    assert active is not None
    assert float(active.metadata["mean_cosine"] or 0) > 0.98


def test_an_encoder_that_disagrees_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_encoder, "AGREEMENT_AT_LEAST", 0.9999)
    with pytest.raises(Conflict) as refused:
        query_encoder_publish()
    assert refused.value.code == "encoder_disagrees"
    assert active_version("query_encoder") is None


@pytest.mark.parametrize(
    "address", ["package:there_is_no_such_package/model", "no-such-owner/no-such-model"]
)
def test_a_model_that_is_not_there_is_unavailable(address: str, settings: Settings) -> None:
    settings.EMBEDDING_MODEL = address
    with pytest.raises(Unavailable) as refused:
        embed()
    assert refused.value.code == "embedding_model_missing"


def test_a_folder_without_weights_is_unavailable(settings: Settings, tmp_path: Path) -> None:
    settings.EMBEDDING_MODEL = str(tmp_path)
    with pytest.raises(Unavailable):
        embedding_model()


def test_the_read_goes_in_chunks(products: list[Product], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_index, "_READ", 2)
    embed()
    assert indexed_pks().tolist() == sorted(product.pk for product in products)
    assert found("cordless pc mouse") == [products[0].pk]


@pytest.mark.django_db(transaction=True)
def test_the_command_says_what_it_did(
    products: list[Product], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("build_embeddings")
    assert "5 encoded" in capsys.readouterr().out
    call_command("build_embeddings")
    assert "the index stands" in capsys.readouterr().out
    call_command("build_embeddings", "--all", "--json")
    assert '"encoded": 5' in capsys.readouterr().out
    call_command("run_job", "export_query_encoder")
