"""Learning weights from the shop's own searches, and proposing them as drafts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from apps.access.services import Actor
from apps.catalog.selectors import category_tree_fresh
from apps.common.errors import InvalidInput
from apps.features.selectors_lists import logged_lists
from apps.publishing.contracts import VersionStatus, VersionView
from apps.publishing.settling import version_drop
from apps.ranking_weights.contracts import GLOBAL_SUBJECT
from apps.ranking_weights.domain.learning.hierarchy import Live, sets_learn
from apps.ranking_weights.domain.learning.told import (
    Document,
    learned_document,
    learned_note,
    propensities_document,
    weights_rounded,
)
from apps.ranking_weights.domain.learning.values import (
    Learned,
    LearningRefused,
    LearntSets,
    Reason,
)
from apps.ranking_weights.models import LearnedEvidence
from apps.ranking_weights.selectors_learning import live_for
from apps.ranking_weights.services import KIND, weights_draft_create

logger = structlog.get_logger(__name__)
WINDOW_DAYS = 28
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class LearningReport:
    """What one run did.

    Attributes:
        since, until: the window.
        searches: lists that were read.
        refused: why nothing was learnt; None when something was.
        message: the same in words.
        propensities: JSON.
        sets: a document each, with `version` (of its draft, or null) and `note`.
    """

    since: datetime
    until: datetime
    searches: int
    refused: Reason | None
    message: str
    propensities: Document
    sets: tuple[Document, ...]

    @property
    def drafts(self) -> int:
        """How many sets were proposed."""
        return sum(one["version"] is not None for one in self.sets)


def weights_learn(
    *,
    as_of: datetime,
    days: int = WINDOW_DAYS,
    category: str = "",
    dry_run: bool = False,
    actor: Actor = None,
) -> LearningReport:
    """Learn every subject's weights, and draft those that held-back searches show to be better.

    A draft that an earlier run made, and nobody has taken up, gives way to the new one. Nothing
    goes live: a person submits, approves and publishes it like any other.

    Args:
        as_of: aware; the window's end.
        days: its length.
        category: draft this subject only (a category's path, or `global`).
        dry_run: draft nothing.
        actor: who asked for it; None for the job.

    Raises:
        InvalidInput: no such category, or no such window.
    """
    _checked(category, days)
    since = as_of - timedelta(days=days)
    lists = logged_lists(since=since, until=as_of)
    live = live_for(set(lists.paths))
    try:
        learnt = sets_learn(lists, live)
    except LearningRefused as refused:
        return LearningReport(since, as_of, len(lists), refused.reason, str(refused), {}, ())
    wanted = [each for each in learnt.sets if category in {"", each.subject}]
    told = tuple(
        _told(_whole(each), learnt, live, dry_run=dry_run, actor=actor) for each in wanted
    )
    curve = propensities_document(learnt.propensities)
    return LearningReport(since, as_of, len(lists), None, "", curve, told)


def _checked(category: str, days: int) -> None:
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"A window has 1 to {MOST_DAYS} days.", field="days")
    if category in {"", GLOBAL_SUBJECT}:
        return
    if category_tree_fresh().by_path(category) is None:
        raise InvalidInput(f"There is no category '{category}'.", field="category")


def _whole(learned: Learned) -> Learned:
    return replace(learned, weights=weights_rounded(learned.weights))


def _told(
    learned: Learned, learnt: LearntSets, live: Live, *, dry_run: bool, actor: Actor
) -> Document:
    document = learned_document(learned, learnt.propensities, live.weights[learned.subject])
    document["unlearnt"] = list(learnt.unlearnt)
    document["note"] = note = learned_note(learned, learnt)
    if dry_run or learned.reason is not None:
        return {**document, "version": None}
    draft = _proposed(learned, document, note, actor)
    logger.info("weights_proposed", subject=learned.subject, number=draft.number)
    return {**document, "version": draft.number}


def _proposed(learned: Learned, document: Document, note: str, actor: Actor) -> VersionView:
    """A draft with its evidence, in place of one that nobody took up."""
    with transaction.atomic():
        former = LearnedEvidence.objects.filter(
            version__subject=learned.subject,
            version__status=VersionStatus.DRAFT.value,
            version__created_by__isnull=True,
        )
        for version_id in former.values_list("version_id", flat=True):
            version_drop(kind=KIND, version_id=version_id, actor=actor, reason="newer evidence")
        draft = weights_draft_create(subject=learned.subject, weights=learned.weights, actor=actor)
        LearnedEvidence.objects.create(
            version_id=draft.id, weights=dict(learned.weights), note=note, evidence=document
        )
    return draft
