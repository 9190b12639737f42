"""Encoding queries and products against sentence-transformers, tokenizer included.

Queries (ONNX int8, one thread): prints the ratio of medians over interleaved rounds, the mean
cosine between the two, and, where the judged icecat queries are at hand (with its products
encoded in the database `endcap_eval`, as bench_search leaves them), what the smaller encoder
costs in NDCG@10 of the semantic list: the mean of paired differences with its 95 % bootstrap
interval.

Products (ONNX float32, `python -m benchmarks.bench_encoder products` for these alone): chunks of
the demo's own texts, as the job `embed_products` takes them, by both. Prints the ratio of
processor time on one thread, which other work beside hardly moves, that of clocks with
the threads each takes in the worker, and the least cosine between the two.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import django
import numpy as np

from benchmarks.bench_search import ICECAT, _prepare

ROUNDS = 7
QUERIES = (
    "wireless mouse", "laptop 15 inch 16 gb ram", "hp toner cartridge black", "usb-c charger 65w",
    "noise cancelling headphones", "dv7-1211ea", "coffee machine with grinder", "4k monitor",
    "red summer dress", "garden chair teak", "running shoes size 42", "hdmi cable 2 m",
)  # fmt: skip
AT_MOST = 1 / 6
MOST_LOSS = 0.01
AGREEMENT = 0.98
# Of the demo's 5,111 products: chunks far apart, each of other shelves.
CHUNK, CHUNK_STARTS = 128, (0, 1000, 2000, 3000, 4000)
AT_MOST_OF_PRODUCTS = 0.85
SAME_VECTORS = 0.9999


def timed(encode: Callable[[str], object]) -> list[float]:
    times = []
    for query in QUERIES:
        started = time.perf_counter()
        encode(query)
        times.append((time.perf_counter() - started) * 1000)
    return times


def main() -> int:
    if sys.argv[1:] == ["products"]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
        django.setup()
        good = products_as_good()
    else:
        good = queries_as_good()
        good &= products_as_good()
    print("passed" if good else "MISSED")
    return 0 if good else 1


def queries_as_good() -> bool:
    if ICECAT.exists():
        _prepare()
    else:
        django.setup()
    import torch

    from apps.embeddings.engines import sentence_encoder as sentence_module
    from apps.embeddings.engines.onnx_encoder import OnnxEncoder
    from apps.embeddings.engines.onnx_export import agreement, query_encoder_export
    from apps.embeddings.services.model import embedding_model, sentence_encoder

    sentence_module._THREADS = 1  # noqa: SLF001 - both engines on one thread
    torch.set_num_threads(1)
    model = embedding_model()
    original = sentence_encoder(model)
    with tempfile.TemporaryDirectory() as folder:
        query_encoder_export(original, Path(folder))
        exported = OnnxEncoder(Path(folder), model.name, 128)
    timed(original.encode), timed(exported.encode)
    theirs, ours, ratios = [], [], []
    for _ in range(ROUNDS):
        round_theirs, round_ours = timed(original.encode), timed(exported.encode)
        theirs += round_theirs
        ours += round_ours
        ratios.append(statistics.median(round_ours) / statistics.median(round_theirs))
    for name, times in (("sentence-transformers", theirs), ("ONNX int8", ours)):
        cuts = statistics.quantiles(times, n=100)
        print(f"{name:22} p50 {cuts[49]:.2f} ms  p95 {cuts[94]:.2f} ms  p99 {cuts[98]:.2f} ms")
    ratio = statistics.median(ratios)
    cosine = float(agreement(exported, original, list(QUERIES)).mean())
    print(f"ratio {ratio:.3f} (at most {AT_MOST:.3f}), {1 / ratio:.1f} times as fast")
    print(f"mean cosine {cosine:.4f} (at least {AGREEMENT})")
    good = ratio <= AT_MOST and cosine >= AGREEMENT
    if ICECAT.exists():
        good &= _loss(original.encode, exported.encode) <= MOST_LOSS
    return good


def products_as_good() -> bool:
    from apps.embeddings.engines import product_encoder as product_module
    from apps.embeddings.engines import sentence_encoder as sentence_module
    from apps.embeddings.services.model import embedding_model, sentence_encoder
    from apps.embeddings.services.product_encoder import product_encoder

    model = embedding_model()
    former, present = sentence_encoder(model), product_encoder(model)
    texts = _demo_texts()
    threads = product_module._THREADS  # noqa: SLF001 - what the worker takes
    ratios: dict[int, list[float]] = {1: [], threads: []}
    cosines = []
    for used, found in ratios.items():
        product_module._THREADS = sentence_module._THREADS = used  # noqa: SLF001 - both the same
        clock = time.process_time if used == 1 else time.perf_counter
        former.encode_many(texts[:8]), present.encode_many(texts[:8])
        for start in CHUNK_STARTS:
            chunk = texts[start : start + CHUNK]
            begun = clock()
            theirs = former.encode_many(chunk)
            between = clock()
            ours = present.encode_many(chunk)
            found.append((clock() - between) / (between - begun))
            cosines.append(float(np.einsum("ij,ij->i", ours, theirs).min()))
    ratio = statistics.median(ratios[1])
    print(f"products: ratio of processor time {ratio:.3f} (at most {AT_MOST_OF_PRODUCTS})")
    if threads > 1:
        print(f"of clocks, {threads} threads each: {statistics.median(ratios[threads]):.3f}")
    print(f"least cosine {min(cosines):.7f} (at least {SAME_VECTORS})")
    return ratio <= AT_MOST_OF_PRODUCTS and min(cosines) >= SAME_VECTORS


def _demo_texts() -> list[str]:
    """What `texts_for_embedding` would read of the demo's catalogue."""
    from apps.demo.domain.catalogue.generate import catalogue_generate

    catalogue = catalogue_generate(
        seed=7, count_wanted=5000, as_of=datetime(2026, 11, 1, tzinfo=UTC)
    )
    names = {one.path: one.name for one in catalogue.categories}
    return [
        " ".join((each.title, each.brand, names[each.category_path], each.description[:300]))
        for each in catalogue.products
    ]


