"""The published synonyms and abbreviations, from memory."""

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.merchandising.contracts import DEFAULT_SUBJECT, NO_SYNONYMS, SynonymIndex
from apps.merchandising.domain.abbreviations import built_in_index
from apps.merchandising.domain.synonyms import entries_parse, synonym_index_build
from apps.merchandising.models import (
    AbbreviationSetVersion,
    EntriesVersion,
    SynonymSetVersion,
)
from apps.publishing.contracts import VersionStatus

logger = structlog.get_logger(__name__)


def _published(model: type[EntriesVersion]) -> SynonymIndex | None:
    """What is published; None: nothing."""
    found = (
        model._default_manager.filter(  # noqa: SLF001 - Django's documented way to a model's first manager
            subject=DEFAULT_SUBJECT, status=VersionStatus.PUBLISHED.value
        )
        .values_list("number", "entries")
        .first()
    )
    return None if found is None else synonym_index_build(entries_parse(found[1]), found[0])


def _missing(name: str, held: Snapshot[SynonymIndex], error: DatabaseFailure) -> None:
    """Go on without what cannot be read, unless older ones are at hand."""
    if held.is_loaded:
        raise error
    connection.close()
    degraded_total.labels(component=name, reason="database").inc()
    logger.warning("merchandising_none", missing=name, reason=str(error))
    # Stale from the start: the next poll tries again.
    held.mark_stale()


def _synonyms_load() -> SynonymIndex:
    try:
        return _published(SynonymSetVersion) or NO_SYNONYMS
    except DatabaseFailure as error:
        _missing("synonyms", _synonyms, error)
        return NO_SYNONYMS


def _abbreviations_load() -> SynonymIndex:
    try:
        return _published(AbbreviationSetVersion) or built_in_index()
    except DatabaseFailure as error:
        _missing("abbreviations", _abbreviations, error)
        return built_in_index()


_synonyms: Snapshot[SynonymIndex] = Snapshot("synonyms", _synonyms_load, versions=("synonyms",))
_abbreviations: Snapshot[SynonymIndex] = Snapshot(
    "abbreviations", _abbreviations_load, versions=("abbreviations",)
)


def synonyms() -> SynonymIndex:
    """What is live now; no SQL once loaded."""
    return _synonyms.get()


def abbreviations() -> SynonymIndex:
    """What is live now, else the built-in ones; no SQL once loaded."""
    return _abbreviations.get()
