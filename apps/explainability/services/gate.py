"""Does this lower judged relevance? Asked in CI, before publishing, and by previews."""

import hashlib
from dataclasses import dataclass
from time import monotonic

from django.conf import settings

from apps.access.services import Actor
from apps.common.errors import Conflict, InvalidInput
from apps.explainability.contracts.judged import (
    PUBLISHED,
    Configuration,
    Judgements,
    ListView,
    RunView,
)
from apps.explainability.domain.comparing import (
    GateVerdict,
    RunComparison,
    gate_verdict,
    runs_compare,
)
from apps.explainability.domain.evaluation import answerable_queries
from apps.explainability.selectors.judged import (
    gate_list,
    judgements_fingerprint,
    judgements_merged,
)
from apps.explainability.selectors.runs import run_published_newest, run_view, runs_compared
from apps.explainability.services.configured import draft_ranking, ranking_under
from apps.explainability.services.evaluations import (
    evaluation_run_now,
    scores_under,
    versions_in_force,
)
from apps.jobs.contracts import Progress
from apps.publishing.contracts import Finding, FindingLevel, VersionStatus, VersionView
from apps.publishing.selectors import subject_versions

CODE = "relevance"
AGAINST_PUBLISHED = "published"
_FORMER = 50
# Of the time: a draft of weights may have to be searched twice.
_LIVE_SHARE = 0.35
# A preview, the page of the step and the step itself ask the same within a minute.
_KEPT_S = 60.0


@dataclass(frozen=True, slots=True)
class Gated:
    """What the gate found.

    Attributes:
        before: the run that is compared with.
        after: the run that was measured now.
    """

    before: RunView
    after: RunView
    comparison: RunComparison
    verdict: GateVerdict


@dataclass(frozen=True, slots=True)
class DraftJudged:
    """A draft against what is live.

    Attributes:
        view: the list that it was judged on.
        asked: queries that were asked; of many, or in little time, only some are.
        of: queries of the list that have a relevant product.
    """

    view: ListView
    comparison: RunComparison
    verdict: GateVerdict
    asked: int
    of: int


_recent: dict[str, tuple[float, DraftJudged]] = {}


def alpha_now() -> float:
    """The level at which a difference is called significant."""
    return float(settings.RELEVANCE_GATE_ALPHA)


def gate_run(
    *,
    view: ListView,
    against: str,
    candidate: Configuration = PUBLISHED,
    actor: Actor = None,
    progress: Progress | None = None,
) -> Gated:
    """Measure a candidate, store the run, and compare it.

    Args:
        view: the list.
        against: a stored run's number; or `published`: what is live now, measured beside a
            candidate that is something else, else the newest stored run of what was live then.
        candidate: what is measured.
        actor: who asks.
        progress: hears of queries.

    Raises:
        InvalidInput: `against` is neither.
        NotFound: there is no such run.
        Conflict: there is no run of this list to compare with, or its ratings have changed.
    """
    before = _before(view, against, candidate, actor, progress)
    after = evaluation_run_now(
        list_id=view.id, configuration=candidate, label="gate", actor=actor, progress=progress
    )
    comparison = runs_compared(before, after)
    verdict = gate_verdict(comparison, alpha=alpha_now())
    return Gated(before, after, comparison, verdict)


def _before(
    view: ListView,
    against: str,
    candidate: Configuration,
    actor: Actor,
    progress: Progress | None,
) -> RunView:
    if against != AGAINST_PUBLISHED:
        if not (against.isascii() and against.isdigit()):
            raise InvalidInput("Compare with a run's number, or published.", field="against")
        found = run_view(int(against))
        if found.list_id != view.id:
            raise Conflict(f"Run {found.id} was measured on {found.list_name}.", code="other_list")
        return found
    if not candidate.is_published:
        return evaluation_run_now(
            list_id=view.id,
            configuration=PUBLISHED,
            label="gate: published",
            actor=actor,
            progress=progress,
        )
    newest = run_published_newest(view.id)
    if newest is None:
        raise Conflict(
            f"{view.name} has no stored run of what is published: make one first.",
            code="nothing_to_compare",
        )
    return newest


def draft_judged(version: VersionView) -> DraftJudged | None:
    """A draft against what is live, on the gate's list; None: no list, or nothing to ask.

    Bounded: at most `RELEVANCE_GATE_QUERIES` queries, `RELEVANCE_GATE_SECONDS` seconds.
    """
    view = gate_list()
    if view is None:
        return None
    judgements = judgements_merged(view.id)
    answerable = answerable_queries(judgements)
    queries = sorted(answerable, key=_drawn)[: settings.RELEVANCE_GATE_QUERIES]
    if not queries:
        return None
    key = _key(version, judgements, len(queries))
    kept = _recent.get(key)
    if kept is not None and kept[0] > monotonic():
        return kept[1]
    comparison = _compared(queries, judgements, view.scale, version)
    found = DraftJudged(
        view=view,
        comparison=comparison,
        verdict=gate_verdict(comparison, alpha=alpha_now()),
        asked=comparison.queries,
        of=len(answerable),
    )
    if found.asked == len(queries):
        _recent.clear()
        _recent[key] = (monotonic() + _KEPT_S, found)
    return found


def _key(version: VersionView, judgements: Judgements, asked: int) -> str:
    """All that the answer depends on, but for products that change within the minute."""
    parts = (
        version.kind,
        version.subject,
        version.content,
        judgements_fingerprint(judgements),
        sorted(versions_in_force().items()),
        (asked, settings.RELEVANCE_GATE_SECONDS, alpha_now()),
    )
    return hashlib.blake2b(repr(parts).encode()).hexdigest()


def _compared(
    queries: list[str], judgements: Judgements, top: int, version: VersionView
) -> RunComparison:
    started, seconds = monotonic(), settings.RELEVANCE_GATE_SECONDS
    live = ranking_under(PUBLISHED)
    until = started + seconds * _LIVE_SHARE
    before = scores_under(live, queries, judgements, top=top, until=until)
    asked = [each.query for each in before]
    after = scores_under(
        draft_ranking(version), asked, judgements, top=top, until=started + seconds
    )
    return runs_compare(before, after)


def _drawn(query: str) -> bytes:
    """Always the same queries of a long list, and no first letters."""
    return hashlib.blake2b(query.encode(), digest_size=8).digest()


def relevance_check(version: VersionView) -> list[Finding]:
    """What is said before a version is published: a significant fall warns, or refuses."""
    judged = draft_judged(version)
    if judged is None:
        return []
    words = f"Judged on {judged.view.name}: {judged.verdict.words}"
    if judged.asked < judged.of:
        words += f" Asked were {judged.asked} of {judged.of} queries."
    if not judged.verdict.fell:
        return [Finding(FindingLevel.INFO, CODE, words)]
    refuses = settings.RELEVANCE_GATE_BLOCKS and not _was_live(version)
    return [Finding(FindingLevel.ERROR if refuses else FindingLevel.WARNING, CODE, words)]


def _was_live(version: VersionView) -> bool:
    """Going back must always be possible: what was live before is warned about, never refused."""
    former = subject_versions(kind=version.kind, subject=version.subject, limit=_FORMER)
    return any(
        each.status is VersionStatus.SUPERSEDED and each.content == version.content
        for each in former
    )
