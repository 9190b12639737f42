"""Strategies that raised: logged with what they raised, and named where an answer is told."""

import structlog

from apps.recommendations.domain.recommending import Recommended

logger = structlog.get_logger(__name__)


def strategies_failed(shelf: Recommended) -> tuple[str, ...]:
    """`strategy:<name>` of each, as `degraded` and its counter name them."""
    for each in shelf.failed:
        logger.error("strategy_raised", strategy=each.name.value, exc_info=each.error)
    return tuple(f"strategy:{each.name.value}" for each in shelf.failed)
