import pytest
from pytest_django.live_server_helper import LiveServer

from apps.access.models import User
from tests.browser import ChromiumPages, chromium_program


@pytest.mark.browser
def test_a_browser_opens_admin_signed_in(
    live_server: LiveServer, chromium_page: ChromiumPages
) -> None:
    user = User.objects.create_superuser("root", "root@shop.example", "a password of length")
    page = chromium_page(signed_in=user, base_url=live_server.url)
    page.goto("/admin/")
    assert page.title()
    assert chromium_page.screenshot(page, "admin-home").stat().st_size > 10_000


@pytest.mark.browser
def test_problems_in_pages_are_kept(live_server: LiveServer, chromium_page: ChromiumPages) -> None:
    page = chromium_page()
    page.goto(f"{live_server.url}/api/v1/nothing-here")
    assert any("404" in problem for problem in chromium_page.unexpected())
    chromium_page.expect_problem("404")
    assert chromium_page.unexpected() == []


def test_a_named_chromium_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    assert chromium_program() is None
