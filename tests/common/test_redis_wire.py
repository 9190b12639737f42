"""A wire gives its connection back once: a moment later it may be somebody else's."""

from apps.common.redis import redis_client
from apps.common.redis_wire import RedisWire


def test_a_wire_that_is_closed_twice_leaves_the_next_user_alone() -> None:
    pool = redis_client().connection_pool
    wire = RedisWire(redis_client())
    wire.close()
    taken = pool.get_connection()
    try:
        assert taken is wire._connection
        wire.close()
        assert taken._sock is not None
        taken.send_command("PING")
        assert taken.read_response() == b"PONG"
        another = pool.get_connection()
        assert another is not taken
        pool.release(another)
    finally:
        pool.release(taken)
