"""Runs every system over judged queries, with the code that answers shoppers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import numpy as np
from django.conf import settings
from django.db import connection

from apps.catalog.selectors import pks_by_product_id
from apps.common.errors import Unavailable
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.ranking.contracts import Int32
from apps.ranking.domain.scoring import order_by_score
from apps.search.contracts import SearchRequest
from apps.search.domain.evaluation import (
    DEPTH,
    Answered,
    Figure,
    Judgements,
    SystemRun,
    answerable_queries,
    answers_counted,
    definition,
    system_figures,
    systems_compared,
    unanswerable_queries,
)
from apps.search.domain.normalise import normalise
from apps.search.domain.overrides import SearchSettings
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.fallbacks import matching_of
from apps.search.selectors.retrieval import retrieval
from apps.search.selectors.understanding import query_understanding
from apps.search.selectors.vectors import semantic_list
from apps.search.services.core import core_hits, search_core

Progress = Callable[[int, int, str], None]
Figures = dict[str, dict[str, Figure]]
Report = dict[str, Figures | dict[str, str | int | float] | dict[str, object]]
_BASELINE = """
    SELECT product_id FROM catalog_product, plainto_tsquery('endcap', %(query)s) AS asked
    WHERE active AND search_vector @@ asked
    ORDER BY ts_rank_cd(search_vector, asked, 1) DESC, id LIMIT %(depth)s
"""


def evaluation_run(*, judgements: Judgements, progress: Progress) -> Report:
    """What every system scores over the database in use, who is better, and honesty.

    `definition` says what the figures mean, `systems` has them by name, `comparisons` the
    paired tests, `unanswerable` how the queries were answered that have no relevant product.

    Raises:
        Unavailable: no index or encoder: the semantic system cannot be measured.
    """
    queries = answerable_queries(judgements)
    runs: dict[str, SystemRun] = {}
    for done, (name, system) in enumerate(SYSTEMS.items()):
        progress(done, len(SYSTEMS), name)
        runs[name] = _run(system, queries)
    progress(len(SYSTEMS), len(SYSTEMS), "done")
    judged = {product_id for ratings in judgements.values() for product_id in ratings}
    unknown = len(judged) - len(pks_by_product_id(judged))
    return {
        "definition": definition(judgements, unknown),
        "systems": {name: system_figures(run, judgements) for name, run in runs.items()},
        "comparisons": systems_compared(runs, judgements),
        "unanswerable": _unanswerable(judgements),
    }


def _unanswerable(judgements: Judgements) -> dict[str, object]:
    answers = {query: _answered(query) for query in unanswerable_queries(judgements)}
    return {
        "queries": len(answers),
        "labels": answers_counted(answers),
        "answers": {query: asdict(answer) for query, answer in answers.items()},
    }


def _answered(query: str) -> Answered:
    core = search_core(SearchRequest(query=query, logged=False))
    matching, found = matching_of(core.scored), core.listing.found
    if not found:
        return Answered(0, "nothing")
    return Answered(found, matching.step or matching.keyword.value)


def _run(system: Callable[[str], Sequence[str]], queries: Sequence[str]) -> SystemRun:
    ranked = {query: system(query) for query in queries}  # also warms what is timed next
    latencies = []
    for query in queries:
        started = time.perf_counter()
        system(query)
        latencies.append((time.perf_counter() - started) * 1000.0)
    return SystemRun(ranked, latencies)


def _baseline(query: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_BASELINE, {"query": normalise(query), "depth": DEPTH})
        return [row[0] for row in cursor.fetchall()]


def _keyword(query: str) -> list[str]:
    how = replace(search_settings(), semantic=False)
    retrieved = retrieval(query_understanding(query, how), how)
    return _ids(retrieved.snapshot, retrieved.keyword.rows)


def _semantic(query: str) -> list[str]:
    snapshot = serving_snapshot()
    found = semantic_list(normalise(query), snapshot.columns, settings.SEMANTIC_SIMILARITY_FLOOR)
    if found is None:
        raise Unavailable("There is no index or no query encoder: run build_embeddings first.")
    return _ids(snapshot, found.rows)


def _hybrid(query: str) -> list[str]:
    return _fused(query, search_settings())


def _not_understood(query: str) -> list[str]:
    how = replace(search_settings(), understanding=False, spelling=False, synonyms=False)
    return _fused(query, how)


def _fused(query: str, how: SearchSettings) -> list[str]:
    retrieved = retrieval(query_understanding(query, how), how)
    candidates, columns = retrieved.candidates, retrieved.snapshot.columns
    keys = columns.pks[candidates.rows].astype(np.int64)
    order = order_by_score(candidates.search_score.astype(np.float64), keys)
    return _ids(retrieved.snapshot, candidates.rows[order])


def _served(query: str) -> list[str]:
    return _shown(SearchRequest(query=query, per_page=DEPTH, logged=False))


def _served_as_typed(query: str) -> list[str]:
    return _shown(
        SearchRequest(query=query, per_page=DEPTH, logged=False, spell=False, understand=False)
    )


def _shown(request: SearchRequest) -> list[str]:
    hits = core_hits(search_core(request), request)
    return [hit.document.product_id for hit in hits]


def _ids(snapshot: ServingSnapshot, rows: Int32) -> list[str]:
    return [snapshot.columns.product_ids.get(row) for row in rows[:DEPTH].tolist()]


SYSTEMS: dict[str, Callable[[str], Sequence[str]]] = {
    "baseline": _baseline,
    "keyword": _keyword,
    "semantic": _semantic,
    "not_understood": _not_understood,
    "hybrid": _hybrid,
    "served_as_typed": _served_as_typed,
    "served": _served,
}
