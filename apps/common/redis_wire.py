"""Connections to Redis for hot paths: opened by redis-py, then written to and read bare.

redis-py's own way costs a look at the socket before each use, two system calls where one does,
and bookkeeping besides: together more than what is sent. Here a wire is a connection that
redis-py has opened (address, TLS, password, database, protocol), whose socket and parser are
used directly. A plain socket blocks with the kernel's own timeout, so that each write and each
read is one system call.

A wire may be owed answers: what was posted without waiting is read, and settled, before the
next answer is. See `apps.common.redis_exchange`.
"""

import os
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis
import redis
import structlog

from apps.common.contracts import RedisPart

logger = structlog.get_logger(__name__)
_BUFFER = 64 * 1024
_NOT_ENOUGH = object()
_pack: Callable[[tuple[RedisPart, ...]], bytes] = hiredis.pack_command  # type: ignore[assignment]  # its stub takes tuples of one
_KEPT_AS = "endcap_wires"
# What becomes of answers that nobody waits for; None: they are lost.
Settle = Callable[[list[Any] | None], object]


class RedisBroken(redis.ConnectionError):
    """The other end closed the connection before it answered anything."""


class RedisWire:
    """One connection; used by one thread at a time.

    Attributes:
        used: whether anything was answered on it before.
        owed: how many answers nobody has read, and who settles them, in their order.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._pool = client.connection_pool
        self._connection: Any = self._pool.get_connection()
        self._socket = cast("socket.socket", self._connection._sock)  # noqa: SLF001 - the point of this module
        self._reader = hiredis.Reader(
            protocolError=redis.InvalidResponse,
            replyError=self._connection._parser.parse_error,  # noqa: SLF001 - the same
            notEnoughData=_NOT_ENOUGH,
        )
        self._buffer = bytearray(_BUFFER)
        self._closed = False
        self.used = False
        self.owed: deque[tuple[int, Settle]] = deque()
        _kernel_timeout_set(self._socket, self._connection.socket_timeout)

    def send(self, packed: bytes) -> None:
        """One write.

        Raises:
            RedisBroken, redis.TimeoutError: it could not be sent.
        """
        try:
            self._socket.sendall(packed)
        except (TimeoutError, BlockingIOError) as error:
            raise redis.TimeoutError("Timeout writing to socket") from error
        except OSError as error:
            raise RedisBroken(str(error)) from error

    def read(self) -> Any:
        """The next answer; a refusal is returned, not raised.

        Raises:
            RedisBroken, redis.ConnectionError, redis.TimeoutError: none came.
        """
        answer = self._reader.gets()
        # What a server says unasked is nobody's answer.
        while answer is _NOT_ENOUGH or isinstance(answer, hiredis.PushNotification):
            if answer is not _NOT_ENOUGH:
                answer = self._reader.gets()
                continue
            try:
                count = self._socket.recv_into(self._buffer)
            except (TimeoutError, BlockingIOError) as error:
                raise redis.TimeoutError("Timeout reading from socket") from error
            except OSError as error:
                raise RedisBroken(str(error)) from error
            if not count:
                raise RedisBroken("Connection closed by server.")
            self._reader.feed(self._buffer, 0, count)  # type: ignore[arg-type]  # any buffer; its stub says less
            answer = self._reader.gets()
        if isinstance(answer, redis.ConnectionError):
            raise answer
        return answer

    def settle(self) -> None:
        """Read what is owed."""
        while self.owed:
            count, settle = self.owed[0]
            answers = [self.read() for _ in range(count)]
            self.owed.popleft()
            _settled(settle, answers)

    def close(self) -> None:
        """Nobody uses it any more; what it was owed is lost. Closing twice does no harm."""
        if not self._closed:
            # Once: given back, the connection may be somebody else's a moment later.
            self._closed = True
            self._connection.disconnect()
            self._pool.release(self._connection)
        while self.owed:
            _settled(self.owed.popleft()[1], None)


def _settled(settle: Settle, answers: list[Any] | None) -> None:
    try:
        settle(answers)
    except Exception:  # what somebody else posted must not cost this request its answer
        logger.exception("redis_settle_failed")


class _Stack:
    """The idle wires of one pool, in one process; the last used is used next."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.idle: deque[RedisWire] = deque()


def wire_take(client: redis.Redis) -> RedisWire:
    """An idle wire, or a new one.

    Raises:
        redis.ConnectionError, redis.TimeoutError: none can be opened.
    """
    try:
        return _stack(client).idle.pop()
    except IndexError:
        return RedisWire(client)


def wire_give(client: redis.Redis, wire: RedisWire) -> None:
    """The wire is idle again."""
    wire.used = True
    _stack(client).idle.append(wire)


def wires_close(client: redis.Redis) -> None:
    """Close the idle ones: the server that they led to is gone."""
    idle = _stack(client).idle
    while idle:
        idle.popleft().close()


def wires_settle(client: redis.Redis) -> None:
    """Read what idle wires are owed; whoever waits for traffic to do it may wait for long."""
    idle = _stack(client).idle
    for _ in range(len(idle)):
        try:
            wire = idle.popleft()
        except IndexError:
            return
        try:
            wire.settle()
        except redis.RedisError:
            wire.close()
        else:
            idle.appendleft(wire)


def packed_commands(commands: Sequence[tuple[RedisPart, ...]]) -> bytes:
    """Commands as they are sent."""
    return b"".join([_pack(parts) for parts in commands])


def _stack(client: redis.Redis) -> _Stack:
    # They live and die with the pool that opened them.
    kept = vars(client.connection_pool)
    stack: _Stack | None = kept.get(_KEPT_AS)
    if stack is None or stack.pid != os.getpid():
        # A fork's wires are its parent's.
        stack = kept[_KEPT_AS] = _Stack()
    return stack


def _kernel_timeout_set(sock: socket.socket, timeout_s: float | None) -> None:
    if isinstance(sock, ssl.SSLSocket) or timeout_s is None:
        return
    whole = int(timeout_s)
    packed = struct.pack("ll", whole, max(1, int((timeout_s - whole) * 1_000_000)))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, packed)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, packed)
    sock.settimeout(None)
