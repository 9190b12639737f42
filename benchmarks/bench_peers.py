"""Search beside engines that install from PyPI, on icecat's judged queries, in one run.

    pip install -r requirements/peers.txt && python -m benchmarks.bench_peers

tantivy (Lucene's kind, in Rust), bm25s (BM25 in numpy) and Whoosh (what django-haystack stores
into without a server). Each indexes the same texts of the same products, with English stems
and, where it has fields, the title counting three times; any word may match. Ours is measured
without its page and log: `words` is the lexicon's list alone, `hybrid` the whole core with
meaning, weights and the page's documents. One query at a time, warm, one after the other.
Uses the database `endcap_eval`, and fills it when it is empty.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.bench_search import ICECAT, _prepare

DEPTH = 10
TITLE_WEIGHT = 3.0
FIELDS = ("title", "brand", "codes", "category", "attributes", "description")

Ask = Callable[[str], Sequence[str]]


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    from apps.explainability.domain.evaluation import answerable_queries, judgements_read

    with (ICECAT / "judgements.csv").open(encoding="utf-8", newline="") as handle:
        judgements = judgements_read(handle)
    queries = answerable_queries(judgements)
    texts = list(_texts())
    print(f"{len(texts)} products, {len(queries)} queries")
    ours: dict[str, float] = {}
    for name, make in ENGINES.items():
        module = REQUIRED.get(name)
        if module is not None and find_spec(module) is None:
            print(f"{name:9} left out: pip install -r requirements/peers.txt")
            continue
        started = time.perf_counter()
        ask = make(texts)
        indexed = time.perf_counter() - started
        ours[name] = _measured(name, ask, queries, judgements, indexed)
    peers = [figure for name, figure in ours.items() if name in REQUIRED]
    passed = not peers or ours["hybrid"] > max(peers)
    print("passed" if passed else "MISSED: another engine ranks better")
    return 0 if passed else 1


def _texts() -> Iterator[tuple[str, ...]]:
    """Product id and the fields of FIELDS, of every active product."""
    from apps.catalog.models import Product

    rows = Product.objects.filter(active=True).values_list(
        "product_id", "title", "brand", "mpn", "category_name", "attributes_text", "description"
    )
    yield from rows.iterator(chunk_size=2000)


def _measured(
    name: str,
    ask: Ask,
    queries: Sequence[str],
    judgements: Mapping[str, Mapping[str, int]],
    indexed_s: float,
) -> float:
    from apps.common.domain.relevance import ndcg_at_k

    for query in queries:
        ask(query)
    figures, spent = [], []
    for query in queries:
        started = time.perf_counter()
        found = ask(query)
        spent.append((time.perf_counter() - started) * 1000.0)
        figures.append(ndcg_at_k(list(found), judgements[query], DEPTH))
    p50, p95 = np.quantile(spent, [0.5, 0.95])
    mean = float(np.mean(figures))
    made = f"indexed in {indexed_s:.1f} s" if name in REQUIRED else ""
    print(f"{name:9} NDCG@10 {mean:.3f}  p50 {p50:.2f} ms  p95 {p95:.2f} ms  {made}")
    return mean


def _words(_texts: Sequence[tuple[str, ...]]) -> Ask:
    from apps.search.services.systems import SYSTEMS

    return SYSTEMS["keyword"]


def _hybrid(_texts: Sequence[tuple[str, ...]]) -> Ask:
    from apps.search.contracts import SearchRequest
    from apps.search.services.core import core_hits, search_core

    def ask(query: str) -> list[str]:
        request = SearchRequest(query=query, per_page=DEPTH, logged=False)
        return [hit.document.product_id for hit in core_hits(search_core(request), request)]

    return ask


def _tantivy(texts: Sequence[tuple[str, ...]]) -> Ask:
    tantivy: Any = import_module("tantivy")
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("product_id", stored=True, tokenizer_name="raw")
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="en_stem")
    index = tantivy.Index(builder.build())
    writer = index.writer(128_000_000, 1)
    for row in texts:
        named: dict[str, Any] = dict(zip(("product_id", *FIELDS), row, strict=True))
        writer.add_document(tantivy.Document(**named))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def ask(query: str) -> list[str]:
        parsed, _errors = index.parse_query_lenient(
            query, list(FIELDS), field_boosts={"title": TITLE_WEIGHT}
        )
        hits = searcher.search(parsed, DEPTH, count=False).hits
        return [str(searcher.doc(address)["product_id"][0]) for _score, address in hits]

    return ask


def _bm25s(texts: Sequence[tuple[str, ...]]) -> Ask:
    import Stemmer

    bm25s: Any = import_module("bm25s")
    stemmer = Stemmer.Stemmer("english")
    ids = [row[0] for row in texts]
    whole = [" ".join(row[1:]) for row in texts]
    retriever = bm25s.BM25()
    tokens = bm25s.tokenize(whole, stopwords="en", stemmer=stemmer, show_progress=False)
    retriever.index(tokens, show_progress=False)

    def ask(query: str) -> list[str]:
        asked = bm25s.tokenize(
            query, stopwords="en", stemmer=stemmer, show_progress=False, return_ids=False
        )
        if not asked[0]:
            return []
        rows, _scores = retriever.retrieve(asked, k=DEPTH, show_progress=False)
        return [ids[int(row)] for row in rows[0]]

    return ask


def _whoosh(texts: Sequence[tuple[str, ...]]) -> Ask:
    fields: Any = import_module("whoosh.fields")
    parsing: Any = import_module("whoosh.qparser")
    analyzer = import_module("whoosh.analysis").StemmingAnalyzer()
    texts_of = {field: fields.TEXT(analyzer=analyzer) for field in FIELDS}
    schema = fields.Schema(product_id=fields.ID(stored=True), **texts_of)
    # Kept until the process ends: the searcher reads from it.
    folder = tempfile.TemporaryDirectory()
    _folders.append(folder)
    made = import_module("whoosh.index").create_in(folder.name, schema)
    writer = made.writer(limitmb=512)
    for row in texts:
        writer.add_document(**dict(zip(("product_id", *FIELDS), row, strict=True)))
    writer.commit()
    searcher = made.searcher()
    parser = parsing.MultifieldParser(
        list(FIELDS), schema, fieldboosts={"title": TITLE_WEIGHT}, group=parsing.OrGroup
    )

    def ask(query: str) -> list[str]:
        found = searcher.search(parser.parse(query), limit=DEPTH)
        return [hit["product_id"] for hit in found]

    return ask


_folders: list[tempfile.TemporaryDirectory[str]] = []
ENGINES: dict[str, Callable[[Sequence[tuple[str, ...]]], Ask]] = {
    "words": _words,
    "hybrid": _hybrid,
    "tantivy": _tantivy,
    "bm25s": _bm25s,
    "whoosh": _whoosh,
}
REQUIRED = {"tantivy": "tantivy", "bm25s": "bm25s", "whoosh": "whoosh"}


if __name__ == "__main__":
    sys.exit(main())
