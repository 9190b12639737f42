"""What apps above put on search's pages: they register it in `AppConfig.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueryAction:
    """A link beside a query of search analytics.

    Attributes:
        title: what it reads.
        url_name: a named URL without arguments.
        parameter: that carries the query.
        permission: shown only to those who hold it.
        rank: order among them.
    """

    title: str
    url_name: str
    parameter: str
    permission: str
    rank: int = 100


_actions: dict[str, QueryAction] = {}


def query_action_register(action: QueryAction) -> None:
    """Make an action known; registering its URL name again replaces it."""
    _actions[action.url_name] = action


def query_actions(holds: Callable[[str], bool]) -> tuple[QueryAction, ...]:
    """The actions of somebody who holds the permissions that `holds` says."""
    shown = (action for action in _actions.values() if holds(action.permission))
    return tuple(sorted(shown, key=lambda action: (action.rank, action.title)))


@dataclass(frozen=True, slots=True)
class JudgedChange:
    """What a draft does to judged relevance, against what is live.

    Attributes:
        judged_on: name of the judgement list.
        metric: `NDCG@10`.
        before, after: means; None over no query.
        difference, low, high: of the paired difference; None where it cannot be computed.
        p_value: of the paired test; likewise.
        queries, of: asked, and how many there are.
        better, worse: queries that won or lost.
        tone: `better`, `worse` or `unclear`.
        words: one sentence.
        movers: (query, difference) of those that moved most.
    """

    judged_on: str
    metric: str
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    queries: int
    of: int
    better: int
    worse: int
    tone: str
    words: str
    movers: tuple[tuple[str, float], ...] = ()


DraftJudge = Callable[[str, int], JudgedChange | None]
"""Kind and row of a version to what it does; None: there is nothing to judge by."""
_judges: list[DraftJudge] = []


def draft_judge_register(judge: DraftJudge) -> None:
    """Have previews of drafts ask this one."""
    _judges[:] = [judge]


def draft_judged(kind: str, version_id: int) -> JudgedChange | None:
    """What judged relevance says about a draft; None: nobody says anything."""
    return _judges[0](kind, version_id) if _judges else None
