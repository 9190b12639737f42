"""A whole rule from and to the JSON content of a published version."""

import re
from collections.abc import Mapping

from apps.merchandising.contracts_rules import (
    JsonValue,
    MerchandisingRule,
    Reach,
    RuleInvalid,
)
from apps.merchandising.domain.rules.conditions import conditions_json, conditions_parse
from apps.merchandising.domain.rules.consequences import consequence_json, consequences_parse
from apps.merchandising.domain.rules.json_reading import (
    given_text_read,
    object_read,
    text_read,
    whole_read,
)

MOST_PRIORITY = 1000
CONTENT_FIELDS = ("title", "priority", "campaign", "reach", "conditions", "consequences")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


def rule_parse(key: str, number: int, content: Mapping[str, object]) -> MerchandisingRule:
    """A rule from `{"title", "priority", "campaign", "reach", "conditions", "consequences"}`.

    Raises:
        RuleInvalid: naming the field; `key` for the key.
    """
    given = object_read("", content, CONTENT_FIELDS)
    return MerchandisingRule(
        key=key_parse(key),
        number=number,
        title=given_text_read("title", given.get("title")),
        priority=whole_read("priority", given.get("priority", 0), -MOST_PRIORITY, MOST_PRIORITY),
        campaign=_campaign(given.get("campaign", "")),
        reach=_reach(given.get("reach", Reach.EVERYONE.value)),
        conditions=conditions_parse(given.get("conditions", {})),
        consequences=consequences_parse(given.get("consequences", ())),
    )


def key_parse(key: object) -> str:
    """A rule's key.

    Raises:
        RuleInvalid: it is no slug.
    """
    return _slug("key", key)


def _campaign(value: object) -> str:
    return _slug("campaign", value) if text_read("campaign", value) else ""


def _slug(path: str, value: object) -> str:
    text = text_read(path, value)
    if not _SLUG.fullmatch(text):
        raise RuleInvalid(path, "This has small letters, digits, - and _ only, at most 100.")
    return text


def _reach(value: object) -> Reach:
    if not isinstance(value, str) or value not in set(Reach):
        raise RuleInvalid("reach", f"This is one of {', '.join(Reach)}.")
    return Reach(value)


def rule_content(rule: MerchandisingRule) -> dict[str, JsonValue]:
    """The JSON content that `rule_parse` reads back as the same rule; one form for one rule."""
    return {
        "title": rule.title,
        "priority": rule.priority,
        "campaign": rule.campaign,
        "reach": rule.reach.value,
        "conditions": conditions_json(rule.conditions),
        "consequences": [consequence_json(each) for each in rule.consequences],
    }
