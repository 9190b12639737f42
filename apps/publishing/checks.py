"""Asking every check; one that fails to answer never sinks the others."""

from collections.abc import Sequence

import structlog
from django.db import transaction

from apps.common.errors import ApplicationError, Conflict
from apps.publishing.contracts import (
    Finding,
    FindingLevel,
    PublishCheck,
    VersionView,
    publish_checks,
)

logger = structlog.get_logger(__name__)


def findings_of(version: VersionView, live: VersionView | None) -> tuple[Finding, ...]:
    """What the house's own check and the registered ones say."""
    findings = [*_base_moved(version, live)]
    for check in publish_checks(version.kind):
        findings.extend(_ask(check, version))
    return tuple(findings)


def _base_moved(version: VersionView, live: VersionView | None) -> list[Finding]:
    """Somebody published since this draft was begun: publishing it undoes their change."""
    now = live.number if live else None
    if version.based_on == now:
        return []
    was = f"version {version.based_on}" if version.based_on else "nothing"
    return [
        Finding(
            FindingLevel.WARNING,
            "base_moved",
            f"This draft was begun when {was} was live; version {now} is live now and its "
            "changes would be undone.",
        )
    ]


def _ask(check: PublishCheck, version: VersionView) -> list[Finding]:
    try:
        with transaction.atomic():
            return list(check(version))
    except Exception as error:  # a check that breaks must not stop a publish by itself
        logger.exception("publish_check_failed", kind=version.kind, check=check.__qualname__)
        return [
            Finding(
                FindingLevel.WARNING,
                "check_failed",
                f"The check {check.__qualname__} could not be computed: {error}",
            )
        ]


def findings_weigh(findings: Sequence[Finding], *, acknowledged: bool) -> None:
    """Refuse on errors, and on warnings that nobody acknowledged.

    Raises:
        ApplicationError: `publish_checks_failed`.
        Conflict: `publish_warnings`.
    """
    told = [
        {"level": finding.level.value, "code": finding.code, "message": finding.message}
        for finding in findings
    ]
    levels = {finding.level for finding in findings}
    if FindingLevel.ERROR in levels:
        raise ApplicationError(
            "A check refuses this version.",
            code="publish_checks_failed",
            extra={"findings": told},
        )
    if FindingLevel.WARNING in levels and not acknowledged:
        raise Conflict(
            "There are warnings; publish again and acknowledge them.",
            code="publish_warnings",
            extra={"findings": told},
        )
