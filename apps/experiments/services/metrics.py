"""Writes of metric definitions: drafts here, reviews and publishing in `publishing`."""

import json
import re
from collections.abc import Mapping
from typing import cast

from django.db import connection, transaction
from django.utils import timezone

from apps.access.services import Actor, audit_record
from apps.common.errors import InvalidInput
from apps.common.services import version_bump
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.metrics import MetricInvalid
from apps.experiments.domain.metrics.reading import metric_read, metric_written
from apps.experiments.domain.metrics.shipped import SHIPPED
from apps.experiments.models import MetricVersion
from apps.experiments.selectors.metrics import METRIC_KIND
from apps.publishing.contracts import JsonValue, VersionView
from apps.publishing.services import draft_create, draft_update

SNAPSHOT_VERSION = "experiments"
SHIPPED_REASON = "shipped with the platform"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,99}")
_SHIP = f"""
    INSERT INTO experiments_metricversion
        (subject, number, status, created_at, published_at, reason, definition)
    VALUES (%s, 1, 'published', %s, %s, '{SHIPPED_REASON}', %s)
    ON CONFLICT DO NOTHING
"""


def metric_draft_create(*, key: str, definition: Json, actor: Actor) -> VersionView:
    """A draft of a metric; publishing makes it usable in new experiments.

    Raises:
        InvalidInput: a key that is none, or a definition that cannot be computed; `field`
            names which part.
    """
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            "A metric's key is lower-case letters, digits and underscores, a letter first.",
            field="key",
        )
    return draft_create(kind=METRIC_KIND, subject=key, content=_content(definition), actor=actor)


def metric_draft_update(*, version_id: int, definition: Json, actor: Actor) -> VersionView:
    """The draft with another definition.

    Raises:
        InvalidInput: a definition that cannot be computed; `field` names which part.
        Conflict: it is no draft any more.
        Forbidden: somebody else's draft.
    """
    return draft_update(
        kind=METRIC_KIND, version_id=version_id, content=_content(definition), actor=actor
    )


def metrics_ensure_shipped(*, actor: Actor = None) -> tuple[str, ...]:
    """Publish the shipped metrics that have no version at all yet; the keys that were new.

    They come with the software and are nobody's decision, so no second person is asked, also
    where people's own metrics need one. What people made or changed stays.
    """
    known = set(MetricVersion.objects.values_list("subject", flat=True).distinct())
    missing = tuple(key for key in SHIPPED if key not in known)
    if missing:
        with transaction.atomic():
            for key in missing:
                _ship(key, actor)
            version_bump(SNAPSHOT_VERSION)
    return missing


def _ship(key: str, actor: Actor) -> None:
    content = dict(_content(metric_written(SHIPPED[key])))
    now = timezone.now()
    # A second process that ships at the same moment inserts nothing.
    with connection.cursor() as cursor:
        cursor.execute(_SHIP, [key, now, now, json.dumps(content["definition"])])
        new = cursor.rowcount
    if new:
        audit_record(
            actor=actor,
            action="version.publish",
            subject_type=METRIC_KIND,
            subject_id=f"{key}@1",
            after=content,
            reason=SHIPPED_REASON,
        )


def _content(definition: Json) -> Mapping[str, JsonValue]:
    """The definition in its full, canonical form."""
    try:
        document = metric_written(metric_read(definition))
    except MetricInvalid as error:
        raise InvalidInput(error.message, field=f"definition.{error.field}") from error
    return cast("Mapping[str, JsonValue]", {"definition": document})
