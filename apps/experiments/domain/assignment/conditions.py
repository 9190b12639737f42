"""The public targeting language, compiled once into closures.

Source: the public specification of GrowthBook's SDKs, evalCondition (0.7.1); operators on one
value are in `operators.py`.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from apps.experiments.contracts.assignment import Json
from apps.experiments.domain.assignment import operators
from apps.experiments.domain.assignment.operators import Compiler, Groups, Predicate

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_Part: TypeAlias = "Callable[[Json, Compiler], Predicate]"


def condition_compile(condition: Mapping[str, Json], groups: Groups | None = None) -> Predicate:
    """A predicate over an object of attributes; an empty condition holds for all.

    What the language does not know never holds, as in the public SDKs.
    """
    return _condition(dict(condition), _compiler(groups or {}))


def value_compile(expected: Json, groups: Groups | None = None) -> Predicate:
    """A predicate over one value, as a condition has behind an attribute's path."""
    return operators.value_compile(expected, _compiler(groups or {}))


def _compiler(groups: Groups) -> Compiler:
    return Compiler(groups=groups, condition=_condition)


def _condition(condition: Json, compiler: Compiler) -> Predicate:
    if not isinstance(condition, dict):
        return operators.never
    parts = [_part(key, value, compiler) for key, value in condition.items()]
    return operators.every(parts)


def _part(key: str, value: Json, compiler: Compiler) -> Predicate:
    logical = _LOGICAL.get(key)
    if logical is not None:
        return logical(value, compiler)
    return _at_path(key, operators.value_compile(value, compiler))


def _and(value: Json, compiler: Compiler) -> Predicate:
    if not isinstance(value, list):
        return operators.never
    return operators.every([_condition(part, compiler) for part in value])


def _or(value: Json, compiler: Compiler) -> Predicate:
    if not isinstance(value, list):
        return operators.never
    if not value:
        return operators.always
    return operators.some([_condition(part, compiler) for part in value])


def _nor(value: Json, compiler: Compiler) -> Predicate:
    if not isinstance(value, list):
        return operators.never
    return operators.opposite(_or(value, compiler))


def _not(value: Json, compiler: Compiler) -> Predicate:
    if not isinstance(value, dict):
        return operators.never
    return operators.opposite(_condition(value, compiler))


_LOGICAL: Mapping[str, _Part] = {"$and": _and, "$or": _or, "$nor": _nor, "$not": _not}


def _at_path(path: str, predicate: Predicate) -> Predicate:
    parts = path.split(".")
    if len(parts) == 1:

        def at_name(subject: Json) -> bool:
            if isinstance(subject, dict):
                return predicate(subject.get(path))
            return predicate(_step(subject, path))

        return at_name

    def at_path(subject: Json) -> bool:
        for part in parts:
            subject = _step(subject, part)
        return predicate(subject)

    return at_path


def _step(subject: Json, part: str) -> Json:
    """One step along a dotted path; lists have their indices and `length`; else null."""
    if isinstance(subject, dict):
        return subject.get(part)
    if isinstance(subject, list):
        if part == "length":
            return len(subject)
        if _INDEX.fullmatch(part):
            position = int(part)
            return subject[position] if position < len(subject) else None
    return None
