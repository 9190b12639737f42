"""Reads of kept records."""

from uuid import UUID

import structlog

from apps.common.observability.metrics import degraded_total
from apps.ranking.domain.kept import KeptRecord, KeptUnreadable, record_decode
from apps.ranking.models import RankingRecord

logger = structlog.get_logger(__name__)


def record_kept(record_id: UUID) -> KeptRecord | None:
    """The record of this id; None when there is none, or none that this release reads."""
    packed = RankingRecord.objects.filter(pk=record_id).values_list("packed", flat=True).first()
    if packed is None:
        return None
    try:
        return record_decode(bytes(packed))
    except KeptUnreadable as error:
        degraded_total.labels(component="ranking_record", reason="unreadable").inc()
        logger.warning("ranking_record_unreadable", record=str(record_id), reason=str(error))
        return None
