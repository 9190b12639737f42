"""What happened to an experiment."""

from collections.abc import Collection

from django.db.models import F, Q

from apps.experiments.contracts.assignment import Json, Status
from apps.experiments.contracts.lifecycle import TransitionView
from apps.experiments.contracts.serving import Pause
from apps.experiments.models import Transition


def activity(key: str) -> tuple[TransitionView, ...]:
    """The activity log, oldest first; one statement."""
    rows = Transition.objects.filter(experiment__key=key).select_related("actor")
    return tuple(_view(row) for row in rows.order_by("at", "id"))


def pauses_of(experiment_ids: Collection[int]) -> dict[int, tuple[Pause, ...]]:
    """When nobody was assigned, by experiment; one statement."""
    paused = Status.PAUSED.value
    steps = Transition.objects.filter(experiment_id__in=experiment_ids).exclude(
        from_status=F("to_status")
    )
    moves = steps.filter(Q(to_status=paused) | Q(from_status=paused)).order_by("at", "id")
    found: dict[int, list[Pause]] = {}
    for row in moves:
        pauses = found.setdefault(row.experiment_id, [])
        if row.to_status == paused:
            pauses.append((row.at, None))
        elif pauses:
            pauses[-1] = (pauses[-1][0], row.at)
    return {key: tuple(pauses) for key, pauses in found.items()}


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
