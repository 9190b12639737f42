"""The native shape of an event, and what msgspec cannot say about it.

Every adapter ends here: an `EventItem` that passed `item_fault` can be stored.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from apps.events.contracts import EventType, ItemError

MAX_ITEMS = 1000
MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_ATTRIBUTES_BYTES = 8 * 1024
_MAX_DEPTH = 20
MAX_VALUE = Decimal("9999999999.9999")
_MOST_DIGITS = 400  # more decimals than the smallest float prints
MAX_TEXT = 200

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Moment = Annotated[datetime, Meta(tz=True)]
Rank = Annotated[int, Meta(ge=1, le=1_000_000)]
Pieces = Annotated[int, Meta(ge=1, le=1_000_000)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]

# Without a product these say nothing that anybody could count.
NEEDS_PRODUCT = frozenset(
    {
        EventType.IMPRESSION,
        EventType.VIEW,
        EventType.CLICK,
        EventType.ADD_TO_CART,
        EventType.REMOVE_FROM_CART,
    }
)
_EXPOSURE = EventType.EXPOSURE  # asked of every event; an Enum's own look-up is slow


class EventItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One event as a caller sends it; `apps.events.contracts.Event` says what the fields mean."""

    type: EventType
    event_id: Text | None = None
    occurred_at: Moment | None = None
    user_id: Text | None = None
    client_id: Text | None = None
    session_id: Text | None = None
    query_id: Text | None = None
    product_id: Text | None = None
    position: Rank | None = None
    quantity: Pieces | None = None
    value: Decimal | None = None
    currency: Currency | None = None
    experiment: Text | None = None
    variant: Text | None = None
    attributes: dict[str, object] = msgspec.field(default_factory=dict)


class Fault(Struct, frozen=True):
    """What is wrong with one item: the field to mend, a code, a sentence."""

    field: str
    code: str
    message: str

    def at(self, index: int, prefix: str = "") -> ItemError:
        """This fault as the error of the item at `index`."""
        return ItemError(index, prefix + self.field, self.code, self.message)


_PATH = re.compile(r" - at `(?:key` in `)?\$\.?([^`]*)`$")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
_MISSING = re.compile(r"missing required field `([^`]+)`")
# An escaped NUL, but not the text backslash-u0000.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def fault_of(error: msgspec.ValidationError) -> Fault:
    """The fault that a msgspec error describes, with the field's dotted path."""
    message = str(error)
    path = _PATH.search(message)
    where = path.group(1) if path else ""
    sentence = message[: path.start()] if path else message
    for pattern, code in ((_UNKNOWN, "unknown_field"), (_MISSING, "required")):
        if found := pattern.search(sentence):
            return Fault(".".join(filter(None, (where, found.group(1)))), code, sentence)
    return Fault(where or "item", "invalid", sentence)


def items_read(
    raw: Sequence[object],
) -> tuple[list[EventItem | None], list[ItemError]]:
    """Native items, in order; None where one was refused, with its error."""
    try:
        items: list[EventItem | None] = list(msgspec.convert(raw, list[EventItem]))
    except (msgspec.ValidationError, ValueError):
        return _items_read_singly(raw)
    return items, []


def _items_read_singly(raw: Iterable[object]) -> tuple[list[EventItem | None], list[ItemError]]:
    items: list[EventItem | None] = []
    errors: list[ItemError] = []
    for index, one in enumerate(raw):
        try:
            items.append(msgspec.convert(one, EventItem))
        except msgspec.ValidationError as error:
            items.append(None)
            errors.append(fault_of(error).at(index))
    return items, errors


def item_fault(item: EventItem) -> Fault | None:
    """What the types alone do not catch; None when the item can be stored."""
    kind = item.type
    if item.product_id is None and kind in NEEDS_PRODUCT:
        return Fault("product_id", "required", f"A {kind} names its product_id.")
    if kind is _EXPOSURE:
        for name in ("experiment", "variant"):
            if getattr(item, name) is None:
                return Fault(name, "required", f"An exposure names its {name}.")
    if item.value is not None and (fault := money_fault("value", item.value)):
        return fault
    # Looked for in all texts at once; by name only where there is one.
    if "\x00" in "".join(filter(None, _texts(item))):
        name = next(name for name in _TEXTS if "\x00" in (getattr(item, name) or ""))
        return Fault(name, "invalid", f"{name} holds a NUL character.")
    return _attributes_fault(item.attributes) if item.attributes else None


_TEXTS = (
    "event_id", "user_id", "client_id", "session_id", "query_id", "product_id",
    "experiment", "variant",
)  # fmt: skip
_texts = attrgetter(*_TEXTS)


def money_fault(field: str, amount: Decimal) -> Fault | None:
    """Why `amount` cannot be stored or multiplied; None when it can.

    Further decimals are rounded off: storefronts multiply prices as floats. But an exponent that
    no float has would overflow here, or be more digits than PostgreSQL reads.
    """
    exponent = amount.as_tuple().exponent
    sane = isinstance(exponent, int) and -_MOST_DIGITS <= exponent <= _MOST_DIGITS
    if sane and 0 <= amount <= MAX_VALUE:
        return None
    return Fault(field, "out_of_range", f"{field} must lie between 0 and {MAX_VALUE}.")


def _attributes_fault(attributes: Mapping[str, object]) -> Fault | None:
    if _deeper_than(_MAX_DEPTH, attributes):
        return Fault("attributes", "too_deep", f"attributes nest at most {_MAX_DEPTH} deep.")
    encoded = msgspec.json.encode(attributes)
    if len(encoded) > MAX_ATTRIBUTES_BYTES:
        return Fault(
            "attributes", "too_large", f"attributes take at most {MAX_ATTRIBUTES_BYTES} bytes."
        )
    if _NUL.search(encoded):
        return Fault("attributes", "invalid", "attributes hold a NUL character.")
    return None


def _deeper_than(levels: int, found: object) -> bool:
    if not isinstance(found, dict | list):
        return False
    inner: Iterable[object] = found.values() if isinstance(found, dict) else found
    return levels == 0 or any(_deeper_than(levels - 1, one) for one in inner)


def canonical_form(item: EventItem) -> bytes:
    """The item as bytes that do not depend on how its sender wrote it.

    Keys sorted, absent fields left out, the time in UTC, money at four decimals, no event_id.
    """
    fields: dict[str, object] = {
        name: found
        for name in EventItem.__struct_fields__
        if (found := getattr(item, name)) is not None
    }
    fields.pop("event_id", None)
    if item.occurred_at is not None:
        fields["occurred_at"] = item.occurred_at.astimezone(UTC)
    if item.value is not None:
        fields["value"] = f"{item.value:.4f}"
    if not item.attributes:
        del fields["attributes"]
    return msgspec.json.encode(fields, order="sorted")


def item_from_strings(fields: Mapping[str, str]) -> EventItem:
    """An item whose fields are all text, as a CSV row has them; empty ones are absent.

    Raises:
        msgspec.ValidationError: a field cannot be read.
        ValueError: `attributes` is not JSON.
    """
    present: dict[str, object] = {name: text for name, text in fields.items() if text}
    if "attributes" in present:
        present["attributes"] = msgspec.json.decode(fields["attributes"])
    return msgspec.convert(present, EventItem, strict=False)
