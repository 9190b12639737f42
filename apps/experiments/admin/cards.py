"""Cards of admin's first page: what of experiments needs somebody."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from apps.common.admin_dashboard import DashboardCard, Tone
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.results import Action, HealthStatus
from apps.experiments.models import Analysis, Experiment

_DECIDE = (Action.SHIP.value, Action.ROLL_BACK.value, Action.INCONCLUSIVE.value)


def experiment_cards(user: Any) -> Iterator[DashboardCard]:
    """What runs, what is broken, what may be decided; two statements."""
    if not user.has_perm("experiments.view_experiment"):
        return
    listed = reverse("admin:experiments_experiment_changelist")
    counts = Experiment.objects.aggregate(
        running=Count("pk", filter=Q(status=Status.RUNNING.value)),
        paused=Count("pk", filter=Q(status=Status.PAUSED.value)),
        undecided=Count("pk", filter=Q(status=Status.COMPLETED.value, decision__isnull=True)),
    )
    latest = list(
        Analysis.objects.filter(latest=True, experiment__status=Status.RUNNING.value)
        .only("experiment__key", "experiment_id", "health", "action", "readable")
        .select_related("experiment")
    )
    yield DashboardCard(
        "Experiments",
        f"{counts['running']} running",
        f"{counts['paused']} paused",
        listed,
        Tone.GOOD if counts["running"] else Tone.PLAIN,
    )
    broken = [each for each in latest if each.health == HealthStatus.ALARM]
    if broken:
        yield DashboardCard(
            "Experiments with an alarm",
            str(len(broken)),
            _keys(broken),
            _first(broken, listed),
            Tone.BAD,
        )
    ready = [each for each in latest if each.readable and each.action in _DECIDE]
    if ready or counts["undecided"]:
        detail = _keys(ready) if ready else "completed and not decided yet"
        yield DashboardCard(
            "Experiments to decide",
            str(len(ready) + counts["undecided"]),
            detail,
            _first(ready, f"{listed}?standing={Status.COMPLETED.value}"),
            Tone.WARNING,
        )


def _keys(rows: list[Analysis]) -> str:
    shown = [row.experiment.key for row in rows[:3]]
    more = f" and {len(rows) - len(shown)} more" if len(rows) > len(shown) else ""
    return f"{', '.join(shown)}{more}"


def _first(rows: list[Analysis], otherwise: str) -> str:
    if len(rows) != 1:
        return otherwise
    return reverse("admin:experiments_experiment_change", args=(rows[0].experiment_id,))
