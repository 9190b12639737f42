"""The demo's merchandising: what is live, a campaign that waits, and one that is over."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = "Europe/Berlin"
BLACK_FRIDAY = "black-friday"
BACK_TO_SCHOOL = "back-to-school"

Content = Mapping[str, object]


def rules_of_demo(as_of: datetime, sofa: str = "") -> dict[str, Content]:
    """Rules to publish, by key.

    Args:
        as_of: the demo's moment; windows lie around it.
        sofa: id of a sofa to pin; empty: the catalogue has none.
    """
    return {**_standing(sofa), **_campaigns(as_of)}


def rules_drafted(as_of: datetime) -> dict[str, Content]:
    """What the merchandiser is still working on, by key."""
    return {
        "winter-sports": {
            "title": "Winter sports before the holidays",
            "campaign": "winter",
            "conditions": {"categories": ["sports/winter"], **_window(as_of, 10, 45)},
            "consequences": [_boost({"availability": ["in_stock"]}, 30)],
        }
    }


def _standing(sofa: str) -> dict[str, Content]:
    """Always live. Words that shoppers type, and furniture of the house's own brand."""
    pin = [{"do": "pin", "product": sofa, "position": 1}] if sofa else []
    return {
        "sofas-of-our-own": {
            "title": "Our own sofas first",
            "priority": 10,
            "conditions": {"queries": [_query("exact", "sofa"), _query("exact", "sofas")]},
            "consequences": [*pin, _boost({"brand": ["Hearthlow"]}, 25)],
        },
        "telly-is-television": {
            "title": "A telly is a television",
            "conditions": {"queries": [_query("contains", "telly")]},
            "consequences": [{"do": "rewrite", "find": "telly", "replace": "television"}],
        },
        "gift-ideas": {
            "title": "Gift ideas have a page",
            "conditions": {"queries": [_query("pattern", "gift ...")]},
            "consequences": [
                {"do": "banner", "slot": "top", "payload": {"title": "Gifts for everyone"}}
            ],
        },
        # Black Friday's banners win the same slot.
        "headphones-guide": {
            "title": "How to choose headphones",
            "conditions": {"queries": [_query("contains", "headphones")]},
            "consequences": [
                {"do": "banner", "slot": "top", "payload": {"title": "How to choose headphones"}}
            ],
        },
        "kettles-in-stock": {
            "title": "No kettle that nobody can buy",
            "conditions": {"categories": ["home/kitchen/kettles"]},
            "consequences": [
                {"do": "bury", "filters": {"availability": ["out_of_stock"]}, "factor": -60}
            ],
        },
        "fresh-laptops-trial": {
            "title": "Laptops under 1,000: a trial",
            "reach": "experiments",
            "conditions": {"queries": [_query("contains", "laptop")]},
            "consequences": [_boost({"price": ["..1000"]}, 40)],
        },
    }


def _campaigns(as_of: datetime) -> dict[str, Content]:
    headphones = {"queries": [_query("contains", "headphones")]}
    return {
        "black-friday-soon": {
            "title": "Black Friday is near",
            "campaign": BLACK_FRIDAY,
            "conditions": {**headphones, **_window(as_of, -3, 5)},
            "consequences": [
                {"do": "banner", "slot": "top", "payload": {"title": "Black Friday is near"}}
            ],
        },
        "black-friday-headphones": {
            "title": "Black Friday: headphones",
            "campaign": BLACK_FRIDAY,
            "priority": 50,
            "conditions": {**headphones, **_window(as_of, 5, 9)},
            "consequences": [
                _boost({"brand": ["Ohmera", "Lumivox"]}, 50),
                {"do": "banner", "slot": "top", "payload": {"title": "Black Friday is here"}},
            ],
        },
        "black-friday-televisions": {
            "title": "Black Friday: televisions",
            "campaign": BLACK_FRIDAY,
            "priority": 50,
            "conditions": {
                "categories": ["electronics/tv-and-video"], **_window(as_of, 5, 9)
            },
            "consequences": [_boost({"price": ["..800"]}, 40)],
        },
        "back-to-school": {
            "title": "Back to school",
            "campaign": BACK_TO_SCHOOL,
            "conditions": {
                "categories": ["electronics/computers"], **_window(as_of, -90, -50)
            },
            "consequences": [_boost({"category": ["electronics/computers/laptops"]}, 50)],
        },
    }  # fmt: skip


def _query(match: str, text: str) -> dict[str, str]:
    return {"match": match, "text": text}


def _boost(filters: Mapping[str, list[str]], factor: int) -> dict[str, object]:
    return {"do": "boost", "filters": dict(filters), "factor": factor}


def _window(as_of: datetime, first: int, last: int) -> dict[str, str]:
    """From midnight to midnight, so many days from the demo's moment."""
    today = as_of.astimezone(ZoneInfo(ZONE)).date()
    start, end = (today + timedelta(days=days) for days in (first, last))
    return {"starts_at": start.isoformat(), "ends_at": end.isoformat(), "time_zone": ZONE}
