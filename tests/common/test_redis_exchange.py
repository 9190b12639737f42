"""Commands in one write: answers in order, refusals apart, forgotten scripts told again."""

import pytest
import redis
from redis.connection import AbstractConnection

from apps.common.contracts import RedisCommand
from apps.common.redis import redis_client
from apps.common.redis_exchange import RedisScript, redis_exchange

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
        patched.setattr(AbstractConnection, "read_response", interrupted)
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
