"""Who calls and from where, for audit rows; edge and middleware set it, jobs have none."""

from contextvars import ContextVar

from django.http import HttpRequest

_client_ip: ContextVar[str | None] = ContextVar("endcap_client_ip", default=None)
_caller: ContextVar[str] = ContextVar("endcap_caller", default="")
_key_maker: ContextVar[int | None] = ContextVar("endcap_key_maker", default=None)
_request: ContextVar[HttpRequest | None] = ContextVar("endcap_request", default=None)


def request_enter(request: HttpRequest, address: str | None) -> None:
    _request.set(request)
    _client_ip.set(address)
    _caller.set("")
    _key_maker.set(None)


def request_leave() -> None:
    """What this thread does next belongs to nobody's request."""
    _request.set(None)
    _client_ip.set(None)
    _caller.set("")
    _key_maker.set(None)


def request_current() -> HttpRequest | None:
    """The request being answered: whose session it carries is who acts."""
    return _request.get()


def client_ip_current() -> str | None:
    return _client_ip.get()


def caller_current() -> str:
    """`key:name` of the API key, or the username, that a request was let in as."""
    return _caller.get()


def key_maker_current() -> int | None:
    """Row of the person who made the request's API key, if one is known."""
    return _key_maker.get()


def caller_set(caller: str, key_maker: int | None = None) -> None:
    _caller.set(caller)
    _key_maker.set(key_maker)
