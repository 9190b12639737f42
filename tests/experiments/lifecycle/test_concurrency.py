"""Two people at once: real connections, real locks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from apps.common.errors import ApplicationError
from apps.experiments.models import Experiment, Phase, Transition
from apps.experiments.services.design import experiment_create
from apps.experiments.services.flags import flag_create
from apps.experiments.services.layers import layer_create
from apps.experiments.services.lifecycle import experiment_start
from tests.experiments.factories import design_make, experiment_approved, experiment_make, people

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """Call all of them together; `done`, or the code of the refusal."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> str:
        try:
            barrier.wait(timeout=10)
            call()
        except ApplicationError as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


def test_two_people_pressing_start_get_one_start() -> None:
    experiment_approved()
    maker, checker = people()
    outcomes = at_once(
        *(
            lambda who=who: experiment_start(key="weights-test", actor=who, reason="go")
            for who in (maker, checker)
        )
    )
    assert outcomes == ["done", "nothing_waits"]
    assert Phase.objects.count() == 1
    assert Transition.objects.filter(action="started").count() == 1


def test_two_experiments_never_hold_one_range() -> None:
    layer_create(name="l", actor=None)
    for key, low in (("one", 0.0), ("two", 0.4)):
        experiment_approved(key, layer={"name": "l", "low": low, "high": low + 0.5})
    outcomes = at_once(
        *(
            lambda key=key: experiment_start(key=key, actor=None, reason="go")
            for key in ("one", "two")
        )
    )
    assert outcomes[0] == "done"
    assert outcomes[1] in {"layer_taken", "requirements_missing"}
    assert Phase.objects.count() == 1


def test_one_key_goes_to_one_of_two() -> None:
    experiment_make("other")
    maker, checker = people()

    outcomes = at_once(
        lambda: experiment_create(key="taken", design=design_make(), actor=maker),
        lambda: flag_create(key="taken", definition={"value": True}, actor=checker),
    )
    assert outcomes == ["done", "key_taken"]
    assert Experiment.objects.filter(key="other").exists()
