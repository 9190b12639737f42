"""Conditions from and to their JSON form."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.merchandising.contracts_rules import (
    Conditions,
    JsonValue,
    QueryCondition,
    QueryMatch,
    RuleInvalid,
    VariantCondition,
)
from apps.merchandising.domain.rules.json_reading import (
    given_text_read,
    joined,
    list_read,
    object_read,
    texts_read,
)
from apps.merchandising.domain.rules.words import pattern_normalise, words_normalise

MOST_QUERIES = 200
MOST_VALUES = 100
MOST_ATTRIBUTES = 20
OWN_ATTRIBUTES = ("segment", "device")
_FIELDS = (
    "queries", "categories", "segments", "devices", "attributes", "variants", "starts_at",
    "ends_at", "time_zone",
)  # fmt: skip
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def conditions_parse(value: object, path: str = "conditions") -> Conditions:
    """Conditions from JSON; times without an offset are read in `time_zone`.

    Raises:
        RuleInvalid: naming the field.
    """
    given = object_read(path, value, _FIELDS)
    zone_name = _zone_name(joined(path, "time_zone"), given.get("time_zone", "UTC"))
    zone = ZoneInfo(zone_name)
    starts_at = moment_parse(joined(path, "starts_at"), given.get("starts_at"), zone)
    ends_at = moment_parse(joined(path, "ends_at"), given.get("ends_at"), zone)
    if starts_at and ends_at and ends_at <= starts_at:
        raise RuleInvalid(joined(path, "ends_at"), "The end must lie after the start.")
    return Conditions(
        queries=_queries(joined(path, "queries"), given.get("queries", ())),
        categories=tuple(
            dict.fromkeys(
                each.strip("/") for each in _texts(path, given, "categories") if each.strip("/")
            )
        ),
        segments=_texts(path, given, "segments"),
        devices=_texts(path, given, "devices"),
        attributes=_attributes(joined(path, "attributes"), given.get("attributes", {})),
        variants=_variants(joined(path, "variants"), given.get("variants", ())),
        starts_at=starts_at,
        ends_at=ends_at,
        time_zone=zone_name,
    )


def _texts(path: str, given: Mapping[str, object], name: str) -> tuple[str, ...]:
    return texts_read(joined(path, name), given.get(name, ()), MOST_VALUES)


def _queries(path: str, value: object) -> tuple[QueryCondition, ...]:
    items = list_read(path, value, MOST_QUERIES)
    read = [_query(joined(path, str(place)), item) for place, item in enumerate(items, 1)]
    return tuple(dict.fromkeys(read))


def _query(path: str, value: object) -> QueryCondition:
    given = object_read(path, value, ("match", "text"))
    named = given.get("match")
    if not isinstance(named, str) or named not in set(QueryMatch):
        raise RuleInvalid(joined(path, "match"), f"This is one of {', '.join(QueryMatch)}.")
    match, at = QueryMatch(named), joined(path, "text")
    return QueryCondition(match, query_text_normalise(at, match, given.get("text")))


def query_text_normalise(path: str, match: QueryMatch, value: object) -> str:
    """A condition's text in its normal form.

    Raises:
        RuleInvalid: there is no word in it, or a pattern that means nothing.
    """
    text = given_text_read(path, value)
    if match is not QueryMatch.PATTERN:
        words = words_normalise(text)
        if not words:
            raise RuleInvalid(path, "There is no word in it.")
        return " ".join(words)
    try:
        return pattern_normalise(text)
    except ValueError as error:
        raise RuleInvalid(path, str(error)) from error


def _attributes(path: str, value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping) or len(value) > MOST_ATTRIBUTES:
        raise RuleInvalid(path, f"There must be an object of at most {MOST_ATTRIBUTES} here.")
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(value, key=str):
        at = joined(path, str(name))
        if not isinstance(name, str) or not _ATTRIBUTE_NAME.fullmatch(name):
            raise RuleInvalid(at, "An attribute's name has letters, digits, dots, - and _ only.")
        if name in OWN_ATTRIBUTES:
            raise RuleInvalid(at, f"There is a condition of its own for it: {name}s.")
        found[name] = texts_read(at, value[name], MOST_VALUES)
        if not found[name]:
            raise RuleInvalid(at, "Give at least one value.")
    return found


def _variants(path: str, value: object) -> tuple[VariantCondition, ...]:
    found: dict[str, VariantCondition] = {}
    for place, item in enumerate(list_read(path, value, MOST_ATTRIBUTES), 1):
        at = joined(path, str(place))
        given = object_read(at, item, ("experiment", "variants"))
        experiment = given_text_read(joined(at, "experiment"), given.get("experiment"))
        variants = texts_read(joined(at, "variants"), given.get("variants", ()), MOST_VALUES)
        if not variants:
            raise RuleInvalid(joined(at, "variants"), "Give at least one variant.")
        if experiment in found:
            raise RuleInvalid(joined(at, "experiment"), "This experiment is asked for twice.")
        found[experiment] = VariantCondition(experiment, variants)
    return tuple(found.values())


def _zone_name(path: str, value: object) -> str:
    name = given_text_read(path, value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise RuleInvalid(path, f"There is no time zone '{name}'.") from error
    return name


def moment_parse(path: str, value: object, zone: ZoneInfo) -> datetime | None:
    """An instant from ISO 8601, told in the zone; a date is its midnight there; None: none.

    Raises:
        RuleInvalid: it is no time, or one that the zone's clocks skip.
    """
    if value in (None, ""):
        return None
    try:
        read = datetime.fromisoformat(given_text_read(path, value))
        if read.tzinfo is not None:
            return read.astimezone(zone)
        local = read.replace(tzinfo=zone)
        back = local.astimezone(UTC).astimezone(zone)
    except (ValueError, OverflowError) as error:
        raise RuleInvalid(path, "This is no date and time like 2026-11-27T00:00.") from error
    if back.replace(tzinfo=None) != read:
        raise RuleInvalid(path, f"The clocks of {zone.key} skip this time.")
    return local


def conditions_json(conditions: Conditions) -> dict[str, JsonValue]:
    """The JSON form that `conditions_parse` reads back as the same; nothing empty in it."""
    lists: dict[str, JsonValue] = {
        "queries": [{"match": each.match.value, "text": each.text} for each in conditions.queries],
        "categories": list(conditions.categories),
        "segments": list(conditions.segments),
        "devices": list(conditions.devices),
        "attributes": {name: list(each) for name, each in sorted(conditions.attributes.items())},
        "variants": [
            {"experiment": each.experiment, "variants": list(each.variants)}
            for each in conditions.variants
        ],
    }
    found: dict[str, JsonValue] = {name: value for name, value in lists.items() if value}
    for name, moment in (("starts_at", conditions.starts_at), ("ends_at", conditions.ends_at)):
        if moment is not None:
            found[name] = moment.astimezone(ZoneInfo(conditions.time_zone)).isoformat()
    if conditions.time_zone != "UTC":
        found["time_zone"] = conditions.time_zone
    return found
