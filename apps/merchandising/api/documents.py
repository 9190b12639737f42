"""What the API answers about rules and synonyms: structs, from which the schema is derived too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from apps.merchandising.contracts_rule_views import RuleView
from apps.merchandising.domain.rules.conflicts import RuleConflict
from apps.merchandising.domain.rules.wording import rule_words
from apps.publishing.contracts import VersionView

# Any JSON: what a condition or a consequence is to the answer's type.
Document = dict[str, Any]


class MerchandisingVersion(msgspec.Struct, frozen=True):
    """One numbered version; published ones never change."""

    number: int
    status: str
    approved: bool
    content: Document
    created_by: str
    reviewed_by: str
    published_by: str
    created_at: datetime
    submitted_at: datetime | None
    published_at: datetime | None
    superseded_at: datetime | None
    reason: str


class RuleContentAnswer(msgspec.Struct, frozen=True):
    """What a rule says; `words` says the same in a sentence."""

    title: str
    priority: int
    campaign: str
    reach: str
    conditions: Document
    consequences: list[Document]
    words: str


class RuleAnswer(msgspec.Struct, frozen=True):
    """A rule now; `rule` is what acts in its window, null while nothing of it is published.

    `state` is draft, in_review, scheduled, live, expired or retired.
    """

    key: str
    state: str
    version: int
    rule: RuleContentAnswer | None
    proposal: MerchandisingVersion | None


class RuleList(msgspec.Struct, frozen=True):
    """Rules by key; `after` is the last key when there may be more, else null."""

    results: list[RuleAnswer]
    after: str | None


class MerchandisingVersions(msgspec.Struct, frozen=True):
    """Versions, newest first."""

    results: list[MerchandisingVersion]


class RuleConflictAnswer(msgspec.Struct, frozen=True):
    """Two rules that contradict each other: what gives way, and why."""

    winner: str
    rule: str
    what: str
    why: str
    words: str


class RuleConflictList(msgspec.Struct, frozen=True):
    """Conflicts of one version with published rules."""

    version: int
    results: list[RuleConflictAnswer]


class RulesImportAnswer(msgspec.Struct, frozen=True):
    """Keys of the rules that were drafted, and of those that are published just so."""

    drafted: list[str]
    unchanged: list[str]


class SynonymsAnswer(msgspec.Struct, frozen=True):
    """The published synonyms (version 0: none), and what waits."""

    version: int
    entries: list[Document]
    proposal: MerchandisingVersion | None


def version_document(version: VersionView) -> MerchandisingVersion:
    """One version."""
    return MerchandisingVersion(
        number=version.number,
        status=version.status.value,
        approved=version.approved,
        content=dict(version.content),
        created_by=version.created_by,
        reviewed_by=version.reviewed_by,
        published_by=version.published_by,
        created_at=version.created_at,
        submitted_at=version.submitted_at,
        published_at=version.published_at,
        superseded_at=version.superseded_at,
        reason=version.reason,
    )


def versions_document(versions: Sequence[VersionView]) -> MerchandisingVersions:
    """A subject's versions."""
    return MerchandisingVersions([version_document(each) for each in versions])


def rule_document(view: RuleView) -> RuleAnswer:
    """One rule."""
    return RuleAnswer(
        key=view.key,
        state=view.state.value,
        version=view.live.number if view.live is not None else 0,
        rule=_content(view),
        proposal=None if view.proposal is None else version_document(view.proposal),
    )


def _content(view: RuleView) -> RuleContentAnswer | None:
    if view.rule is None or view.live is None:
        return None
    content: Document = {**view.live.content, "words": rule_words(view.rule)}
    del content["retired"]
    return RuleContentAnswer(**content)


def conflicts_document(
    version: VersionView, conflicts: Sequence[RuleConflict]
) -> RuleConflictList:
    """The conflicts of a version."""
    return RuleConflictList(
        version.number,
        [
            RuleConflictAnswer(
                winner=each.outdone.winner,
                rule=each.outdone.rule,
                what=each.outdone.what,
                why=each.outdone.why,
                words=each.words,
            )
            for each in conflicts
        ],
    )


def synonyms_document(live: VersionView | None, waiting: VersionView | None) -> SynonymsAnswer:
    """The synonyms."""
    entries: Any = live.content["entries"] if live is not None else []
    return SynonymsAnswer(
        version=live.number if live is not None else 0,
        entries=list(entries),
        proposal=None if waiting is None else version_document(waiting),
    )
