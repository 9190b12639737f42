"""Who calls and from where, for audit rows; edge and middleware set it, jobs have none."""

from contextvars import ContextVar

_client_ip: ContextVar[str | None] = ContextVar("endcap_client_ip", default=None)
_caller: ContextVar[str] = ContextVar("endcap_caller", default="")


def client_ip_current() -> str | None:
    return _client_ip.get()


def client_ip_set(address: str | None) -> None:
    _client_ip.set(address)


def caller_current() -> str:
    """`key:name` of the API key, or the username, that a request came with."""
    return _caller.get()


def caller_set(caller: str) -> None:
    _caller.set(caller)
