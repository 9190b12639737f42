from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.access.contracts import NetworkRules
from apps.access.domain.networks import (
    NotANetwork,
    address_allowed,
    address_parse,
    client_address,
    network_parse,
)

HOSTILE = st.text(st.characters(codec="utf-8"))


def rules(allowed: tuple[str, ...] = (), denied: tuple[str, ...] = ()) -> NetworkRules:
    return NetworkRules(tuple(map(network_parse, allowed)), tuple(map(network_parse, denied)))


@pytest.mark.parametrize(
    "text", ["", "10.0.0.1/8", "shop.example", "10.0.0.0/33", "1.2.3", "::/129"]
)
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(NotANetwork):
        network_parse(text)


@pytest.mark.parametrize(
    ("allowed", "denied", "address", "passes"),
    [
        ((), (), "203.0.113.9", True),
        ((), (), None, True),
        (("10.0.0.0/8",), (), "10.9.8.7", True),
        (("10.0.0.0/8",), (), "203.0.113.9", False),
        (("10.0.0.0/8",), ("10.9.0.0/16",), "10.9.8.7", False),
        ((), ("10.9.0.0/16",), "10.10.8.7", True),
        ((), ("10.9.0.0/16",), None, False),
        (("2001:db8::/32",), (), "2001:db8::1", True),
        (("2001:db8::/32",), (), "10.0.0.1", False),
        (("10.0.0.0/8",), (), "::ffff:10.1.2.3", True),
    ],
)
def test_deny_wins_and_an_empty_allow_list_allows_all(
    allowed: tuple[str, ...], denied: tuple[str, ...], address: str | None, *, passes: bool
) -> None:
    parsed = address_parse(address) if address else None
    assert address_allowed(rules(allowed, denied), parsed) is passes


@pytest.mark.parametrize(
    ("forwarded_for", "trusted", "expected"),
    [
        ("", 0, "192.0.2.1"),
        ("198.51.100.7", 0, "192.0.2.1"),
        ("198.51.100.7", 1, "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7", 1, "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7, 10.0.0.2", 2, "198.51.100.7"),
        ("198.51.100.7", 2, "192.0.2.1"),
        ("", 1, "192.0.2.1"),
        (" , ,198.51.100.7", 1, "198.51.100.7"),
        ("nonsense", 1, None),
    ],
)
def test_only_what_our_proxies_wrote_counts(
    forwarded_for: str, trusted: int, expected: str | None
) -> None:
    found = client_address(peer="192.0.2.1", forwarded_for=forwarded_for, trusted_proxies=trusted)
    assert found == (ip_address(expected) if expected else None)


@given(HOSTILE)
def test_a_forged_prefix_never_moves_the_address(forged: str) -> None:
    found = client_address(
        peer="192.0.2.1", forwarded_for=f"{forged},198.51.100.7", trusted_proxies=1
    )
    assert found == ip_address("198.51.100.7")


@given(HOSTILE)
def test_any_text_is_an_address_or_none(text: str) -> None:
    parsed = address_parse(text)
    assert parsed is None or address_parse(str(parsed)) == parsed
