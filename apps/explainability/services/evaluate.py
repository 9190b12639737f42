"""Runs every system over judged queries, with the code that answers shoppers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

from apps.catalog.selectors import pks_by_product_id
from apps.explainability.domain.evaluation import (
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
from apps.search.contracts import SearchRequest
from apps.search.selectors.fallbacks import matching_of
from apps.search.services.core import search_core
from apps.search.services.systems import SYSTEMS

Progress = Callable[[int, int, str], None]
Figures = dict[str, dict[str, Figure]]
Report = dict[str, Figures | dict[str, str | int | float] | dict[str, object]]


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
