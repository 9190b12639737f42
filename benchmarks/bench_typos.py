"""NDCG@10 of the judged queries with one word mistyped: corrected, as typed, and spelt right.

The same slips each run (seeded), the code that answers shoppers, the database `endcap_eval` of
the embedded server (as `bench_search` fills it). The difference is paired by query.
"""

import os
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.spelling_cases import ICECAT, mistyped, query_cases

ROUNDS, RESAMPLED, CUT = 3, 2_000, 10
# Of what misspelling costs, the share that correcting must win back.
WON_BACK_LEAST = 0.6


@dataclass(frozen=True)
class Typed:
    """A judged query and what was typed for it."""

    query: str
    typed: str


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.environ.setdefault("ENDCAP_DATABASE", "endcap_eval")
    os.environ["LOG_LEVEL"] = "ERROR"
    from benchmarks.bench_search import _prepare

    _prepare()
    from apps.explainability.domain.evaluation import answerable_queries, judgements_read

    with (ICECAT / "judgements.csv").open(encoding="utf-8", newline="") as handle:
        judgements = judgements_read(handle)
    cases = _typed(answerable_queries(judgements))
    right = _scores([(case.query, case.query, True) for case in cases], judgements)
    as_typed = _scores([(case.query, case.typed, False) for case in cases], judgements)
    corrected = _scores([(case.query, case.typed, True) for case in cases], judgements)
    print(
        f"{len(cases)} typed queries, NDCG@10: spelt right {right.mean():.3f}, "
        f"as typed {as_typed.mean():.3f}, corrected {corrected.mean():.3f}"
    )
    gain = corrected - as_typed
    chance = np.random.default_rng(1)
    draws = chance.integers(len(gain), size=(RESAMPLED, len(gain)))
    low, high = np.quantile(gain[draws].mean(axis=1), [0.025, 0.975])
    print(
        f"corrected - as typed: {gain.mean():+.3f} ({low:+.3f} … {high:+.3f}), "
        f"worse in {np.count_nonzero(gain < 0)}, better in {np.count_nonzero(gain > 0)}"
    )
    won_back = gain.mean() / (right.mean() - as_typed.mean())
    print(f"won back {won_back:.0%} of what misspelling costs (at least {WON_BACK_LEAST:.0%})")
    return 0 if won_back >= WON_BACK_LEAST else 1


def _typed(queries: list[str]) -> list[Typed]:
    """Each query several times, with one slip in one of its words of four letters or more."""
    chance = random.Random(20261121)
    found = []
    for query in queries:
        for before, word, after in query_cases([query], chance, ROUNDS):
            found.append(Typed(query, " ".join((*before, mistyped(word, chance), *after))))
    return found


def _scores(
    asked: Sequence[tuple[str, str, bool]], judgements: Mapping[str, Mapping[str, int]]
) -> NDArray[np.float64]:
    from apps.common.domain.relevance import ndcg_at_k
    from apps.search.contracts import SearchRequest
    from apps.search.services.core import core_hits, search_core

    found = []
    for query, typed, spell in asked:
        request = SearchRequest(query=typed, spell=spell, logged=False, per_page=CUT)
        hits = core_hits(search_core(request), request)
        ranked = [hit.document.product_id for hit in hits]
        found.append(ndcg_at_k(ranked, judgements[query], CUT))
    return np.array(found)


if __name__ == "__main__":
    sys.exit(main())
