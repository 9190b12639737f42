"""How search works now: the published version, from memory; else what the environment says."""

from functools import lru_cache

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.publishing.contracts import VersionStatus
from apps.recommendations.selectors.personalised import personalisation_flags
from apps.search.domain.configuration import SETTINGS_SUBJECT, settings_of
from apps.search.domain.overrides import SearchSettings
from apps.search.models import SearchSettingsVersion

logger = structlog.get_logger(__name__)
_COLUMNS = (*SearchSettingsVersion.content_fields, "number")


def _load() -> SearchSettings | None:
    try:
        found = SearchSettingsVersion.objects.filter(
            subject=SETTINGS_SUBJECT, status=VersionStatus.PUBLISHED.value
        ).values(*_COLUMNS)
        row = found.first()
    except DatabaseFailure as error:
        if _published.is_loaded:
            raise  # the old ones stay
        connection.close()
        degraded_total.labels(component="search_settings", reason="database").inc()
        logger.warning("search_settings_default", reason=str(error))
        # Stale from the start: the next poll tries again.
        _published.mark_stale()
        return None
    return None if row is None else settings_of(**row)


_published: Snapshot[SearchSettings | None] = Snapshot(
    "search_settings", _load, versions=("search_settings",)
)


def search_settings() -> SearchSettings:
    """What is live; no SQL once loaded."""
    return _published.get() or settings_configured()


def settings_configured() -> SearchSettings:
    """What holds while nothing is published."""
    flags = personalisation_flags()
    return _configured(
        settings.SEARCH_FUSION,
        settings.SEARCH_FUSION_KEYWORD_WEIGHT,
        flags.session_weight,
        flags.revisit_weight,
    )


@lru_cache(maxsize=8)
def _configured(
    fusion: str, keyword_weight: float, session_weight: float, revisit_weight: float
) -> SearchSettings:
    return settings_of(
        fusion=fusion,
        keyword_weight=keyword_weight,
        semantic=True,
        synonyms=True,
        understanding=True,
        spelling=True,
        history=True,
        session=True,
        session_weight=session_weight,
        revisit_weight=revisit_weight,
    )


def settings_version(version_id: int) -> SearchSettings | None:
    """A version whatever its status; None when there is none."""
    row = SearchSettingsVersion.objects.filter(pk=version_id).values(*_COLUMNS)
    found = row.first()
    return None if found is None else settings_of(**found)
