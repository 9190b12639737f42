"""Commands in one write: answers in order, refusals apart, forgotten scripts told again."""

import socket
import threading
from typing import Any

import pytest
import redis

from apps.common.contracts import RedisCommand
from apps.common.redis import redis_client, redis_forget_connections, redis_settle
from apps.common.redis_exchange import RedisScript, redis_exchange, redis_post
from apps.common.redis_wire import RedisWire
from tests.redis_writes import writes_recorded

SCRIPT = RedisScript("return {KEYS[1], ARGV[1]}")


def command(*parts: str | bytes | int) -> RedisCommand:
    return RedisCommand(parts)


def test_answers_come_in_order() -> None:
    answers = redis_exchange(
        redis_client(),
        [command("SET", "a", b"\xff"), command("GET", "a"), command("INCRBY", "n", 3)],
    )
    assert answers == [b"OK", b"\xff", 3]


def test_a_refused_command_answers_its_error_and_the_others_theirs() -> None:
    answers = redis_exchange(
        redis_client(), [command("SET", "a", "1"), command("HGETALL", "a"), command("GET", "a")]
    )
    assert isinstance(answers[1], redis.ResponseError)
    assert answers[2] == b"1"


def test_no_commands_wait_for_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sent = writes_recorded(monkeypatch)
    assert redis_exchange(redis_client(), [], lambda: done.append("work")) == []
    assert redis_exchange(redis_client(), []) == []
    assert done == ["work"]
    assert sent == []


def test_a_script_is_told_again_to_a_redis_that_forgot_it() -> None:
    call = SCRIPT.call(["k"], ["v"])
    for _ in range(2):
        redis_client().script_flush()
        assert redis_exchange(redis_client(), [command("PING"), call]) == [b"PONG", [b"k", b"v"]]
    assert redis_exchange(redis_client(), [call]) == [[b"k", b"v"]]


def test_an_answer_that_nobody_read_is_never_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    client = redis_client()
    client.set("a", "1")

    def interrupted(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(RedisWire, "read", interrupted)
        with pytest.raises(KeyboardInterrupt):
            redis_exchange(client, [command("GET", "a")])
    assert redis_exchange(client, [command("PING")]) == [b"PONG"]


def test_work_is_done_between_question_and_answer() -> None:
    done: list[str] = []
    client = redis_client()
    answers = redis_exchange(client, [RedisCommand(("PING",))], lambda: done.append("once"))
    assert answers == [b"PONG"]
    assert done == ["once"]


def test_work_that_fails_leaves_no_answer_to_the_next() -> None:
    client = redis_client()

    def work() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        redis_exchange(client, [RedisCommand(("ECHO", "first"))], work)
    assert redis_exchange(client, [RedisCommand(("ECHO", "second"))]) == [b"second"]


def test_what_is_posted_is_settled_by_the_next_use_of_its_connection() -> None:
    settled: list[Any] = []
    client = redis_client()
    redis_post(client, [command("SET", "a", "1"), command("HGETALL", "a")], settled.append)
    assert not settled
    assert redis_exchange(client, [command("GET", "a")]) == [b"1"]
    ((first, second),) = settled
    assert first == b"OK"
    assert isinstance(second, redis.ResponseError)


def test_what_is_posted_is_settled_without_other_traffic_as_well() -> None:
    settled: list[Any] = []
    for _ in range(2):
        redis_post(redis_client(), [command("PING")], settled.append)
    redis_settle()
    assert settled == [[b"PONG"]] * 2
    redis_settle()
    assert len(settled) == 2


class Server:
    """Says what a Redis would say to a connection, then closes it after `answers` answers."""

    def __init__(self, answers: list[bytes]) -> None:
        self.answers, self.accepted = answers, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0?protocol=2"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while self.answers:
            connection = self._listener.accept()[0]
            self.accepted += 1
            with connection:
                while connection.recv(65536):
                    answer = self.answers.pop(0) if self.answers else b""
                    if not answer:
                        break
                    connection.sendall(answer)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def served() -> Any:
    """Clients of servers that answer as they are told; without redis-py's greeting."""
    servers: list[Server] = []

    def client(*answers: bytes) -> tuple[Any, Server]:
        server = Server(list(answers))
        servers.append(server)
        found = redis.Redis.from_url(server.url, socket_timeout=0.2, driver_info=None)
        return found, server

    yield client
    for server in servers:
        server.close()


def test_a_connection_that_broke_since_its_last_use_is_opened_anew(served: Any) -> None:
    client, server = served(b"+ONE\r\n", b"", b"+TWO\r\n")
    assert redis_exchange(client, [command("PING")]) == [b"ONE"]
    done: list[str] = []
    assert redis_exchange(client, [command("PING")], lambda: done.append("x")) == [b"TWO"]
    assert done == ["x"]
    assert server.accepted == 2


def test_a_connection_that_was_never_good_is_not_tried_twice(served: Any) -> None:
    client, server = served(b"", b"+ONE\r\n")
    with pytest.raises(redis.ConnectionError):
        redis_exchange(client, [command("PING")])
    assert server.accepted == 1


def test_what_was_posted_to_a_redis_that_went_is_lost_and_says_so(served: Any) -> None:
    client, _server = served(b"+ONE\r\n", b"", b"+TWO\r\n")
    settled: list[Any] = []
    redis_exchange(client, [command("PING")])
    redis_post(client, [command("PING")], settled.append)
    assert redis_exchange(client, [command("PING")]) == [b"TWO"]
    assert settled == [None]


def test_a_redis_that_does_not_answer_costs_its_timeout(served: Any) -> None:
    client, _server = served(b"+HALF")
    with pytest.raises(redis.TimeoutError):
        redis_exchange(client, [command("PING")])


def test_idle_connections_are_used_again_the_last_one_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = redis_client()
    redis_exchange(client, [command("PING")])
    sent = writes_recorded(monkeypatch)
    for _ in range(3):
        redis_exchange(client, [command("PING")])
    assert len(sent) == 3, "no greeting: nothing was opened"
    redis_forget_connections()
    assert redis_exchange(redis_client(), [command("PING")]) == [b"PONG"]
