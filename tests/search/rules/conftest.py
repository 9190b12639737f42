from collections.abc import Callable
from typing import Any

import pytest

from apps.access.models import User
from apps.merchandising.services_rules import rule_create, rule_publish
from tests.search.types import Build

Publish = Callable[..., None]


@pytest.fixture
def publish(db: None) -> Publish:
    """Publish a rule: `publish("key", {"do": "pin", …}, q="mouse", conditions={…}, …)`."""
    mara = User.objects.create_user("mara")

    def rule(key: str, *consequences: Any, q: str = "", **content: Any) -> None:
        conditions = dict(content.pop("conditions", {}))
        if q:
            conditions["queries"] = [{"match": "exact", "text": q}]
        rule_create(
            key=key,
            content={
                "title": f"Rule {key}",
                "conditions": conditions,
                "consequences": list(consequences),
                **content,
            },
            actor=mara,
        )
        rule_publish(key=key, actor=mara, reason="a test", acknowledge_warnings=True)

    return rule


@pytest.fixture
def embedded_catalogue(lasting_catalogue: None, embedded: Build) -> None:
    """With vectors: only answers that lack nothing are kept."""
    embedded()
