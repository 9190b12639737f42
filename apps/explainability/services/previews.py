"""What a draft does to judged relevance, as previews of search show it."""

from apps.common.domain.relevance import NotComputable
from apps.common.errors import NotFound
from apps.explainability.domain.pages.compare import tone_of
from apps.explainability.services.gate import draft_judged
from apps.publishing.selectors import version_view
from apps.search.contracts_pages import JudgedChange

_MOVERS = 5


def draft_change(kind: str, version_id: int) -> JudgedChange | None:
    """Against what is live, on the gate's list; None: there is no list, or no such version."""
    try:
        version = version_view(kind=kind, version_id=version_id)
    except NotFound:
        return None
    judged = draft_judged(version)
    if judged is None:
        return None
    metric, comparison = judged.verdict.compared, judged.comparison
    tested = metric.tested if not isinstance(metric.tested, NotComputable) else None
    moved = sorted((*comparison.best, *comparison.worst), key=lambda each: -abs(each.change))
    return JudgedChange(
        judged_on=judged.view.name,
        metric=metric.title,
        before=metric.before,
        after=metric.after,
        difference=tested.difference if tested else None,
        low=tested.low if tested else None,
        high=tested.high if tested else None,
        p_value=tested.p_value if tested else None,
        queries=judged.asked,
        of=judged.of,
        better=metric.better,
        worse=metric.worse,
        tone=tone_of(metric.tested),
        words=judged.verdict.words,
        movers=tuple((each.query, each.change) for each in moved[:_MOVERS]),
    )
