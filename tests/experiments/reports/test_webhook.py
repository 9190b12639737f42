"""The POST itself: judged address, bounded time, no redirects."""

import socket
import time

import pytest

from apps.experiments.engines import webhook
from apps.experiments.engines.webhook import (
    PostFailed,
    TargetRefused,
    address_check,
    target_resolve,
    url_check,
    webhook_post,
)
from tests.experiments.reports.receiver import receiver


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook",
        "ftp://shop.example/hook",
        "https:///hook",
        "https://user:word@shop.example/",
        "https://shop.example:99999/",
        "https://shop.example/a b",
        "https://shöp.example/",
    ],
)
def test_a_url_that_is_no_webhook_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        url_check(url, allow_private=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.1",
        "100.64.0.1", "224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1",
        "2002:7f00:1::", "64:ff9b::7f00:1", "2001:0:7f00:1::",
    ],
)  # fmt: skip
def test_only_public_addresses_pass(address: str) -> None:
    with pytest.raises(TargetRefused):
        address_check(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_pass(address: str) -> None:
    address_check(address)


def test_a_name_of_this_machine_is_refused_and_an_unknown_one_tried_again() -> None:
    with pytest.raises(TargetRefused, match="not a public address"):
        target_resolve("https://localhost/hook", allow_private=False)
    with pytest.raises(PostFailed, match="cannot be resolved"):
        target_resolve("https://no-such-host.invalid/", allow_private=False)


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(0, 0, 0, "", (each, 443)) for each in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
    with pytest.raises(TargetRefused):
        target_resolve("https://shop.example/", allow_private=False)


def test_the_connection_goes_to_the_judged_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS that answers otherwise the second time gains nothing: it is asked once."""
    with receiver() as hook:
        port = int(hook.url.rsplit(":", 1)[1].split("/")[0])
        asked: list[object] = []
        real = socket.getaddrinfo

        def resolve(host: str, *rest: object, **more: object) -> object:
            if host == "shop.example":
                asked.append(host)
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
            return real(host, *rest, **more)  # type: ignore[arg-type]  # passed on as it came

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        url = f"http://shop.example:{port}/hooks?a=1"
        assert webhook_post(url, b"{}", {}, timeout_s=5, allow_private=True) == 200
        assert hook.headers[0]["Host"] == f"shop.example:{port}"
        assert asked == ["shop.example"]


def test_a_redirect_is_an_answer_that_is_not_followed() -> None:
    with receiver() as hook:
        hook.statuses = [302]
        with pytest.raises(PostFailed, match="answered 302: said"):
            webhook_post(hook.url, b"{}", {}, timeout_s=5, allow_private=True)
        assert len(hook.bodies) == 1


@pytest.mark.parametrize("drip", [False, True])
def test_a_slow_receiver_is_cut_off(drip: bool) -> None:
    with receiver() as hook:
        hook.drip, hook.sleep_s = drip, 0.0 if drip else 1.0
        began = time.monotonic()
        with pytest.raises(PostFailed):
            webhook_post(hook.url, b"{}", {}, timeout_s=0.3, allow_private=True)
        assert time.monotonic() - began < 0.9


def test_nobody_listening_and_no_tls_are_failures() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(PostFailed):
        webhook_post(f"http://127.0.0.1:{port}/", b"", {}, timeout_s=1, allow_private=True)
    with receiver() as hook:
        secure = hook.url.replace("http://", "https://")
        with pytest.raises(PostFailed):
            webhook_post(secure, b"", {}, timeout_s=1, allow_private=True)


def test_cutting_what_never_connected_does_nothing() -> None:
    target = webhook.Target(False, "h", 1, "127.0.0.1", "/")
    webhook._cut(webhook._PinnedHttp(target, 1))
