"""Typed reading of a case: one mapping per case, its values at the top or under `inputs`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Fields = Mapping[str, object]


class CaseInvalid(ValueError):
    """A case that cannot be read; says which field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


def as_number(value: object, field: str) -> float:
    """A finite number.

    Raises:
        CaseInvalid: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CaseInvalid(field, "must be a number")
    return float(value)


def as_count(value: object, field: str) -> int:
    """A whole number.

    Raises:
        CaseInvalid: It is none.
    """
    number = as_number(value, field)
    if number != int(number):
        raise CaseInvalid(field, "must be a whole number")
    return int(number)


def as_fields(value: object, field: str) -> Fields:
    """A mapping with text keys.

    Raises:
        CaseInvalid: It is none.
    """
    if not isinstance(value, Mapping):
        raise CaseInvalid(field, "must be an object")
    return {str(key): inner for key, inner in value.items()}


def as_list(value: object, field: str) -> Sequence[object]:
    """A list.

    Raises:
        CaseInvalid: It is none.
    """
    if not isinstance(value, list | tuple):
        raise CaseInvalid(field, "must be a list")
    return value


def as_numbers(value: object, field: str) -> tuple[float, ...]:
    """A list of numbers.

    Raises:
        CaseInvalid: It is none.
    """
    return tuple(as_number(item, field) for item in as_list(value, field))


@dataclass(frozen=True, slots=True)
class CaseReader:
    """Finds a field by any of its names, under `inputs` first, then at the top."""

    case: Fields
    inputs: Fields

    def find(self, *names: str) -> object:
        """The first value that is there and not null; else None."""
        for place in (self.inputs, self.case):
            for name in names:
                if place.get(name) is not None:
                    return place[name]
        return None

    def has(self, *names: str) -> bool:
        """Is any of the names there?"""
        return self.find(*names) is not None

    def number(self, *names: str) -> float:
        """A number that must be there.

        Raises:
            CaseInvalid: It is not, or is no number.
        """
        if not self.has(*names):
            raise CaseInvalid(names[0], "is missing")
        return as_number(self.find(*names), names[0])

    def number_or(self, default: float, *names: str) -> float:
        """A number, or the default."""
        return self.number(*names) if self.has(*names) else default

    def text(self, default: str, *names: str) -> str:
        """A text in lower case with underscores, or the default.

        Raises:
            CaseInvalid: It is something else.
        """
        value = self.find(*names)
        if value is None:
            return default
        if not isinstance(value, str):
            raise CaseInvalid(names[0], "must be text")
        return value.strip().lower().replace("-", "_").replace(" ", "_")

    def flag(self, *names: str) -> bool:
        """A truth value, false when absent.

        Raises:
            CaseInvalid: It is something else.
        """
        value = self.find(*names)
        if not isinstance(value, bool | None):
            raise CaseInvalid(names[0], "must be true or false")
        return bool(value)

    def numbers(self, *names: str) -> tuple[float, ...]:
        """A list of numbers that must be there.

        Raises:
            CaseInvalid: It is not.
        """
        if not self.has(*names):
            raise CaseInvalid(names[0], "is missing")
        return as_numbers(self.find(*names), names[0])


def case_reader(case: Fields) -> CaseReader:
    """A reader of one case.

    Raises:
        CaseInvalid: `inputs` is no object.
    """
    inputs = case.get("inputs", {})
    return CaseReader(case=case, inputs=as_fields({} if inputs is None else inputs, "inputs"))
