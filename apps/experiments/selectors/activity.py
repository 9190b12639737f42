"""What happened to an experiment."""

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.lifecycle import TransitionView
from apps.experiments.models import Transition


def activity(key: str) -> tuple[TransitionView, ...]:
    """The activity log, oldest first; one statement."""
    rows = Transition.objects.filter(experiment__key=key).select_related("actor")
    return tuple(_view(row) for row in rows.order_by("at", "id"))


def _view(row: Transition) -> TransitionView:
    return TransitionView(
        action=row.action,
        at=row.at,
        actor=row.actor.get_username() if row.actor is not None else "",
        reason=row.reason,
        from_status=row.from_status,
        to_status=row.to_status,
        changes={path: _pair(pair) for path, pair in row.changes.items()},
    )


def _pair(pair: list[Json]) -> tuple[Json, Json]:
    before, after = pair
    return before, after
