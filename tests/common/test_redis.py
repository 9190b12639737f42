import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django import Settings

from apps.common.redis import (
    RedisGone,
    redis_breaker,
    redis_call,
    redis_forget_connections,
    redis_try,
)


@contextmanager
def black_hole() -> Iterator[int]:
    """A server that accepts and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []
    stop = threading.Event()

    def accept() -> None:
        listener.settimeout(0.1)
        while not stop.is_set():
            try:
                held.append(listener.accept()[0])
            except TimeoutError:
                continue

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        thread.join()
        for connection in (listener, *held):
            connection.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_an_answer_comes_with_true() -> None:
    assert redis_try("test", lambda client: client.ping(), None) == (True, True)


def test_a_stopped_redis_answers_the_default(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{_free_port()}/0"
    redis_forget_connections()
    assert redis_try("test", lambda client: client.ping(), False) == (False, False)
    with pytest.raises(RedisGone):
        redis_call(lambda client: client.ping())


def test_a_blackholed_redis_costs_its_timeout_thrice_and_then_nothing(
    settings: Settings,
) -> None:
    with black_hole() as port:
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
        settings.ENDCAP_REDIS_TIMEOUT_S = 0.05
        redis_forget_connections()
        for _ in range(3):
            assert redis_try("test", lambda client: client.ping(), None) == (None, False)
        assert redis_breaker.is_open
        asked: list[int] = []
        assert redis_try("test", lambda _client: asked.append(1), None) == (None, False)
        assert asked == [], "an open breaker asks nobody"
        redis_forget_connections()


def test_it_is_used_again_after_it_came_back(settings: Settings) -> None:
    working = settings.REDIS_URL
    settings.REDIS_URL = f"redis://127.0.0.1:{_free_port()}/0"
    redis_forget_connections()
    for _ in range(3):
        redis_try("test", lambda client: client.ping(), None)
    settings.REDIS_URL = working
    redis_breaker.reset_after_s = 0.05
    try:
        time.sleep(0.06)
        assert redis_try("test", lambda client: client.ping(), None) == (True, True)
        assert not redis_breaker.is_open
    finally:
        redis_breaker.reset_after_s = 2.0


def test_a_wrong_command_is_our_bug_and_is_not_hidden() -> None:
    import redis

    redis_call(lambda client: client.set("text", "x"))
    with pytest.raises(redis.ResponseError):
        redis_call(lambda client: client.lpush("text", "y"))
