"""Configurations as JSON keeps them, as a command line writes them, and in words."""

import json
from collections.abc import Mapping

from apps.explainability.contracts.judged import Configuration, ConfigurationInvalid, Json

_FIELDS = ("system", "payload", "draft_kind", "draft_id")


def configuration_json(configuration: Configuration) -> dict[str, Json]:
    """Only what differs from what is published."""
    found: dict[str, Json] = {"system": configuration.system}
    if configuration.payload is not None:
        found["payload"] = configuration.payload
    if configuration.draft_kind:
        found |= {"draft_kind": configuration.draft_kind, "draft_id": configuration.draft_id}
    return found


def configuration_of(value: Json) -> Configuration:
    """The configuration that JSON means.

    Raises:
        ConfigurationInvalid: another shape; `field` names the part.
    """
    if not isinstance(value, Mapping):
        raise ConfigurationInvalid("configuration", "A configuration is an object.")
    for name in value:
        if name not in _FIELDS:
            raise ConfigurationInvalid(name, f"There is no '{name}'.")
    system, kind = value.get("system", "served"), value.get("draft_kind", "")
    draft = value.get("draft_id", 0)
    if not isinstance(system, str):
        raise ConfigurationInvalid("system", "A system is named by a text.")
    if not isinstance(kind, str):
        raise ConfigurationInvalid("draft_kind", "A kind is named by a text.")
    if isinstance(draft, bool) or not isinstance(draft, int) or draft < 0:
        raise ConfigurationInvalid("draft_id", "A draft is named by the number of its row.")
    if bool(kind) != bool(draft):
        raise ConfigurationInvalid("draft_id", "A draft is a kind and the number of its row.")
    return Configuration(system, value.get("payload"), kind, draft)


def configuration_parse(text: str) -> Configuration:
    """`published`, a system's name, `kind:number` of a draft, or JSON.

    Raises:
        ConfigurationInvalid: none of them.
    """
    text = text.strip()
    if text in {"", "published"}:
        return Configuration()
    if text.startswith("{"):
        try:
            return configuration_of(json.loads(text))
        except json.JSONDecodeError as error:
            raise ConfigurationInvalid("configuration", f"No JSON: {error}") from error
    kind, colon, number = text.partition(":")
    if not colon:
        return Configuration(system=text)
    if not (number.isascii() and number.isdigit()):
        raise ConfigurationInvalid("draft_id", "A draft is written kind:number.")
    return configuration_of({"draft_kind": kind, "draft_id": int(number)})


def configuration_words(configuration: Configuration) -> str:
    """The configuration for people."""
    if configuration.is_published:
        return "as published"
    if configuration.draft_kind:
        kind = configuration.draft_kind.replace("_", " ")
        return f"as if {kind} draft {configuration.draft_id} were published"
    if configuration.payload is not None:
        return f"with {json.dumps(configuration.payload, ensure_ascii=False, sort_keys=True)}"
    return f"{configuration.system.replace('_', ' ')} alone"
