"""Assignments are counted beside the requests, each once."""

import os
import time
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.experiments.contracts.serving import Served
from apps.experiments.services import assigned_counts
from apps.experiments.services.assign import assignments_for
from apps.experiments.services.assigned_counts import assignments_add_up, assignments_count
from tests.experiments.factories import experiment_running

pytestmark = pytest.mark.django_db
KEY = "counted-beside"


def value(variant: str) -> float:
    """What was added so far, without adding anything."""
    child = assigned_counts.assignments_total.labels(KEY, variant)
    return float(child._value.get())


def scraped() -> float:
    labels = [{"experiment_id": KEY, "variant": one} for one in ("control", "treatment")]
    name = "experiment_assignments_total"
    return sum(REGISTRY.get_sample_value(name, each) or 0.0 for each in labels)


@pytest.fixture
def answered() -> Iterator[Callable[[int], None]]:
    experiment_running(KEY, now=timezone.now())
    assignments_add_up()

    def ask(times: int) -> None:
        for number in range(times):
            attributes = {"client_id": f"c{number}", "country": "DE"}
            found = assignments_for(
                surface="search", attributes=dict(attributes), as_of=timezone.now()
            )
            assert len(found) == 1

    yield ask
    assignments_add_up()


def test_whoever_scrapes_this_process_reads_all(answered: Callable[[int], None]) -> None:
    before = scraped()
    answered(25)
    assert scraped() == before + 25


def test_the_thread_adds_up_within_a_second_or_so(answered: Callable[[int], None]) -> None:
    before = value("control") + value("treatment")
    answered(25)
    for _ in range(100):
        if value("control") + value("treatment") == before + 25:
            break
        time.sleep(0.05)
    assert value("control") + value("treatment") == before + 25


def test_a_thread_that_is_behind_is_helped(
    answered: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assigned_counts, "_MOST_WAITING", 10)
    before = value("control") + value("treatment")
    answered(25)
    assert value("control") + value("treatment") >= before + 20


def test_a_fork_counts_its_own_alone(answered: Callable[[int], None]) -> None:
    answered(3)
    child = os.fork()
    if child == 0:
        clean = not assigned_counts._waiting and assigned_counts._thread is None
        os._exit(0 if clean else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_nobody_who_is_left_out_or_forced_is_counted(answered: Callable[[int], None]) -> None:
    before = scraped()
    found = assignments_for(surface="search", attributes={}, as_of=timezone.now())
    assert [one.assignment.in_experiment for one in found] == [False]
    assignments_count(tuple[Served, ...](found))
    assert scraped() == before
