"""The vector index at 20,000, 200,000 and a million products: how it is kept, time, recall.

    python -m benchmarks.bench_vectors [20000 200000 1000000]

Vectors are icecat's, multiplied: each further one is a product's own, moved as another title of
the same product would move it (cosine 0.91). Queries are the judged ones. For each size the
index that size gets, against the exact 8-bit scan of the same vectors: one thread, interleaved.
Recall@100 is against exact float vectors. Uses the database `endcap_eval`, and fills it when it
is empty.
"""

import sys
import time

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.bench_search import ICECAT, _prepare, _queries

SIZES = (20_000, 200_000, 1_000_000)
ROUNDS = 3
K = 100
LEAST_RECALL = 0.98
_MOVED = 0.45
_CHUNK = 20_000

Vectors = NDArray[np.float32]


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    from apps.embeddings.selectors import query_vector
    from apps.embeddings.services.model import embedding_model
    from apps.embeddings.services.publish_index import vectors_load

    found = [query_vector(query) for query in _queries()]
    queries = np.array([vector for vector in found if vector is not None], dtype=np.float32)
    _, own = vectors_load(embedding_model().name, queries.shape[1])
    sizes = [int(each) for each in sys.argv[1:]] or list(SIZES)
    recalls = [_measured(_multiplied(own, size), queries) for size in sizes]
    passed = min(recalls) >= LEAST_RECALL
    print("passed" if passed else "MISSED")
    return 0 if passed else 1


def _multiplied(own: Vectors, size: int) -> Vectors:
    generator = np.random.default_rng(1)
    made = np.empty((size, own.shape[1]), dtype=np.float32)
    made[: len(own)] = own[:size]
    for start in range(len(own), size, _CHUNK):
        end = min(start + _CHUNK, size)
        base = own[generator.integers(0, len(own), end - start)]
        moved = base + _MOVED / np.sqrt(own.shape[1]) * generator.standard_normal(
            base.shape, dtype=np.float32
        )
        made[start:end] = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return made


def _measured(vectors: Vectors, queries: Vectors) -> float:
    from apps.embeddings.engines.faiss_cells import exact_nearest
    from apps.embeddings.engines.faiss_index import SQ8, FaissIndex

    started, before = time.perf_counter(), psutil.Process().memory_info().rss
    index = FaissIndex.build(vectors)
    built, memory = time.perf_counter() - started, psutil.Process().memory_info().rss - before
    scan = index if index.kind == SQ8 else FaissIndex.build(vectors, SQ8)
    spent: dict[str, list[float]] = {"chosen": [], "scan": []}
    hits = 0
    nearest = exact_nearest(vectors, queries, K).tolist()
    for round_number in range(ROUNDS):
        for vector, exact in zip(queries, nearest, strict=True):
            for name, engine in (("chosen", index), ("scan", scan)):
                began = time.perf_counter()
                rows, _ = engine.search(vector, K, None)
                spent[name].append((time.perf_counter() - began) * 1000.0)
                if name == "chosen" and not round_number:
                    hits += len(set(rows.tolist()) & set(exact))
    recall = hits / (K * len(queries))
    p50, p95 = np.quantile(spent["chosen"], [0.5, 0.95])
    ratio = p50 / np.median(spent["scan"])
    print(
        f"{len(vectors):>9,} vectors: {index.kind:8} built in {built:6.1f} s, "
        f"{memory / 2**20:6.0f} MiB more, p50 {p50:.2f} ms, p95 {p95:.2f} ms, "
        f"{ratio:.3f} of the 8-bit scan, recall@{K} {recall:.4f} (at least {LEAST_RECALL})",
        flush=True,
    )
    return recall


if __name__ == "__main__":
    sys.exit(main())
