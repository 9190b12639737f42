"""Addresses: reading them, finding the caller's behind proxies, allow and deny lists."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from apps.access.contracts import IpNetwork, NetworkRules

IpAddress = IPv4Address | IPv6Address


class NotANetwork(ValueError):
    """The text is neither an address nor a network in CIDR notation."""


def network_parse(text: str) -> IpNetwork:
    """`10.0.0.0/8`, `2001:db8::/32`, or one address.

    Raises:
        NotANetwork: anything else, and a network with host bits set.
    """
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise NotANetwork(str(error)) from error


def rules_parse(allowed: Iterable[str], denied: Iterable[str]) -> NetworkRules:
    """Both lists from their texts.

    Raises:
        NotANetwork: one of them is none.
    """
    return NetworkRules(tuple(map(network_parse, allowed)), tuple(map(network_parse, denied)))


@lru_cache(maxsize=4096)
def address_parse(text: str) -> IpAddress | None:
    """The address; None when it is none. IPv4 mapped into IPv6 is read as IPv4."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def client_address(*, peer: str, forwarded_for: str, trusted_proxies: int) -> IpAddress | None:
    """The caller's address as seen by the outermost proxy that we trust.

    Each proxy appends the address that it was called from, so only the last
    `trusted_proxies` entries were written by ours; what stands left of them anybody may have
    written. A chain that is shorter than it should be did not come through our proxies: then
    the peer itself is the caller.

    Args:
        peer: REMOTE_ADDR.
        forwarded_for: the X-Forwarded-For header, empty when absent.
        trusted_proxies: how many proxies of ours stand in front; 0 ignores the header.

    Source: MDN, X-Forwarded-For, "Trusted proxy count".
    """
    if trusted_proxies > 0:
        chain = [part for part in forwarded_for.split(",") if part.strip()]
        if len(chain) >= trusted_proxies:
            return address_parse(chain[-trusted_proxies])
    return address_parse(peer)


def address_allowed(rules: NetworkRules, address: IpAddress | None) -> bool:
    """Deny wins; an empty allow list allows all. An unknown address passes only no rules."""
    if not rules.allowed and not rules.denied:
        return True
    if address is None or _inside(address, rules.denied):
        return False
    return not rules.allowed or _inside(address, rules.allowed)


def _inside(address: IpAddress, networks: Iterable[IpNetwork]) -> bool:
    return any(address in network for network in networks)
