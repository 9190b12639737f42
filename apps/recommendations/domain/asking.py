"""Reading the route's parameters: every unknown or unusable one is named."""

import re
from collections.abc import Mapping, Sequence

from apps.catalog.contracts import FilterSet, InvalidFilter, UnknownFilter
from apps.catalog.domain.filters import filters_parse
from apps.recommendations.contracts import PlacementName
from apps.recommendations.contracts_answers import (
    MOST_ITEMS,
    MOST_PRODUCTS,
    RecommendationRequest,
)

Parameters = Mapping[str, Sequence[str]]
PRODUCT_ID = "product_id"
SINGLE = frozenset(
    {
        "placement",
        "user_id",
        "client_id",
        "session_id",
        "category",
        "k",
        "explain",
        "qa",
        "sticky",
    }
)
_ATTRIBUTE = re.compile(r"attributes\[([A-Za-z0-9_.-]{1,64})\]")
_FILTER = re.compile(r"filter\[(.*)\]")
_MOST_CHARACTERS = 200
_MOST_PATH_CHARACTERS = 1000
_MOST_TOKEN_CHARACTERS = 4000
_MOST_ATTRIBUTES = 20
_SWITCH = {"true": True, "1": True, "false": False, "0": False, "": False}


class AskInvalid(ValueError):
    """A parameter that does not exist, or has a value that cannot be used.

    Attributes:
        parameter: names it.
        code: `unknown_parameter` or `invalid`.
    """

    def __init__(self, parameter: str, message: str, code: str = "invalid") -> None:
        """Keep the name beside the message."""
        super().__init__(message)
        self.parameter = parameter
        self.code = code


def request_parse(parameters: Parameters) -> RecommendationRequest:
    """A checked request.

    Args:
        parameters: every parameter with all its values, as `QueryDict.lists()` gives them.

    Raises:
        AskInvalid: naming the parameter.
    """
    single = _single_values(parameters)
    return RecommendationRequest(
        placement=_placement(single.get("placement", "")),
        user_id=_text("user_id", single),
        client_id=_text("client_id", single),
        session_id=_text("session_id", single),
        product_ids=_product_ids(parameters.get(PRODUCT_ID, ())),
        category=_text("category", single, _MOST_PATH_CHARACTERS) or "",
        k=_count(single.get("k")),
        filters=_filters(parameters),
        filters_asked={
            match.group(1): tuple(value.strip() for value in values)
            for name, values in parameters.items()
            if (match := _FILTER.fullmatch(name))
        },
        attributes=_attributes(parameters),
        explain=_switch("explain", single.get("explain", "")),
        qa=_text("qa", single, _MOST_TOKEN_CHARACTERS) or "",
        sticky=_text("sticky", single, _MOST_TOKEN_CHARACTERS) or "",
    )


def _single_values(parameters: Parameters) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, values in parameters.items():
        if name in SINGLE:
            if len(values) != 1:
                raise AskInvalid(name, f"{name} is given more than once.")
            found[name] = values[0]
        elif name != PRODUCT_ID and not (_FILTER.fullmatch(name) or _ATTRIBUTE.fullmatch(name)):
            message = f"There is no parameter {name!r}."
            raise AskInvalid(name, message, "unknown_parameter")
    return found


def _placement(text: str) -> PlacementName:
    try:
        return PlacementName(text)
    except ValueError:
        message = f"placement is one of {', '.join(PlacementName)}."
        raise AskInvalid("placement", message) from None


def _text(name: str, single: Mapping[str, str], most: int = _MOST_CHARACTERS) -> str | None:
    return text_checked(name, single.get(name, ""), most) or None


def text_checked(name: str, text: str, most: int = _MOST_CHARACTERS) -> str:
    """A text that can be stored.

    Raises:
        AskInvalid: it is too long, or holds a NUL, which PostgreSQL stores nowhere.
    """
    if len(text) > most or "\x00" in text:
        raise AskInvalid(name, f"{name} takes at most {most} characters, none of them NUL.")
    return text


def _product_ids(values: Sequence[str]) -> tuple[str, ...]:
    if len(values) > MOST_PRODUCTS:
        raise AskInvalid(PRODUCT_ID, f"product_id is taken at most {MOST_PRODUCTS} times.")
    for value in values:
        if not value or len(value) > _MOST_CHARACTERS or "\x00" in value:
            message = f"product_id takes 1 to {_MOST_CHARACTERS} characters, none of them NUL."
            raise AskInvalid(PRODUCT_ID, message)
    return tuple(dict.fromkeys(values))


def _count(text: str | None) -> int | None:
    if text is None:
        return None
    fits = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ITEMS))
    if not fits or not 1 <= int(text) <= MOST_ITEMS:
        raise AskInvalid("k", f"k must be a whole number from 1 to {MOST_ITEMS}.")
    return int(text)


def _filters(parameters: Parameters) -> FilterSet:
    try:
        return filters_parse(parameters)
    except UnknownFilter as error:
        raise AskInvalid(error.field, str(error), "unknown_parameter") from error
    except InvalidFilter as error:
        raise AskInvalid(error.field, str(error)) from error


def _attributes(parameters: Parameters) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, values in parameters.items():
        if match := _ATTRIBUTE.fullmatch(name):
            if len(values) != 1:
                raise AskInvalid(name, f"{name} is given more than once.")
            found[match.group(1)] = text_checked(name, values[0])
    if len(found) > _MOST_ATTRIBUTES:
        raise AskInvalid("attributes", f"At most {_MOST_ATTRIBUTES} attributes are taken.")
    return found


def _switch(name: str, text: str) -> bool:
    found = _SWITCH.get(text)
    if found is None:
        raise AskInvalid(name, f"{name} must be true or false.")
    return found
