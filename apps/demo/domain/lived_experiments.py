"""The two experiments of the lived days. No effect is planted in their arms."""

from collections.abc import Mapping

SEARCH_KEY, SHELF_KEY = "search-follows-shoppers", "shelf-for-you"
_METRICS = [
    {"key": "ctr", "role": "primary"},
    {"key": "revenue_per_visitor", "role": "secondary"},
]
# What shoppers did in the weeks before tells much of what they would do anyway.
_PLAN = {"minimum_runtime_days": 7, "minimum_units": 200, "mde": 0.1, "cuped_days": 28}
DESIGNS: Mapping[str, Mapping[str, object]] = {
    SEARCH_KEY: {
        "name": "Search that follows the shopper",
        "hypothesis": "Because shoppers come back to the brands and shelves that they liked, we "
        "believe that a search which knows their history and their visit shows what they want "
        "further up, and sells more.",
        "surface": "search",
        "unit": "user",
        "variants": [
            {
                "key": "same",
                "name": "The same for everybody",
                "weight": 0.5,
                "payload": {"personalisation": {"history": False, "session": False}},
            },
            {
                "key": "personal",
                "name": "For this shopper",
                "weight": 0.5,
                "payload": {
                    "personalisation": {
                        "history": True,
                        "revisit_weight": 0.3,
                        "session": True,
                        "session_weight": 0.3,
                    }
                },
            },
        ],
        "metrics": _METRICS,
        "plan": _PLAN,
    },
    SHELF_KEY: {
        "name": "A shelf for you, or what is popular",
        "hypothesis": "Because tastes differ, we believe that shelves chosen from each shopper's "
        "own history are clicked and bought from more than what sells best.",
        "surface": "recommendations",
        "unit": "user",
        "variants": [
            {
                "key": "popular",
                "name": "What is popular",
                "weight": 0.5,
                "payload": {
                    "recommendations": {"strategies": ["popular"]},
                    "personalisation": {"history": False, "session": False},
                },
            },
            {
                "key": "for-you",
                "name": "For you",
                "weight": 0.5,
                "payload": {
                    "recommendations": {"strategies": ["for_you", "popular"]},
                    "personalisation": {"history": True, "revisit_weight": 0.5, "session": True},
                },
            },
        ],
        "metrics": _METRICS,
        "plan": _PLAN,
    },
}
