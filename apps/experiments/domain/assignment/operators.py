"""Operators of the targeting language on one value. Source: see `conditions.py`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from apps.experiments.contracts.assignment import Json
from apps.experiments.domain.assignment.javascript import (
    number_of,
    order_of,
    same,
    same_written,
    text_of,
    truth_of,
    type_of,
)
from apps.experiments.domain.assignment.membership import member_compile
from apps.experiments.domain.assignment.versions import version_text

Predicate: TypeAlias = Callable[[Json], bool]
Groups: TypeAlias = Mapping[str, Sequence[Json]]


@dataclass(frozen=True, slots=True)
class Compiler:
    """What compiling needs at every depth: saved groups, and how conditions are compiled."""

    groups: Groups
    condition: "Callable[[Json, Compiler], Predicate]"


def always(_: Json) -> bool:
    """Holds for anything."""
    return True


def never(_: Json) -> bool:
    """Holds for nothing."""
    return False


def opposite(predicate: Predicate) -> Predicate:
    """Holds where the other does not."""
    return lambda value: not predicate(value)


def every(predicates: Sequence[Predicate]) -> Predicate:
    """Holds where all do."""
    if len(predicates) == 1:
        return predicates[0]

    def all_hold(value: Json) -> bool:
        for predicate in predicates:  # noqa: SIM110 - a generator costs more on the hot path
            if not predicate(value):
                return False
        return True

    return all_hold if predicates else always


def some(predicates: Sequence[Predicate]) -> Predicate:
    """Holds where any does."""
    return lambda value: any(predicate(value) for predicate in predicates)


def is_operators(value: Json) -> bool:
    """Whether an object is made of operators only (and of at least one)."""
    return isinstance(value, dict) and bool(value) and all(key[:1] == "$" for key in value)


def value_compile(expected: Json, compiler: Compiler, *, folded: bool = False) -> Predicate:
    """A predicate for one value against a literal or operators, loose as JavaScript's `==`.

    `folded` compares texts without case.
    """
    if isinstance(expected, str):
        if folded:
            lowered = expected.lower()
            return lambda value: text_of(value).lower() == lowered
        return lambda value: text_of(value) == expected
    if expected is None:
        return lambda value: value is None
    if isinstance(expected, bool):
        return lambda value: value is not None and truth_of(value) is expected
    if isinstance(expected, int | float):
        return lambda value: number_of(value) == expected
    if isinstance(expected, dict) and is_operators(expected):
        return every([_operator(name, wanted, compiler) for name, wanted in expected.items()])
    return lambda value: same_written(value, expected)


def _operator(name: str, expected: Json, compiler: Compiler) -> Predicate:
    nested = _NESTED.get(name)
    if nested is not None:
        return nested(expected, compiler)
    plain = _PLAIN.get(name)
    return never if plain is None else plain(expected)


def _ordered(accepted: frozenset[int], expected: Json) -> Predicate:
    return lambda value: order_of(value, expected) in accepted


def _version_ordered(accepted: frozenset[int], expected: Json) -> Predicate:
    wanted = version_text(expected)
    return lambda value: order_of(version_text(value), wanted) in accepted


def _equal(expected: Json) -> Predicate:
    return lambda value: same(value, expected)


def _different(expected: Json) -> Predicate:
    return lambda value: not same(value, expected)


def _exists(expected: Json) -> Predicate:
    wanted = truth_of(expected)
    return lambda value: (value is not None) is wanted


def _of_type(expected: Json) -> Predicate:
    return lambda value: type_of(value) == expected


def _listed(expected: Json, *, folded: bool, wanted: bool) -> Predicate:
    if not isinstance(expected, list):
        return never
    member = member_compile(expected, folded=folded)
    return member if wanted else opposite(member)


def pattern_compile(expected: Json, *, folded: bool) -> re.Pattern[str] | None:
    """The regular expression of an operator, None when it cannot be read."""
    try:
        return re.compile(text_of(expected), re.IGNORECASE if folded else 0)
    except re.error:
        return None


def _matching(expected: Json, *, folded: bool) -> Predicate:
    pattern = pattern_compile(expected, folded=folded)
    if pattern is None:
        return never
    return lambda value: pattern.search(text_of(value)) is not None


def _not_matching(expected: Json, *, folded: bool) -> Predicate:
    return opposite(_matching(expected, folded=folded))


def _grouped(expected: Json, compiler: Compiler, *, wanted: bool) -> Predicate:
    values = compiler.groups.get(expected, ()) if isinstance(expected, str) else ()
    return _listed(list(values), folded=False, wanted=wanted)


def _negated(expected: Json, compiler: Compiler) -> Predicate:
    return opposite(value_compile(expected, compiler))


def _sized(expected: Json, compiler: Compiler) -> Predicate:
    predicate = value_compile(expected, compiler)
    return lambda value: isinstance(value, list) and predicate(len(value))


def _any_element(expected: Json, compiler: Compiler) -> Predicate:
    """One element must pass; as in JavaScript, falsy elements are not looked at."""
    compiled = (
        value_compile(expected, compiler)
        if is_operators(expected)
        else compiler.condition(expected, compiler)
    )
    return lambda value: (
        isinstance(value, list) and any(truth_of(item) and compiled(item) for item in value)
    )


def _all_of(expected: Json, compiler: Compiler, *, folded: bool) -> Predicate:
    if not isinstance(expected, list):
        return never
    wanted = [value_compile(item, compiler, folded=folded) for item in expected]
    return lambda value: (
        isinstance(value, list)
        and all(any(predicate(item) for item in value) for predicate in wanted)
    )


_BELOW, _ABOVE, _EQUAL = frozenset({-1}), frozenset({1}), frozenset({0})

_PLAIN: Mapping[str, Callable[[Json], Predicate]] = {
    "$eq": _equal,
    "$ne": _different,
    "$lt": partial(_ordered, _BELOW),
    "$lte": partial(_ordered, _BELOW | _EQUAL),
    "$gt": partial(_ordered, _ABOVE),
    "$gte": partial(_ordered, _ABOVE | _EQUAL),
    "$veq": partial(_version_ordered, _EQUAL),
    "$vne": partial(_version_ordered, _BELOW | _ABOVE),
    "$vlt": partial(_version_ordered, _BELOW),
    "$vlte": partial(_version_ordered, _BELOW | _EQUAL),
    "$vgt": partial(_version_ordered, _ABOVE),
    "$vgte": partial(_version_ordered, _ABOVE | _EQUAL),
    "$exists": _exists,
    "$type": _of_type,
    "$in": partial(_listed, folded=False, wanted=True),
    "$nin": partial(_listed, folded=False, wanted=False),
    "$ini": partial(_listed, folded=True, wanted=True),
    "$nini": partial(_listed, folded=True, wanted=False),
    "$regex": partial(_matching, folded=False),
    "$regexi": partial(_matching, folded=True),
    "$notRegex": partial(_not_matching, folded=False),
    "$notRegexi": partial(_not_matching, folded=True),
}
_NESTED: Mapping[str, Callable[[Json, Compiler], Predicate]] = {
    "$not": _negated,
    "$size": _sized,
    "$elemMatch": _any_element,
    "$all": partial(_all_of, folded=False),
    "$alli": partial(_all_of, folded=True),
    "$inGroup": partial(_grouped, wanted=True),
    "$notInGroup": partial(_grouped, wanted=False),
}
OPERATORS = frozenset(_PLAIN) | frozenset(_NESTED)
