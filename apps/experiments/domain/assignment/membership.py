"""Membership in a list as JavaScript's `includes` has it, prepared once."""

from collections.abc import Callable, Sequence

from apps.experiments.contracts.assignment import Json


def member_compile(listed: Sequence[Json], *, folded: bool) -> Callable[[Json], bool]:
    """Whether a value (or any item of a list) is one of the listed, types apart.

    `folded` compares texts without case. Objects and lists inside are never the same.
    """
    texts = frozenset(_folded(item, folded=folded) for item in listed if isinstance(item, str))
    flags = frozenset(item for item in listed if isinstance(item, bool))
    numbers = frozenset(
        item for item in listed if isinstance(item, int | float) and not isinstance(item, bool)
    )
    has_null = None in [item for item in listed if item is None]

    def one(value: Json) -> bool:
        if isinstance(value, str):
            return _folded(value, folded=folded) in texts
        if isinstance(value, bool):
            return value in flags
        if isinstance(value, int | float):
            return value in numbers
        return value is None and has_null

    def any_of(value: Json) -> bool:
        return any(one(item) for item in value) if isinstance(value, list) else one(value)

    return any_of


def _folded(text: str, *, folded: bool) -> str:
    return text.lower() if folded else text
