"""What tests of admin pages share: addresses, and a form as a browser would post it."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.utils import timezone

from apps.events.services.partitions import partitions_ensure
from tests.experiments.rollups.scene import START, Row, rows_store

PASSWORD = "a password of length"
LIST = "/admin/experiments/experiment/"
ADD = f"{LIST}add/"


def page(experiment_id: int, name: str = "change") -> str:
    """The address of an experiment's page."""
    return f"{LIST}{experiment_id}/{name}/"


class _Fields(HTMLParser):
    """Names and values of a page's fields, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self._select = ""
        self._area = ""
        self._inert = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "template":
            self._inert += 1
        if self._inert:
            return
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area, self.values[name] = name, ""
        elif tag == "option" and self._select:
            chosen = "selected" in given
            if chosen or self._select not in self.values:
                self.values[self._select] = given.get("value") or ""
        elif tag == "input" and name:
            kind = given.get("type", "text")
            if kind in {"checkbox", "radio"}:
                if "checked" in given:
                    self.values[name] = given.get("value") or "on"
            else:
                self.values[name] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._inert -= 1
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data


def form_of(client: Client, address: str) -> dict[str, Any]:
    """The page's form as it stands, ready to be changed and posted."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    text = answer.content.decode()
    found = re.search(r'<div class="xa">.*', text, re.DOTALL)
    parser = _Fields()
    parser.feed(found[0] if found else text)
    parser.values.pop("csrfmiddlewaretoken", None)
    return {
        name: value.removeprefix("\n") if isinstance(value, str) else value
        for name, value in parser.values.items()
    }


def traffic_make(clients: int = 400) -> None:
    """Shoppers of the last twenty days; one in four buys."""
    now = timezone.now()
    partitions_ensure(first=now - timedelta(days=40), last=now)
    rows = []
    for place in range(clients):
        seen = (now - START).total_seconds() / 3_600 - 25 - 24 * (place % 20)
        rows.append(Row("view", seen, client_id=f"c-{place}"))
        if place % 4 == 0:
            rows.append(Row("purchase", seen + 0.1, client_id=f"c-{place}"))
    rows_store(rows)
