"""The published synonyms, from memory."""

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.merchandising.contracts import DEFAULT_SUBJECT, SynonymIndex
from apps.merchandising.domain.synonyms import entries_parse, synonym_index_build
from apps.merchandising.models import SynonymSetVersion
from apps.publishing.contracts import VersionStatus

logger = structlog.get_logger(__name__)


def _load() -> SynonymIndex:
    try:
        found = (
            SynonymSetVersion.objects.filter(
                subject=DEFAULT_SUBJECT, status=VersionStatus.PUBLISHED.value
            )
            .values_list("number", "entries")
            .first()
        )
    except DatabaseFailure as error:
        if _synonyms.is_loaded:
            raise  # the old ones stay
        connection.close()
        degraded_total.labels(component="synonyms", reason="database").inc()
        logger.warning("synonyms_none", reason=str(error))
        # Stale from the start: the next poll tries again.
        _synonyms.mark_stale()
        return synonym_index_build((), 0)
    if found is None:
        return synonym_index_build((), 0)
    number, entries = found
    return synonym_index_build(entries_parse(entries), number)


_synonyms: Snapshot[SynonymIndex] = Snapshot("synonyms", _load, versions=("synonyms",))


def synonyms() -> SynonymIndex:
    """What is live now; no SQL once loaded."""
    return _synonyms.get()
