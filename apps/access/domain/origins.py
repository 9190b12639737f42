"""Web origins: which pages may use a public key."""

import re
from collections.abc import Collection

_ORIGIN = re.compile(
    r"https?://(?:\*\.)?"
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])"
    r"(?::[0-9]{1,5})?"
)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
LONGEST_ORIGIN = 300


class NotAnOrigin(ValueError):
    """The text is not `scheme://host[:port]`."""


def origin_parse(text: str) -> str:
    """An origin as browsers send it: lower case, no path, no default port.

    `https://*.shop.example` stands for every subdomain of shop.example, not for itself.

    Raises:
        NotAnOrigin: anything else; also `*` and `null`, which would let every page in.
    """
    origin = text.strip().lower().removesuffix("/")
    if len(origin) > LONGEST_ORIGIN or not _ORIGIN.fullmatch(origin):
        raise NotAnOrigin(f"{text[:80]!r} is not an origin such as https://shop.example")
    return origin.removesuffix(_DEFAULT_PORTS[origin.partition(":")[0]])


def origin_allowed(origin: str, allowed: Collection[str]) -> bool:
    """Whether `origin`, as a browser sent it, is one of `allowed` (parsed) or below a `*.`."""
    try:
        parsed = origin_parse(origin)
    except NotAnOrigin:
        return False
    if "*" in parsed:
        return False
    if parsed in allowed:
        return True
    scheme, _, host = parsed.partition("://")
    labels = host.split(".")
    parents = (".".join(labels[start:]) for start in range(1, len(labels)))
    return any(f"{scheme}://*.{parent}" in allowed for parent in parents)