def _loss(theirs: Callable[[str], object], ours: Callable[[str], object]) -> float:
    """The share of the semantic list's NDCG@10 that the export loses; negative is a gain."""
    from apps.catalog.selectors import pks_by_product_id
    from apps.common.domain.relevance import NotComputable, ndcg_at_k, paired_difference
    from apps.embeddings.services.model import embedding_model
    from apps.embeddings.services.publish_index import vectors_load
    from apps.explainability.domain.evaluation import answerable_queries, judgements_read

    with (ICECAT / "judgements.csv").open(encoding="utf-8", newline="") as handle:
        judgements = judgements_read(handle)
    dimension = len(np.ravel(np.asarray(ours("any"))))
    pks, vectors = vectors_load(embedding_model().name, dimension)
    judged = {product_id for ratings in judgements.values() for product_id in ratings}
    pk_of = pks_by_product_id(judged)

    def figures(encode: Callable[[str], object]) -> list[float]:
        found = []
        for query in answerable_queries(judgements):
            ratings = {str(pk_of[each]): rating for each, rating in judgements[query].items()}
            scores = vectors @ np.asarray(encode(query), dtype=np.float32).ravel()
            found.append(ndcg_at_k([str(pk) for pk in pks[np.argsort(-scores)[:10]]], ratings))
        return found

    base, small = figures(theirs), figures(ours)
    difference = paired_difference(small, base, seed=1)
    if isinstance(difference, NotComputable):
        sys.exit(difference.reason)
    mean = float(np.mean(base))
    loss = -difference.difference / mean
    low, high = -difference.high / mean, -difference.low / mean
    print(
        f"NDCG@10 of meaning alone, {len(base)} queries: {mean:.4f} with sentence-transformers, "
        f"{np.mean(small):.4f} with int8; loss {loss:+.2%} ({low:+.2%} … {high:+.2%}; "
        f"at most {MOST_LOSS:.0%})"
    )
    return loss


if __name__ == "__main__":
    sys.exit(main())
