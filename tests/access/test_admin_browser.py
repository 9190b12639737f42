"""Keys and the audit log, used as an operator uses them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from apps.access.contracts import Scope
from apps.access.selectors import principal_for
from tests.access.conftest import PASSWORD, KeyMaker, PersonMaker
from tests.browser import ChromiumPages

pytestmark = pytest.mark.browser


def test_an_operator_makes_and_revokes_a_key(
    live_server: LiveServer, chromium_page: ChromiumPages, person: PersonMaker
) -> None:
    person("olga", groups=("operator",))
    page = chromium_page(base_url=live_server.url)
    page.goto("/admin/")
    page.get_by_label("Username").fill("olga")
    page.get_by_label("Password").fill(PASSWORD)
    chromium_page.screenshot(page, "access-login")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="API keys").first.click()
    page.goto("/admin/access/apikey/add/")
    page.get_by_label("Name").fill("Warehouse")
    page.get_by_label("search:read").check()
    page.get_by_label("events:write").check()
    chromium_page.screenshot(page, "access-key-add", full_page=True)
    page.get_by_role("button", name="Save", exact=True).click()
    raw = page.get_by_label("The whole key").input_value()
    chromium_page.screenshot(page, "access-key-issued", full_page=True)
    principal = principal_for(raw)
    assert principal is not None
    assert principal.scopes == {Scope.SEARCH_READ, Scope.EVENTS_WRITE}

    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_text("Warehouse").first).to_be_visible()
    chromium_page.screenshot(page, "access-key-list")
    page.goto(f"/admin/access/apikey/{principal.key_id}/change/")
    assert raw.partition(".")[2] not in page.content()
    chromium_page.screenshot(page, "access-key-change", full_page=True)
    page.goto(f"/admin/access/apikey/{principal.key_id}/rotate/")
    chromium_page.screenshot(page, "access-key-rotate")
    page.goto(f"/admin/access/apikey/{principal.key_id}/revoke/")
    page.get_by_label("Reason").fill("It stood in a screenshot.")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("is revoked")).to_be_visible()
    assert principal_for(raw) is None

    page.goto("/admin/access/auditentry/")
    expect(page.get_by_text("api_key.revoke").first).to_be_visible()
    chromium_page.screenshot(page, "access-audit-list")
    page.get_by_role("link", name="api_key.revoke").first.click()
    expect(page.get_by_text("revoked_at")).to_be_visible()
    chromium_page.screenshot(page, "access-audit-entry", full_page=True)


class BlankPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A shop of its own</title>")

    def log_message(self, *_arguments: object) -> None:
        """Keep standard error for the server under test."""


@pytest.fixture
def another_site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), BlankPage)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_only_a_public_keys_origin_may_read_our_answers(
    live_server: LiveServer, chromium_page: ChromiumPages, key_of: KeyMaker, another_site: str
) -> None:
    welcome = key_of(public=True, allowed_origins=[another_site]).secret_once
    secret = key_of().secret_once
    page = chromium_page()
    page.goto(another_site)
    script = """([url, key]) => fetch(url, {headers: {authorization: `Bearer ${key}`}})
        .then(answer => answer.status, () => "blocked")"""
    # The route need not exist: what the browser lets the page see is the question.
    url = f"{live_server.url}/api/v1/no-such-route"
    for text in ("404", "CORS policy", "net::ERR_FAILED"):
        chromium_page.expect_problem(text)
    assert page.evaluate(script, [url, welcome]) == 404
    assert page.evaluate(script, [url, secret]) == "blocked"
