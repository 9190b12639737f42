"""Reading JSON field by field, with the path of whatever is wrong."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import MOST_KEY_CHARACTERS, DesignInvalid

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
MOST_TEXT_CHARACTERS = 5_000
# As JSON writes it, not a backslash that somebody typed.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")


class Fields:
    """One JSON object under a path. What is asked for is known; `close` refuses the rest."""

    def __init__(self, value: Json, path: str = "") -> None:
        """Take the object at `path` (empty for the whole document).

        Raises:
            DesignInvalid: it is no object.
        """
        if not isinstance(value, dict):
            raise DesignInvalid(path or "design", "This must be an object.")
        self._values = value
        self._path = path
        self._asked: set[str] = set()

    def at(self, name: str) -> str:
        """The dotted path of a field."""
        return f"{self._path}.{name}" if self._path else name

    def refuse(self, name: str, message: str) -> DesignInvalid:
        """The error to raise about a field."""
        return DesignInvalid(self.at(name), message)

    def close(self) -> None:
        """Refuse what nobody asked for.

        Raises:
            DesignInvalid: naming the first unknown field.
        """
        for name in self._values:
            if name not in self._asked:
                raise self.refuse(name, f"There is no field {name}.")

    def has(self, name: str) -> bool:
        """Whether the field is there at all."""
        return name in self._values

    def anything(self, name: str, default: Json = None) -> Json:
        """The field as it is."""
        self._asked.add(name)
        return self._values.get(name, default)

    def required(self, name: str) -> Json:
        """The field as it is.

        Raises:
            DesignInvalid: it is missing.
        """
        self._asked.add(name)
        if name not in self._values:
            raise self.refuse(name, "This field is required.")
        return self._values[name]

    def text(self, name: str, default: str = "", *, most: int = MOST_TEXT_CHARACTERS) -> str:
        """A text of at most `most` characters, without space around it."""
        value = self.anything(name, default)
        if not isinstance(value, str):
            raise self.refuse(name, "This must be a text.")
        if len(value) > most:
            raise self.refuse(name, f"At most {most} characters.")
        json_checked(value, self.at(name))
        return value.strip()

    def key(self, name: str) -> str:
        """A required key: letters, digits, `-`, `_`."""
        self.required(name)
        return key_checked(self.text(name, most=MOST_KEY_CHARACTERS), self.at(name))

    def attribute(self, name: str, default: str = "") -> str:
        """The name of an attribute, or empty."""
        value = self.text(name, default, most=MOST_KEY_CHARACTERS)
        if value and not _ATTRIBUTE.fullmatch(value):
            raise self.refuse(name, "An attribute's name is letters, digits and underscores.")
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.anything(name, default)
        if not isinstance(value, bool):
            raise self.refuse(name, "This must be true or false.")
        return value

    def number(
        self,
        name: str,
        default: float | None = None,
        *,
        least: float = -math.inf,
        most: float = math.inf,
        above: float = -math.inf,
    ) -> float:
        """A finite number in `[least, most]` and above `above`; required without a default."""
        value = self.required(name) if default is None else self.anything(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(name, "This must be a number.")
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if not math.isfinite(found):
            raise self.refuse(name, "This must be a finite number.")
        if not (least <= found <= most and found > above):
            raise self.refuse(name, _bounds(least, most, above))
        return found

    def whole(
        self, name: str, default: int | None = None, *, least: int = 0, most: int = 10**12
    ) -> int:
        """A whole number in `[least, most]`; required without a default."""
        found = self.number(
            name, None if default is None else float(default), least=least, most=most
        )
        if found != int(found):
            raise self.refuse(name, "This must be a whole number.")
        return int(found)

    def choice(self, name: str, choices: type[E], default: E) -> E:
        """One of an enumeration's values."""
        value = self.anything(name, default.value)
        try:
            return choices(value)  # type: ignore[arg-type] # whatever it is, it is looked up
        except ValueError:
            listed = ", ".join(each.value for each in choices)
            raise self.refuse(name, f"Choose one of: {listed}.") from None

    def moment(self, name: str) -> datetime | None:
        """An aware moment in ISO 8601, or None."""
        value = self.anything(name)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            raise self.refuse(name, "This must be a moment in ISO 8601.") from None
        if not isinstance(value, str) or found.tzinfo is None:
            raise self.refuse(name, "This must be a moment in ISO 8601 with its time zone.")
        return found

    def items(self, name: str, *, most: int) -> list[Json]:
        """A list of at most `most` values; absent is empty."""
        value = self.anything(name, [])
        if not isinstance(value, list):
            raise self.refuse(name, "This must be a list.")
        if len(value) > most:
            raise self.refuse(name, f"At most {most} of them.")
        return value

    def each(self, name: str, read: "Callable[[Fields], T]", *, most: int) -> tuple[T, ...]:
        """A list of objects, each read by `read` and closed."""
        found = []
        for place, item in enumerate(self.items(name, most=most)):
            inner = Fields(item, self.at(f"{name}[{place}]"))
            found.append(read(inner))
            inner.close()
        return tuple(found)

    def inner(self, name: str) -> "Fields | None":
        """The object in a field; None when it is absent or null."""
        value = self.anything(name)
        return None if value is None else Fields(value, self.at(name))

    def texts(self, name: str, *, most: int) -> tuple[str, ...]:
        """A list of different attribute names."""
        found: list[str] = []
        for place, item in enumerate(self.items(name, most=most)):
            if not isinstance(item, str) or not _ATTRIBUTE.fullmatch(item):
                raise self.refuse(f"{name}[{place}]", "This must be the name of an attribute.")
            found.append(item)
        once(found, self.at(name))
        return tuple(found)


def json_checked(value: Json, path: str) -> Json:
    """The value itself, when PostgreSQL can hold it as JSON.

    Raises:
        DesignInvalid: a number that is none, a NUL character, half a surrogate pair, or
            nested deeper than anybody writes by hand.
    """
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise DesignInvalid(path, "This cannot be stored as JSON.") from error
    if _NUL.search(text):
        raise DesignInvalid(path, "A text holds no NUL character.")
    return value


def key_checked(value: str, path: str) -> str:
    """The key itself.

    Raises:
        DesignInvalid: not letters, digits, `-` and `_`, or too long.
    """
    if not _KEY.fullmatch(value) or len(value) > MOST_KEY_CHARACTERS:
        raise DesignInvalid(
            path,
            "A key is letters, digits, hyphens and underscores, at most "
            f"{MOST_KEY_CHARACTERS} of them, and begins with a letter or digit.",
        )
    return value


def once(values: Sequence[str], path: str, name: str = "") -> None:
    """Refuse a value that stands twice.

    Raises:
        DesignInvalid: naming the place of the second.
    """
    seen: set[str] = set()
    for place, value in enumerate(values):
        if value in seen:
            at = f"{path}[{place}].{name}" if name else f"{path}[{place}]"
            raise DesignInvalid(at, f"{value} stands here twice.")
        seen.add(value)


def object_of(value: Json, path: str) -> Mapping[str, Json]:
    """An object as it is; None is empty.

    Raises:
        DesignInvalid: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DesignInvalid(path, "This must be an object.")
    return value


def _bounds(least: float, most: float, above: float) -> str:
    if above > least:
        low = f"above {above:g}"
    else:
        low = f"{least:g} or more" if math.isfinite(least) else ""
    high = f"{most:g} or less" if math.isfinite(most) else ""
    return f"This must be {' and '.join(part for part in (low, high) if part)}."
