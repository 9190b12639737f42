"""What a web process loads before its first shopper: keys, snapshots, index, encoder."""

import structlog

from apps.search.contracts import SearchRequest
from apps.search.services.core import search_core

logger = structlog.get_logger(__name__)


def search_warm() -> bool:
    """Run one search that nobody asked for; False, logged, when something was missing.

    A process that cannot warm up starts all the same: it serves degraded, and loads what was
    missing when it comes back.
    """
    try:
        core = search_core(SearchRequest(query="warm up", logged=False))
    except Exception:  # whatever fails here must not keep the process from starting
        logger.exception("search_warm_failed")
        return False
    if core.degraded:
        logger.warning("search_warm_degraded", degraded=core.degraded)
    return not core.degraded
