"""From roll-ups to a new phase, on schedule."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.common.errors import Conflict
from apps.experiments.contracts.bandits import UpdateOutcome
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.models import Phase, Rollup
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.bandits import bandit_update, bandits_due, bandits_update
from apps.experiments.services.lifecycle import experiment_pause
from apps.jobs.contracts import JobContext, job_spec
from apps.publishing.services import draft_create, version_publish
from tests.experiments.factories import experiment_running, people

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
NOON = START + timedelta(hours=24)


def bandit(**plan: Any) -> ExperimentView:
    chosen = {"metric": "cvr", "every_hours": 24, "floor": 0.1, "burn_in_units": 50, **plan}
    return experiment_running("earner", now=START, kind="bandit", bandit=chosen)


def rolled(view: ExperimentView, phase: int, day: int, **arms: tuple[int, int]) -> None:
    for variant, (n, won) in arms.items():
        Rollup.objects.create(
            experiment_id=view.id, phase=phase, variant=variant, metric="cvr",
            day=START.date() + timedelta(days=day), n=n, rows=won, m=won, mm=won,
        )  # fmt: skip


def test_the_better_variant_gets_a_phase_of_its_own() -> None:
    view = bandit()
    rolled(view, 1, 0, control=(300, 20), treatment=(300, 28))
    rolled(view, 1, 1, control=(600, 40), treatment=(600, 90))
    rolled(view, 1, 9, control=(600, 600), treatment=(600, 0))  # later than now: not read
    update = bandit_update(key="earner", now=NOON)
    assert update.outcome is UpdateOutcome.MOVE
    assert update.weights[1] == pytest.approx(0.9, abs=0.001)
    after = experiment_view("earner")
    assert [phase.number for phase in after.phases] == [1, 2]
    assert after.phase is not None
    assert after.phase.weights == update.weights
    assert after.phase.salt_version == 2
    assert after.phase.starts_at == NOON
    assert "chance to be best control 0.0%, treatment 100.0%" in after.phase.reason
    kept = Phase.objects.get(experiment_id=view.id, number=2).chances_best
    assert sum(kept.values()) == pytest.approx(1)


def test_every_phase_is_a_period_of_its_own() -> None:
    view = bandit()
    rolled(view, 1, 0, control=(900, 90), treatment=(900, 110))
    bandit_update(key="earner", now=NOON)
    # The baseline trebles: thrown together, the arm with more traffic now would look better.
    rolled(view, 2, 1, control=(200, 60), treatment=(1600, 480))
    update = bandit_update(key="earner", now=NOON + timedelta(days=1))
    assert update.periods == 2
    assert 0.5 < update.chances_best["treatment"] < 0.9
    pooled = (110 + 480) / 2500 - (90 + 60) / 1100
    assert pooled > 0.09  # what a pooled estimate would have believed


def test_nothing_happens_during_the_burn_in() -> None:
    view = bandit()
    rolled(view, 1, 0, control=(49, 0), treatment=(100, 90))
    assert bandit_update(key="earner", now=NOON).outcome is UpdateOutcome.BURN_IN
    assert len(experiment_view("earner").phases) == 1


def test_only_running_bandits_are_updated() -> None:
    experiment_running("weights-test", now=START)
    with pytest.raises(Conflict) as refused:
        bandit_update(key="weights-test", now=NOON)
    assert refused.value.code == "not_a_bandit"
    bandit()
    experiment_pause(key="earner", actor=people()[0], reason="a look", now=START)
    with pytest.raises(Conflict) as refused:
        bandit_update(key="earner", now=NOON)
    assert refused.value.code == "not_running"


def test_a_quantile_cannot_be_earned() -> None:
    definition: dict[str, Any] = {
        "title": "Wait", "kind": "quantile", "format": "seconds", "direction": "down",
        "numerator": {"source": "events", "event_types": ["click"]},
    }  # fmt: skip
    draft = draft_create(
        kind="experiment_metric", subject="wait", content={"definition": definition}, actor=None
    )
    version_publish(
        kind="experiment_metric", version_id=draft.id, actor=None, reason="a test",
        acknowledge_warnings=True,
    )  # fmt: skip
    experiment_running(
        "earner", now=START, kind="bandit", bandit={"metric": "wait"},
        metrics=[{"key": "wait", "role": "primary"}],
    )  # fmt: skip
    with pytest.raises(Conflict, match="quantile"):
        bandit_update(key="earner", now=NOON)


@pytest.mark.parametrize(
    ("hours", "due"), [(1, False), (23.9, False), (24.1, True), (24.6, False), (72.2, True)]
)
def test_a_bandit_is_due_at_planned_moments_only(hours: float, due: bool) -> None:
    view = bandit()
    assert bool(bandits_due([view], START + timedelta(hours=hours))) is due


def test_the_job_rolls_up_and_moves_what_is_due() -> None:
    experiment_running("weights-test", now=START)
    bandit()
    context = JobContext(
        run_id=1, job_name="experiments_bandits", attempt=1, scheduled_for=NOON, as_of=NOON,
        params={}, progress=lambda *_: None, cancelled=lambda: False,
    )  # fmt: skip
    outcome = job_spec("experiments_bandits").run(context)
    assert outcome == {"due": 1, "moved": 0, "burning_in": 1}
    assert bandits_update(now=START).due == 0
