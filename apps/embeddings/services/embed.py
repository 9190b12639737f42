"""Embedding products: only what changed, in chunks that each stand for themselves.

A chunk's vectors are committed with the mark that an index is due. The horizon moves only
after the last chunk: a run that dies is repeated, and finds its finished chunks by their hash.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from django.db import connection, transaction

from apps.catalog.selectors import ProductsChanged, products_changed_since, texts_for_embedding
from apps.embeddings.contracts import EmbedReport
from apps.embeddings.domain.texts import text_hash
from apps.embeddings.domain.vectors import vectors_pack
from apps.embeddings.models import EmbeddingState, ProductVector
from apps.embeddings.selectors import INDEX_ARTIFACT
from apps.embeddings.services.export_encoder import query_encoder_publish
from apps.embeddings.services.model import EmbeddingModel, embedding_model, sentence_encoder
from apps.embeddings.services.product_encoder import product_encoder
from apps.embeddings.services.publish_index import product_index_publish
from apps.jobs.contracts import JobCancelled, Progress
from apps.model_registry.selectors import active_version

logger = structlog.get_logger(__name__)
# A few seconds of work on one core: progress moves, and a lost run repeats little.
_CHUNK = 256
_UPSERT = """
    INSERT INTO embeddings_productvector (product_pk, text_hash, model_name, vector)
    SELECT pk, hash, %s, vector
    FROM unnest(%s::int[], %s::bytea[], %s::bytea[]) AS given (pk, hash, vector)
    ON CONFLICT (product_pk) DO UPDATE SET text_hash = excluded.text_hash,
        model_name = excluded.model_name, vector = excluded.vector
"""


@dataclass(frozen=True, slots=True)
class _Run:
    model: EmbeddingModel
    progress: Progress
    cancelled: Callable[[], bool]
    again: bool  # encode even what has a good vector


def products_embed(
    *, progress: Progress, cancelled: Callable[[], bool], everything: bool = False
) -> EmbedReport:
    """Bring vectors, index and query encoder up to the catalogue as it is now.

    Args:
        progress: called after every chunk.
        cancelled: polled before every chunk.
        everything: encode every product again, and publish even when nothing changed.

    Raises:
        Conflict: what products are encoded with differs from the model.
        JobCancelled: somebody asked to stop; finished chunks are kept.
        Unavailable: the model is not there.
    """
    run = _Run(embedding_model(), progress, cancelled, everything)
    state, _ = EmbeddingState.objects.get_or_create(only=True)
    fresh = everything or state.model_name != run.model.name
    changes = products_changed_since(0 if fresh else state.horizon)
    deleted = _gone_delete(changes, fresh=fresh)
    report = replace(_chunks_embed(run, changes.pks), deleted=deleted)
    EmbeddingState.objects.update(model_name=run.model.name, horizon=changes.new_horizon)
    number = _publish_when_due(run.model, changes.new_horizon, force=everything)
    return replace(report, index_number=number)


def _gone_delete(changes: ProductsChanged, *, fresh: bool) -> int:
    with transaction.atomic():
        rows = ProductVector.objects.all()
        if fresh:
            gone = rows.exclude(product_pk__in=list(changes.pks))
        else:
            gone = rows.filter(product_pk__in=list(changes.deleted_pks))
        count, _ = gone.delete()
        if count:
            EmbeddingState.objects.update(index_due=True)
    return count


def _chunks_embed(run: _Run, pks: Sequence[int]) -> EmbedReport:
    encoded, encode_s = 0, 0.0
    for start in range(0, len(pks), _CHUNK):
        if run.cancelled():
            raise JobCancelled("stopped between two chunks of products")
        chunk = pks[start : start + _CHUNK]
        started = time.perf_counter()
        encoded += _chunk_embed(run, chunk)
        encode_s += time.perf_counter() - started
        done = start + len(chunk)
        run.progress(done, len(pks), f"{encoded} of {done} products had a new text")
    return EmbedReport(len(pks), encoded, 0, 0, round(encode_s, 3))


def _chunk_embed(run: _Run, pks: Sequence[int]) -> int:
    name = run.model.name
    known = dict(
        ProductVector.objects.filter(product_pk__in=pks).values_list("product_pk", "text_hash")
    )
    wanted = [(pk, text, text_hash(name, text)) for pk, text in texts_for_embedding(pks)]
    todo = [each for each in wanted if run.again or bytes(known.get(each[0], b"")) != each[2]]
    if not todo:
        return 0
    vectors = product_encoder(run.model).encode_many([text for _, text, _ in todo])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            (
                name,
                [pk for pk, _, _ in todo],
                [digest for _, _, digest in todo],
                vectors_pack(vectors),
            ),
        )
        EmbeddingState.objects.update(index_due=True)
    return len(todo)


def _publish_when_due(model: EmbeddingModel, horizon: int, *, force: bool) -> int:
    """The index version published, 0 when the present one stands."""
    active = active_version(INDEX_ARTIFACT)
    due = EmbeddingState.objects.filter(index_due=True).exists()
    of_model = active is not None and active.metadata.get("model") == model.name
    has_vectors = ProductVector.objects.filter(model_name=model.name).exists()
    if not (force or due or (has_vectors and not of_model)):
        return 0
    # The encoder first: an index without its encoder cannot be asked.
    query_encoder_publish()
    # Cleared before the vectors are read: a change in the middle asks for another index.
    EmbeddingState.objects.update(index_due=False)
    try:
        dimension = sentence_encoder(model).dimension
        return product_index_publish(model_name=model.name, dimension=dimension, horizon=horizon)
    except BaseException:
        EmbeddingState.objects.update(index_due=True)
        raise
