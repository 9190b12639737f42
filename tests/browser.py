"""A real browser for tests: headless Chromium, driven by Playwright.

    @pytest.mark.browser
    def test_page(live_server, chromium_page):
        page = chromium_page(width=390, height=844)
        page.goto(live_server.url)
        chromium_page.screenshot(page, "shop-phone")

Where no Chromium is, such tests skip and say so; with CI=true they fail instead. A test
also fails when its pages logged an error, an exception or a blocked resource that it did not
expect (`chromium_page.expect_problem("part of its text")`).
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from apps.access.models import User

SCREENSHOTS = Path(__file__).resolve().parent.parent / "var" / "screenshots"
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    # Its sandbox works neither as root nor in most containers; it only ever opens our pages.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def chromium_program() -> str | None:
    """Where Chromium is; the variable CHROMIUM goes before the usual names."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    return next((path for name in _PROGRAMS if (path := shutil.which(name))), None)


class ChromiumPages:
    """Opens pages, each in a profile of its own, and remembers what went wrong in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        # Every browser asks for it by itself.
        self._expected: list[str] = ["/favicon.ico"]
        self.problems: list[str] = []

    def __call__(
        self,
        *,
        width: int = 1280,
        height: int = 900,
        java_script: bool = True,
        signed_in: User | None = None,
        base_url: str = "",
    ) -> Page:
        """A fresh page; with `signed_in` (and the server's `base_url`) an admin session in it."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=java_script,
            base_url=base_url or None,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        if signed_in is not None:
            session = _session_key(signed_in)
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base_url}]
            )
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        return page

    def screenshot(self, page: Page, name: str, *, full_page: bool = False) -> Path:
        """Write var/screenshots/<name>.png."""
        path = SCREENSHOTS / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name)}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=full_page, animations="disabled")
        return path

    def expect_problem(self, text: str) -> None:
        """A problem whose text has `text` in it is part of the test."""
        self._expected.append(text)

    def unexpected(self) -> list[str]:
        return [
            problem
            for problem in self.problems
            if not any(text in problem for text in self._expected)
        ]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"{message.text} ({message.location.get('url', '')})")


def _session_key(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def chromium_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChromiumPages]:
    """A factory of pages; see the module's docstring."""
    program = chromium_program()
    if program is None:
        reason = "NO CHROMIUM on this machine (apt install chromium, or set CHROMIUM)"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}; with CI=true browser tests must run")
        pytest.skip(f"{reason}: the page was NOT tested")
    # Playwright's loop runs in this thread, which Django takes for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, headless=True, args=list(_FLAGS)
        )
        pages = ChromiumPages(browser)
        yield pages
        browser.close()
        # Beside a running loop Django opens connections apart from the thread's own.
        connections.close_all()
    assert not pages.unexpected(), pages.unexpected()
