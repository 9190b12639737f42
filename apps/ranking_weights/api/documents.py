"""What the API answers: closed documents, described in `schema` from these very types."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from apps.features.contracts import FEATURE_NAMES
from apps.publishing.api.views import MOST_VERSIONS
from apps.publishing.contracts import VersionView
from apps.publishing.selectors import live_version, live_versions, subject_versions
from apps.ranking_weights.contracts import GLOBAL_SUBJECT
from apps.ranking_weights.domain.resolve import weights_resolve_from
from apps.ranking_weights.selectors import published_weight_sets
from apps.ranking_weights.selectors_evidence import evidence_notes
from apps.ranking_weights.services import KIND

_OPEN = ("draft", "in_review")


class WeightsVersion(msgspec.Struct, frozen=True):
    """One version of a subject's weights."""

    subject: str
    version: int
    status: str
    approved: bool
    weights: Mapping[str, float]
    based_on: int | None
    created_by: str
    created_at: datetime
    reviewed_by: str
    published_by: str
    published_at: datetime | None
    reason: str
    evidence: str


class WeightsInForce(msgspec.Struct, frozen=True):
    """Which set ranks a subject now, and every link that was looked at for it."""

    source: str
    subject: str
    version: int
    weights: Mapping[str, float]
    chain: tuple[str, ...]


class WeightsAnswer(msgspec.Struct, frozen=True):
    """A subject: what is published for it, what ranks it, and what waits."""

    subject: str
    published: WeightsVersion | None
    in_force: WeightsInForce
    waiting: tuple[WeightsVersion, ...]


class WeightsList(msgspec.Struct, frozen=True):
    """Every published set, global first."""

    results: tuple[WeightsVersion, ...]
    in_force: WeightsInForce


class WeightsVersions(msgspec.Struct, frozen=True):
    """A subject's versions, newest first."""

    subject: str
    results: tuple[WeightsVersion, ...]


def subject_document(subject: str) -> WeightsAnswer:
    """One subject, whole."""
    live = live_version(kind=KIND, subject=subject)
    versions = subject_versions(kind=KIND, subject=subject, limit=MOST_VERSIONS)
    waiting = [each for each in versions if each.status.value in _OPEN]
    notes = evidence_notes(each.id for each in (*waiting, *([live] if live else ())))
    return WeightsAnswer(
        subject,
        None if live is None else _version(live, notes),
        in_force(subject),
        tuple(_version(each, notes) for each in waiting),
    )


def published_document() -> WeightsList:
    """What is published."""
    live = sorted(live_versions(kind=KIND), key=lambda one: (one.subject != GLOBAL_SUBJECT,
                                                             one.subject))  # fmt: skip
    notes = evidence_notes(each.id for each in live)
    return WeightsList(tuple(_version(each, notes) for each in live), in_force(GLOBAL_SUBJECT))


def versions_document(subject: str, limit: int) -> WeightsVersions:
    """What there is of a subject."""
    versions = subject_versions(kind=KIND, subject=subject, limit=limit)
    notes = evidence_notes(each.id for each in versions)
    return WeightsVersions(subject, tuple(_version(each, notes) for each in versions))


def version_document(version: VersionView) -> WeightsVersion:
    """One version."""
    return _version(version, evidence_notes([version.id]))


def in_force(subject: str) -> WeightsInForce:
    """The set that a request of this category is ranked by while every feature has a source."""
    found = weights_resolve_from(
        published=published_weight_sets(),
        category_path=None if subject == GLOBAL_SUBJECT else subject,
        available=frozenset(FEATURE_NAMES),
    )
    return WeightsInForce(
        found.source, found.subject, found.number, dict(found.weights), found.chain
    )


def _version(view: VersionView, notes: Mapping[int, str]) -> WeightsVersion:
    weights = view.content["weights"]
    if not isinstance(weights, Mapping):
        raise TypeError(type(weights))
    return WeightsVersion(
        subject=view.subject,
        version=view.number,
        status=view.status.value,
        approved=view.approved,
        weights=msgspec.convert(weights, dict[str, float]),
        based_on=view.based_on,
        created_by=view.created_by,
        created_at=view.created_at,
        reviewed_by=view.reviewed_by,
        published_by=view.published_by,
        published_at=view.published_at,
        reason=view.reason,
        evidence=notes.get(view.id, ""),
    )
