"""What is sent to Redis, one entry a write to its socket: round trips are counted by it."""

from typing import Any

import pytest
from redis.connection import AbstractConnection


def writes_recorded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Everything that is sent from now on."""
    sent: list[bytes] = []
    send: Any = AbstractConnection.send_packed_command

    def record(connection: AbstractConnection, command: Any, check_health: bool = True) -> None:  # noqa: FBT002 - redis-py's own signature
        sent.append(b"".join(command) if isinstance(command, list) else command)
        send(connection, command, check_health)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", record)
    return sent
