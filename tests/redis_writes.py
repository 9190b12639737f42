"""What is sent to Redis, one entry a write to its socket: round trips are counted by it."""

from typing import Any

import pytest
from redis.connection import AbstractConnection

from apps.common.redis_wire import RedisWire


def writes_recorded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Everything that is sent from now on."""
    sent: list[bytes] = []
    send: Any = AbstractConnection.send_packed_command

    def record(connection: AbstractConnection, command: Any, check_health: bool = True) -> None:  # noqa: FBT002 - redis-py's own signature
        sent.append(b"".join(command) if isinstance(command, list) else command)
        send(connection, command, check_health)

    send_bare = RedisWire.send

    def record_bare(wire: RedisWire, packed: bytes) -> None:
        sent.append(packed)
        send_bare(wire, packed)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", record)
    monkeypatch.setattr(RedisWire, "send", record_bare)
    return sent
