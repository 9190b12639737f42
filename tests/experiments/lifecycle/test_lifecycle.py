import pytest

from apps.experiments.contracts.assignment import Status
from tests.experiments.factories import experiment_running

pytestmark = pytest.mark.django_db


def test_from_idea_to_running() -> None:
    view = experiment_running()
    assert view.status is Status.RUNNING
    assert view.phase is not None
    assert (view.phase.number, view.phase.salt_version, view.phase.weights) == (1, 1, (0.5, 0.5))
