"""One HTTPS POST to an address that somebody typed in: pinned, bounded, never redirected.

The host is resolved once, every address found is judged, and the connection goes to the judged
address itself: a name that answers differently the second time (DNS rebinding) gains nothing.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_HTTPS_PORT, _HTTP_PORT = 443, 80
_ANSWER_BYTES = 500
_STATUS_OK = range(200, 300)


class TargetRefused(ValueError):
    """A URL that no report is sent to, and why; trying again does not help."""


class PostFailed(Exception):
    """An attempt that may succeed another time, and what went wrong."""


@dataclass(frozen=True, slots=True)
class Target:
    """A judged URL: where to connect, and what to ask there."""

    secure: bool
    host: str
    port: int
    address: str
    path: str


def url_check(url: str, *, allow_private: bool) -> SplitResult:
    """The parts of a URL that may be posted to, judged without the network.

    Raises:
        TargetRefused: no host, credentials inside, a wrong port, or not https (http is taken
            only where private addresses are).
    """
    parts = urlsplit(url)
    schemes = {"https", "http"} if allow_private else {"https"}
    if parts.scheme not in schemes:
        raise TargetRefused("a webhook needs an https:// address")
    try:
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise TargetRefused("the port is no number from 1 to 65535") from error
    if not host:
        raise TargetRefused("the address names no host")
    if parts.username is not None or parts.password is not None:
        raise TargetRefused("no user or password may stand in the address")
    if not url.isascii() or any(character <= " " for character in url):
        raise TargetRefused("the address must be plain ASCII without spaces")
    return parts


def target_resolve(url: str, *, allow_private: bool) -> Target:
    """Resolve the host once and judge every address it has.

    Raises:
        TargetRefused: see `url_check`; or an address that is not public.
        PostFailed: the host has no address just now.
    """
    parts = url_check(url, allow_private=allow_private)
    secure = parts.scheme == "https"
    port = parts.port or (_HTTPS_PORT if secure else _HTTP_PORT)
    host = str(parts.hostname)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PostFailed(f"{host} cannot be resolved") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private:
        for address in addresses:
            address_check(address)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host, port, addresses[0], path)


def address_check(address: str) -> None:
    """Refuse every address that is not on the public internet.

    Raises:
        TargetRefused: loopback, private, link-local (cloud metadata), multicast, reserved, or
            such an address inside an IPv6 one.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = [found]
    if isinstance(found, ipaddress.IPv6Address):
        mapped = (found.ipv4_mapped, found.sixtofour, *(found.teredo or ()))
        inner += [each for each in mapped if each is not None]
        if found in _NAT64:
            inner.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
    if not all(each.is_global and not each.is_multicast for each in inner):
        raise TargetRefused(f"{address} is not a public address")


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class _PinnedHttp(http.client.HTTPConnection):
    """Connects to the judged address, whatever the name resolves to by now."""

    def __init__(self, target: Target, timeout_s: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout_s)
        self.target = target

    def connect(self) -> None:
        where = (self.target.address, self.target.port)
        self.sock = socket.create_connection(where, self.timeout)
        if self.target.secure:
            self.sock = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self.target.host, do_handshake_on_connect=False
            )
            # Only now: the alarm can cut a handshake that never ends.
            self.sock.do_handshake()


def webhook_post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_s: float,
    allow_private: bool,
) -> int:
    """POST the body; answers the status, 200 to 299.

    Redirects are not followed. `timeout_s` bounds the whole exchange, a receiver that drips
    its answer included.

    Raises:
        TargetRefused: the address may not be posted to.
        PostFailed: no connection, no answer in time, or another status.
    """
    target = target_resolve(url, allow_private=allow_private)
    connection = _PinnedHttp(target, timeout_s)
    alarm = threading.Timer(timeout_s, _cut, [connection])
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("POST", target.path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        said = answer.read(_ANSWER_BYTES).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        raise PostFailed(f"{type(error).__name__}: {error}"[:_ANSWER_BYTES]) from error
    finally:
        alarm.cancel()
        connection.close()
    if answer.status not in _STATUS_OK:
        raise PostFailed(f"the receiver answered {answer.status}: {said}"[:_ANSWER_BYTES])
    return answer.status


def _cut(connection: http.client.HTTPConnection) -> None:
    """End an exchange that lasts too long: its reader sees an end of file."""
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            # The plain shutdown: that of TLS would take its state from under the reader.
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
