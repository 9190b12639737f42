import pytest

from apps.events import contracts_sessions
from apps.events.contracts_sessions import (
    SessionShares,
    session_shares_of,
    session_shares_register,
)


def test_whoever_is_registered_last_tells_of_a_visits_shares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contracts_sessions, "_shares_of", [])
    assert session_shares_of({"a": 1.0}) == SessionShares()
    session_shares_register(lambda _weights: SessionShares())
    session_shares_register(lambda weights: SessionShares(brands=(("HP", weights["a"]),)))
    assert session_shares_of({"a": 1.0}).brands == (("HP", 1.0),)
