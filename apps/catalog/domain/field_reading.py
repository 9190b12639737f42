"""Reading single feed fields: text in, typed value out, or a reason that a person can mend."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from apps.catalog.contracts import AttributeValue

_KEY = re.compile(r"[a-z0-9_]{1,120}")
_NOT_KEY = re.compile(r"[^a-z0-9]+")
_AMOUNT_FIRST = re.compile(r"([0-9][0-9.,\s]*)\s*([A-Za-z]{3})?")
_CURRENCY_FIRST = re.compile(r"([A-Za-z]{3})\s*([0-9][0-9.,\s]*)")
_TRUE = frozenset({"true", "yes", "1", "y"})
_FALSE = frozenset({"false", "no", "0", "n"})
_MOST_ATTRIBUTES = 1000
_LONGEST_ATTRIBUTE = 20_000
_MOST_MONEY = Decimal(10) ** 10


class FieldInvalid(ValueError):
    """A value that cannot be read; the message is the reason, without the field's name."""


def text_read(value: object, *, longest: int) -> str:
    """The text without surrounding blanks; numbers as they are written.

    Raises:
        FieldInvalid: not text, too long, or with a NUL character.
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise FieldInvalid("must be text")
    text = str(value).strip()
    if len(text) > longest:
        raise FieldInvalid(f"has {len(text)} characters, the most is {longest}")
    if "\x00" in text:
        raise FieldInvalid("contains a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise FieldInvalid("contains half of a surrogate pair") from None
    return text


def texts_read(value: object, *, longest: int, most: int) -> tuple[str, ...]:
    """A list of texts; one text is a list of one, empty ones are left out.

    Raises:
        FieldInvalid: as `text_read`, or too many.
    """
    parts = value if isinstance(value, list | tuple) else [value]
    read = tuple(text for each in parts if (text := text_read(each, longest=longest)))
    if len(read) > most:
        raise FieldInvalid(f"has {len(read)} values, the most is {most}")
    return read


def money_read(value: object, *, default_currency: str) -> tuple[Decimal, str]:
    """`19.99 EUR`, `EUR 19.99`, `19.99`, or a number: (amount in cents' precision, currency).

    A comma groups thousands when a dot follows or three digits do (`1,299.00`); otherwise it
    is the decimal sign (`12,50`).

    Raises:
        FieldInvalid: not a price, negative, too great or finer than a cent.
    """
    text = text_read(value, longest=40)
    match = _AMOUNT_FIRST.fullmatch(text)
    amount, currency = (match.group(1), match.group(2)) if match else ("", None)
    if match is None and (other := _CURRENCY_FIRST.fullmatch(text)):
        currency, amount = other.group(1), other.group(2)
    if not amount:
        raise FieldInvalid(f"{text[:40]!r} is not a price such as 19.99 EUR")
    return _amount(amount), (currency or default_currency).upper()


def _amount(written: str) -> Decimal:
    plain = re.sub(r"\s", "", written)
    if "," in plain and ("." in plain or re.fullmatch(r"\d{1,3}(,\d{3})+", plain)):
        plain = plain.replace(",", "")
    try:
        amount = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        raise FieldInvalid(f"{written!r} is not an amount") from None
    if amount >= _MOST_MONEY:
        raise FieldInvalid("is too great")
    if amount != amount.quantize(Decimal("0.01")):
        raise FieldInvalid(f"{written!r} is finer than a cent")
    return amount.quantize(Decimal("0.01"))


def moment_read(value: object) -> datetime | None:
    """An ISO 8601 date or time, UTC when it names no zone; None when empty.

    Raises:
        FieldInvalid: not such a time.
    """
    text = text_read(value, longest=60)
    if not text:
        return None
    # Merchant feeds write +0100, which ISO 8601 has only without the other separators.
    text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text) if "T" in text else text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FieldInvalid(f"{text!r} is not a date or time in ISO 8601") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def period_read(value: object) -> tuple[datetime | None, datetime | None]:
    """`start/end`, either side may be empty.

    Raises:
        FieldInvalid: not two times, or the end is not after the start.
    """
    text = text_read(value, longest=120)
    if not text:
        return None, None
    start_text, slash, end_text = text.partition("/")
    if not slash:
        raise FieldInvalid("must be start/end")
    start, end = moment_read(start_text), moment_read(end_text)
    if start and end and end <= start:
        raise FieldInvalid("ends before it starts")
    return start, end


def boolean_read(value: object) -> bool | None:
    """true, false, yes, no, 1, 0; None when empty.

    Raises:
        FieldInvalid: none of these.
    """
    if isinstance(value, bool):
        return value
    text = text_read(value, longest=10).lower()
    if not text:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise FieldInvalid(f"{text!r} is not true or false")


def whole_number_read(value: object) -> int | None:
    """A whole number that fits 32 bits; None when empty.

    Raises:
        FieldInvalid: not such a number.
    """
    text = text_read(value, longest=20)
    if not text:
        return None
    if re.fullmatch(r"-?\d{1,9}(\.0+)?", text) is None:
        raise FieldInvalid(f"{text!r} is not a whole number")
    return int(text.partition(".")[0])


def choice_read(value: object, choices: tuple[str, ...], *, default: str) -> str:
    """One of `choices`, spaces and case accepted; `default` when empty.

    Raises:
        FieldInvalid: none of these.
    """
    text = text_read(value, longest=60).lower().replace(" ", "_")
    if not text:
        return default
    if text not in choices:
        raise FieldInvalid(f"{text!r} is not one of {', '.join(choices)}")
    return text


def attribute_key(name: str) -> str:
    """A name as a key: `Screen size (cm)` becomes `screen_size_cm`."""
    return _NOT_KEY.sub("_", name.lower()).strip("_")


def attributes_read(value: object) -> dict[str, AttributeValue]:
    """Typed attributes; empty texts, nulls and empty lists are left out.

    A list of one text is that text; so is it stored, exported and imported alike.

    Raises:
        FieldInvalid: names the key.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise FieldInvalid("must be an object of key and value")
    if len(value) > _MOST_ATTRIBUTES:
        raise FieldInvalid(f"has {len(value)} keys, the most is {_MOST_ATTRIBUTES}")
    found: dict[str, AttributeValue] = {}
    for key, each in value.items():
        if not isinstance(key, str) or _KEY.fullmatch(key) is None:
            raise FieldInvalid(f"key {key!r} must be made of a to z, 0 to 9 and _")
        read = _attribute(key, each)
        if read is not None:
            found[key] = read
    return found


def _attribute(key: str, value: object) -> AttributeValue | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        number = float(value)
        if not math.isfinite(number):
            raise FieldInvalid(f"{key} is not a finite number")
        return number
    try:
        texts = tuple(
            dict.fromkeys(texts_read(value, longest=_LONGEST_ATTRIBUTE, most=_MOST_ATTRIBUTES))
        )
    except FieldInvalid as error:
        raise FieldInvalid(f"{key} {error}") from None
    if not texts:
        return None
    return texts if len(texts) > 1 else texts[0]
