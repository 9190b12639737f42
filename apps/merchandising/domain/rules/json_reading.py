"""Reading JSON values; whatever is wrong is told with its dotted path, list items from 1."""

from collections.abc import Mapping, Sequence

from apps.merchandising.contracts_rules import RuleInvalid

LONGEST_TEXT = 200


def object_read(path: str, value: object, allowed: Sequence[str]) -> Mapping[str, object]:
    """An object with none but these keys.

    Raises:
        RuleInvalid: it is none, or has another key.
    """
    if not isinstance(value, Mapping):
        raise RuleInvalid(path, "There must be an object here.")
    for name in value:
        if name not in allowed:
            raise RuleInvalid(joined(path, str(name)), f"There is no field {name}.")
    return value


def list_read(path: str, value: object, most: int) -> Sequence[object]:
    """A list of at most so many.

    Raises:
        RuleInvalid: it is none, or too long.
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise RuleInvalid(path, "There must be a list here.")
    if len(value) > most:
        raise RuleInvalid(path, f"There may be at most {most}.")
    return value


def text_read(path: str, value: object, *, longest: int = LONGEST_TEXT) -> str:
    """A text without blanks around it and control characters; it may be empty.

    Raises:
        RuleInvalid: it is none, or too long.
    """
    if not isinstance(value, str):
        raise RuleInvalid(path, "There must be a text here.")
    text = value.strip()
    if len(text) > longest:
        raise RuleInvalid(path, f"This may have at most {longest} characters.")
    if not text.isprintable():
        raise RuleInvalid(path, "This has a control character in it.")
    return text


def given_text_read(path: str, value: object, *, longest: int = LONGEST_TEXT) -> str:
    """A text that is not empty.

    Raises:
        RuleInvalid: it is none, empty, or too long.
    """
    text = text_read(path, value, longest=longest)
    if not text:
        raise RuleInvalid(path, "This must not be empty.")
    return text


def texts_read(path: str, value: object, most: int) -> tuple[str, ...]:
    """Different texts in the order given.

    Raises:
        RuleInvalid: no list, too long, or an item that is no text.
    """
    items = list_read(path, value, most)
    read = [given_text_read(joined(path, str(place)), item) for place, item in enumerate(items, 1)]
    return tuple(dict.fromkeys(read))


def whole_read(path: str, value: object, least: int, most: int) -> int:
    """A whole number from `least` to `most`.

    Raises:
        RuleInvalid: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RuleInvalid(path, f"There must be a whole number from {least} to {most} here.")
    return value


def joined(path: str, name: str) -> str:
    """The dotted path of a member."""
    return f"{path}.{name}" if path else name
