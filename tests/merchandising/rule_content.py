"""Rules as tests write them."""

from typing import Any

from apps.access.models import User
from apps.merchandising.services_rules import rule_create, rule_publish
from apps.publishing.contracts import VersionView


def content(query: str = "tv", **changes: Any) -> dict[str, Any]:
    """A rule that pins product 1 to the first position."""
    return {
        "title": f"For {query}",
        "conditions": {"queries": [{"match": "exact", "text": query}]},
        "consequences": [{"do": "pin", "product": "1", "position": 1}],
        **changes,
    }


def published(key: str, actor: User, **changes: Any) -> VersionView:
    """A published rule."""
    rule_create(key=key, content=content(**changes), actor=actor)
    return rule_publish(key=key, actor=actor, reason="a test", acknowledge_warnings=True)
