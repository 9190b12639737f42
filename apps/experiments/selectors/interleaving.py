"""Team-draft credit as it was rolled up."""

from apps.experiments.contracts.rollups import InterleavingDay
from apps.experiments.models import RollupInterleaving


def interleaving_days(experiment_id: int) -> tuple[InterleavingDay, ...]:
    """Cumulative credit of every phase, by day; one statement."""
    rows = RollupInterleaving.objects.filter(experiment_id=experiment_id)
    return tuple(
        InterleavingDay(
            phase=row.phase,
            day=row.day,
            units=row.units,
            wins={str(key): int(count) for key, count in row.wins.items()},
            ties=row.ties,
            credits={str(key): int(count) for key, count in row.credits.items()},
            impressions=row.impressions,
        )
        for row in rows.order_by("phase", "day")
    )
