"""Abbreviations and search settings as a merchandiser sees them, in a real browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from apps.access.models import User
from apps.access.services import user_ensure
from tests.browser import ChromiumPages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = {
    "abbreviations": "merchandising_abbreviationsetversion",
    "search-settings": "search_searchsettingsversion",
}
IN_FORCE = {
    "abbreviations": "built in, until a version is published",
    "search-settings": "from the environment",
}


@pytest.mark.parametrize("width", [390, 1280])
def test_empty_lists_say_what_holds(
    live_server: LiveServer, chromium_page: ChromiumPages, width: int
) -> None:
    user_ensure(username="merle", password="a password of length", groups=("merchandiser",))
    signed_in = User.objects.get(username="merle")
    page = chromium_page(signed_in=signed_in, base_url=live_server.url, width=width)
    for name, model in PAGES.items():
        page.goto(reverse(f"admin:{model}_add"))
        chromium_page.screenshot(page, f"{name}-add-{width}", full_page=True)
        page.goto(reverse(f"admin:{model}_changelist"))
        chromium_page.screenshot(page, f"{name}-list-{width}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        expect(page.locator("#in-force")).to_contain_text(IN_FORCE[name])
