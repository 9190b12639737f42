"""Kept answers while rules are published, start, end, and ask who is asking."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.merchandising.selectors import rule_book
from apps.merchandising.services_rules import rule_retire
from apps.search.contracts import SearchRequest
from apps.search.services.answer import search_answer
from apps.search.services.kept_answers import cache_requests_total
from tests.search.experimenting import left_behind
from tests.search.rules.conftest import Publish
from tests.search.rules.doing import banner, hide, ids, pin, rewrite
from tests.search.types import Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue", "embedded_catalogue")


def hits() -> float:
    counted = (cache_requests_total.labels(name) for name in ("hit", "shared"))
    return sum(float(each._value.get()) for each in counted)


def test_a_publish_shows_at_once_and_a_retired_rule_is_gone(
    search: Search, publish: Publish
) -> None:
    before = [search(q="mouse"), search(q="mouse")]
    assert hits() > 0
    publish("top", pin(ids(before[0])[-1]), q="mouse")
    assert ids(search(q="mouse"))[0] == ids(before[0])[-1]
    kept = hits()
    assert search(q="mouse")["applied_rules"] == ["top"]
    assert hits() == kept + 1
    rule_retire(key="top", actor=None, reason="over")
    assert ids(search(q="mouse")) == ids(before[0])


def test_a_window_starts_and_ends_at_its_second_even_from_the_cache(publish: Publish) -> None:
    start = timezone.now() + timedelta(hours=1)
    end = start + timedelta(minutes=2)
    publish(
        "hour", banner("top"), q="mouse",
        conditions={"starts_at": start.isoformat(), "ends_at": end.isoformat()},
    )  # fmt: skip

    def acts(seconds: float) -> tuple[str, ...]:
        as_of = start + timedelta(seconds=seconds)
        return search_answer(request=SearchRequest(query="mouse"), as_of=as_of).applied_rules

    for _ in range(2):
        kept = hits()
        assert acts(-1) == acts(-0.001) == ()
        assert acts(0) == acts(1) == acts(119.999) == ("hour",)
        assert acts(120) == ()
    assert hits() >= kept + 5


def test_two_devices_get_their_own_answers_and_share_what_no_rule_asks_for(
    search: Search, publish: Publish
) -> None:
    publish("phones", hide(brand=["Acme"]), conditions={"devices": ["phone"]})

    def asked(device: str, **more: str) -> list[str]:
        extra = {f"attributes[{name}]": value for name, value in more.items()}
        return ids(search({"q": "mouse", "attributes[device]": device, **extra}))

    phone, desktop = asked("phone"), asked("desktop")
    assert phone != desktop
    kept = hits()
    assert asked("phone") == phone
    assert asked("desktop") == desktop
    assert asked("phone", theme="dark") == phone
    assert hits() == kept + 3


def test_a_kept_answer_says_and_logs_what_a_computed_one_does(
    search: Search, publish: Publish
) -> None:
    publish("top", pin("p-0-3"), banner("top", title="A"), q="rodent")
    publish("words", rewrite("rodent", "mouse"), q="rodent")
    computed, kept = search(q="rodent"), search(q="rodent")
    own = ("query_id", "took_ms")
    assert {**computed, **dict.fromkeys(own)} == {**kept, **dict.fromkeys(own)}
    entries, _ = left_behind()
    assert [entry.cache_hit for entry in entries] == [True, False]
    assert {entry.applied_rules for entry in entries} == {("top", "words")}


def test_without_rules_the_key_asks_nothing(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(rule_book()) == 0
    search(q="mouse")

    def never(*_asked: object) -> None:
        raise AssertionError("no rule is live")

    monkeypatch.setattr("apps.search.services.begun.names_in_key", never)
    monkeypatch.setattr("apps.search.services.core.ruled_of", never)
    assert search(q="mouse")["found"]
    assert search(q="hub")["found"]
