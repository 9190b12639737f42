"""Targeting that every public SDK reads alike.

Versions of the public specification compare values differently: loosely as JavaScript's `==`
(0.7) or by type (later). Our own targeting is by type, and is written so that it means the same
under both: literals become `$eq`, comparisons carry the `$type` that they compare.
"""

import re
from collections.abc import Callable, Mapping

from apps.experiments.contracts.assignment import ConditionInvalid, Json
from apps.experiments.domain.assignment.operators import is_operators

_TYPES = frozenset({"string", "number", "boolean", "array", "object", "null"})


def condition_portable(condition: Mapping[str, Json]) -> dict[str, Json]:
    """The condition in the form that all SDKs agree on.

    Raises:
        ConditionInvalid: an unknown operator, or an operand that it cannot have.
    """
    return {key: _part(key, value) for key, value in condition.items()}


def _part(key: str, value: Json) -> Json:
    if key in {"$and", "$or", "$nor"}:
        return [condition_portable(_object(key, item)) for item in _list(key, value)]
    if key == "$not":
        return condition_portable(_object(key, value))
    if key.startswith("$"):
        raise ConditionInvalid(key, "is no operator on conditions")
    return _value(key, value)


def _value(path: str, value: Json) -> Json:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return {"$eq": value}
    if not is_operators(value):
        if not value:
            raise ConditionInvalid(path, "an empty object matches nothing that can be meant")
        return value
    written: dict[str, Json] = {}
    for name, operand in value.items():
        rewrite = _REWRITES.get(name)
        if rewrite is None:
            raise ConditionInvalid(name, "is no operator on values")
        for key, part in rewrite(name, operand).items():
            if written.setdefault(key, part) != part:
                raise ConditionInvalid(path, f"{key} is said twice; join conditions with $and")
    return written


def _object(key: str, value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ConditionInvalid(key, "needs an object")
    return value


def _list(key: str, value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise ConditionInvalid(key, "needs a list")
    return value


def _kind(name: str, operand: Json) -> str:
    if isinstance(operand, str):
        return "string"
    if isinstance(operand, int | float) and not isinstance(operand, bool):
        return "number"
    raise ConditionInvalid(name, "needs a text or a number")


def _scalar(name: str, operand: Json) -> dict[str, Json]:
    if isinstance(operand, list | dict):
        raise ConditionInvalid(name, "needs a text, a number, a boolean or null")
    return {name: operand}


def _ordered(name: str, operand: Json) -> dict[str, Json]:
    return {name: operand, "$type": _kind(name, operand)}


def _version(name: str, operand: Json) -> dict[str, Json]:
    if _kind(name, operand) != "string":
        raise ConditionInvalid(name, "needs a version as text")
    if name == "$vne":
        return {"$not": {"$veq": operand, "$type": "string"}}
    return {name: operand, "$type": "string"}


def _listed(name: str, operand: Json) -> dict[str, Json]:
    for item in _list(name, operand):
        _scalar(name, item)
    return {name: operand}


def _folded(name: str, operand: Json) -> dict[str, Json]:
    if not all(isinstance(item, str) for item in _list(name, operand)):
        raise ConditionInvalid(name, "needs a list of texts")
    return {name: operand}


def _all(name: str, operand: Json) -> dict[str, Json]:
    return {name: [_value(name, item) for item in _list(name, operand)]}


def _pattern(name: str, operand: Json) -> dict[str, Json]:
    try:
        re.compile(operand if isinstance(operand, str) else "(")
    except re.error as error:
        raise ConditionInvalid(name, "needs a regular expression") from error
    positive = name.replace("notRegex", "regex")
    found: dict[str, Json] = {positive: operand, "$type": "string"}
    return found if positive == name else {"$not": found}


def _exists(name: str, operand: Json) -> dict[str, Json]:
    if not isinstance(operand, bool):
        raise ConditionInvalid(name, "needs true or false")
    return {name: operand}


def _type(name: str, operand: Json) -> dict[str, Json]:
    if operand not in _TYPES:
        raise ConditionInvalid(name, f"needs one of {', '.join(sorted(_TYPES))}")
    return {name: operand}


def _element(name: str, operand: Json) -> dict[str, Json]:
    inner = _object(name, operand)
    if any(key in {"$and", "$or", "$nor"} for key in inner):
        raise ConditionInvalid(name, "cannot hold $and, $or or $nor")
    return {name: _value(name, inner) if is_operators(inner) else condition_portable(inner)}


def _inner(name: str, operand: Json) -> dict[str, Json]:
    return {name: _value(name, operand)}


_REWRITES: Mapping[str, Callable[[str, Json], dict[str, Json]]] = {
    **dict.fromkeys(("$eq", "$ne"), _scalar),
    **dict.fromkeys(("$lt", "$lte", "$gt", "$gte"), _ordered),
    **dict.fromkeys(("$veq", "$vne", "$vlt", "$vlte", "$vgt", "$vgte"), _version),
    **dict.fromkeys(("$in", "$nin"), _listed),
    **dict.fromkeys(("$ini", "$nini", "$alli"), _folded),
    **dict.fromkeys(("$regex", "$regexi", "$notRegex", "$notRegexi"), _pattern),
    **dict.fromkeys(("$not", "$size"), _inner),
    "$all": _all,
    "$exists": _exists,
    "$type": _type,
    "$elemMatch": _element,
}
