"""Admin's first page: what needs attention; each app registers its cards in `ready()`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.http import HttpRequest


class Tone(StrEnum):
    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class DashboardCard:
    """One fact with the page where it is looked into.

    Attributes:
        title: what it is about.
        value: the fact itself, a few characters.
        detail: one sentence.
        url: where it leads.
        tone: how urgent it is; `bad` and `warning` stand first.
    """

    title: str
    value: str
    detail: str
    url: str
    tone: Tone = Tone.PLAIN


CardSource = Callable[[Any], Iterable[DashboardCard]]
_URGENCY = (Tone.BAD, Tone.WARNING, Tone.PLAIN, Tone.GOOD)
_sources: list[CardSource] = []


def dashboard_register(source: CardSource) -> None:
    """Add cards.

    Args:
        source: given the user, answers the cards that this user may see. It runs at every
            opening of the page: few, bounded statements.
    """
    _sources.append(source)


def dashboard_cards(user: Any) -> list[DashboardCard]:
    """Every card of this user, the urgent first, else in the order of registration."""
    cards = [card for source in _sources for card in source(user)]
    return sorted(cards, key=lambda card: _URGENCY.index(card.tone))


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The index page's context with the cards in it (unfold's DASHBOARD_CALLBACK)."""
    return {**context, "title": "What needs attention", "cards": dashboard_cards(request.user)}
