"""One leads, the others wait, and a leader that died costs no more than a moment."""

import threading
import time

import pytest

from apps.common.redis import redis_client
from apps.common.redis_exchange import redis_exchange
from apps.search.services import kept_answers
from apps.search.services.flights import Flights
from apps.search.services.kept_answers import (
    UNTOLD,
    Absent,
    commands_send,
    kept_ask,
    kept_awaited,
    kept_commands,
    kept_found,
    lead_given_up,
    told_read,
)

KEY = "search:test"


def test_the_first_to_ask_leads_and_the_others_follow() -> None:
    assert kept_found(KEY, leading=False).found is Absent.FOLLOWS
    assert kept_found(KEY).found is Absent.LEADS
    assert kept_found(KEY).found is Absent.FOLLOWS
    commands_send(kept_commands(KEY, b"kept"))
    assert kept_found(KEY).found == b"kept"
    assert 0 < redis_client().ttl(KEY) <= kept_answers.KEEP_S


def test_who_waits_gets_the_leaders_answer() -> None:
    assert kept_found(KEY).found is Absent.LEADS
    leader = threading.Timer(0.05, lambda: commands_send(kept_commands(KEY, b"kept")))
    leader.start()
    assert kept_awaited(KEY) == b"kept"
    leader.join()


def test_who_waits_takes_over_from_a_leader_that_gave_up() -> None:
    assert kept_found(KEY).found is Absent.LEADS
    commands_send(lead_given_up(KEY))
    assert kept_awaited(KEY) is None
    assert kept_found(KEY).found is Absent.FOLLOWS


def test_a_leader_that_died_costs_no_more_than_the_patience() -> None:
    assert kept_found(KEY).found is Absent.LEADS
    assert 0 < redis_client().pttl(f"{KEY}:lead") <= kept_answers.LEAD_MS
    began = time.monotonic()
    assert kept_awaited(KEY) is None
    assert time.monotonic() - began >= kept_answers.PATIENCE_S


def test_an_answer_that_is_too_long_only_ends_the_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "MOST_BYTES", 3)
    assert kept_found(KEY).found is Absent.LEADS
    commands_send(kept_commands(KEY, b"kept"))
    assert kept_found(KEY).found is Absent.LEADS


def test_redis_gone_is_neither(redis_gone: None) -> None:
    assert kept_found(KEY).found is None
    assert kept_awaited(KEY) is None
    assert told_read(None) == UNTOLD


def test_the_script_is_one_command() -> None:
    assert redis_exchange(redis_client(), [kept_ask(KEY)])[0][1] == 1


def test_in_a_process_one_computes_and_the_others_get_it() -> None:
    flights, computed, got = Flights(), [], []
    ready = threading.Barrier(6)

    def run() -> None:
        ready.wait()
        with flights.joined("k") as (flight, leads):
            if leads:
                time.sleep(0.05)
                computed.append(1)
                flight.packed = b"answer"
            else:
                flight.wait(1.0)
            got.append(flight.packed)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [b"answer"] * 6
    assert len(computed) == 1


def test_a_leader_that_raises_lets_the_others_go() -> None:
    flights = Flights()
    with pytest.raises(ValueError, match="broken"), flights.joined("k") as (flight, _leads):
        raise ValueError("broken")
    assert flight.wait(0.0)
    with flights.joined("k") as (_flight, leads):
        assert leads
