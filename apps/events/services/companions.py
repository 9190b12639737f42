"""Rows of other apps that came with the query log, handed to their owners."""

from collections.abc import Sequence

import structlog
from prometheus_client import Counter

from apps.events.contracts_companions import companion_table
from apps.events.domain.query_codec import Companion
from apps.events.selectors import coverage_of_table

logger = structlog.get_logger(__name__)
companions_total = Counter(
    "endcap_event_companions_total",
    "Rows that came with the query log for another app, by outcome: stored, replayed, unknown "
    "(nobody takes them), no_partition.",
    ["name", "outcome"],
)


def companions_store(companions: Sequence[Companion]) -> int:
    """Insert what is new, inside the caller's transaction; how many were.

    What cannot be stored is counted and left out: it must not cost the search beside it.
    """
    stored = 0
    for name in dict.fromkeys(each.name for each in companions):
        stored += _named_store(name, [each for each in companions if each.name == name])
    return stored


def _named_store(name: str, companions: Sequence[Companion]) -> int:
    table = companion_table(name)
    if table is None:
        companions_total.labels(name, "unknown").inc(len(companions))
        logger.warning("companion_unknown", name=name, rows=len(companions))
        return 0
    held = coverage_of_table(table.table)
    rows = sorted({each.id: each.packed for each in companions if held.holds(each.id)}.items())
    stored = table.store(rows) if rows else 0
    companions_total.labels(name, "stored").inc(stored)
    companions_total.labels(name, "replayed").inc(len(rows) - stored)
    companions_total.labels(name, "no_partition").inc(len(companions) - len(rows))
    return stored
