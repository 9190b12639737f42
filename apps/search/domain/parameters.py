"""Reading a search's parameters: every unknown or unusable one is named."""

import re
from collections.abc import Mapping, Sequence

from apps.catalog.contracts import FilterSet, InvalidFilter, UnknownFilter
from apps.catalog.domain.filters import ATTRIBUTE_PREFIX, FACET_FIELDS, filters_parse
from apps.search.contracts import (
    DEEPEST_HIT,
    DEFAULT_PER_PAGE,
    MOST_PER_PAGE,
    MOST_QUERY_CHARACTERS,
    ParameterInvalid,
    Parameters,
    ParameterUnknown,
    SearchRequest,
    Sort,
)
from apps.search.contracts_asker import Asker

SINGLE = frozenset(
    {
        "q",
        "page",
        "per_page",
        "sort",
        "facets",
        "user_id",
        "client_id",
        "session_id",
        "explain",
        "spell",
        "understand",
        "qa",
        "sticky",
    }
)
_ATTRIBUTE = re.compile(r"attributes\[([A-Za-z0-9_.-]{1,64})\]")
_FILTER = re.compile(r"filter\[(.*)\]")
_FACET_ATTRIBUTE = re.compile(re.escape(ATTRIBUTE_PREFIX) + r"[a-z0-9_]{1,200}")
_MOST_ID_CHARACTERS = 200
_MOST_TOKEN_CHARACTERS = 4000
_MOST_FACETS = 30
_MOST_DROPPED = 20
_MOST_ATTRIBUTES = 20
_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0", ""})


def request_parse(parameters: Parameters) -> SearchRequest:
    """A checked request.

    Args:
        parameters: every parameter with all its values, as `QueryDict.lists()` gives them.

    Raises:
        ParameterUnknown: a parameter, filter, facet or sort that does not exist.
        ParameterInvalid: a value that cannot be used.
    """
    single = _single_values(parameters)
    page, per_page = _paging(single)
    return SearchRequest(
        query=_query(single.get("q", "")),
        page=page,
        per_page=per_page,
        sort=_sort(single.get("sort", "")),
        filters=_filters(parameters),
        filters_asked=_filters_asked(parameters),
        facets=_facets(single.get("facets", "")),
        attributes=_attributes(parameters),
        explain=_yes_or_no("explain", single.get("explain", "")),
        spell=_yes_or_no("spell", single.get("spell", "true")),
        understand=_yes_or_no("understand", single.get("understand", "true")),
        drop=_dropped(parameters.get("drop", ())),
        qa=_tokens("qa", single.get("qa", "")),
        sticky=_tokens("sticky", single.get("sticky", "")),
        asker=Asker(
            user_id=_identity("user_id", single),
            client_id=_identity("client_id", single),
            session_id=_identity("session_id", single),
        ),
    )


def _single_values(parameters: Parameters) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, values in parameters.items():
        if name in SINGLE:
            if len(values) != 1:
                raise ParameterInvalid(name, f"{name} is given more than once.")
            found[name] = values[0]
        elif name != "drop" and not (_FILTER.fullmatch(name) or _ATTRIBUTE.fullmatch(name)):
            raise ParameterUnknown(name, f"There is no parameter {name!r}.")
    return found


def _dropped(values: Sequence[str]) -> tuple[str, ...]:
    if len(values) > _MOST_DROPPED:
        raise ParameterInvalid("drop", f"drop is taken at most {_MOST_DROPPED} times.")
    for value in values:
        field, colon, rest = value.partition(":")
        if not (field and colon and rest) or len(value) > _MOST_ID_CHARACTERS:
            raise ParameterInvalid("drop", "drop takes field:value, as the answer says them.")
    return tuple(dict.fromkeys(values))


def _query(text: str) -> str:
    if len(text) > MOST_QUERY_CHARACTERS:
        raise ParameterInvalid("q", f"q takes at most {MOST_QUERY_CHARACTERS} characters.")
    return text


def _paging(single: Mapping[str, str]) -> tuple[int, int]:
    page = _whole("page", single.get("page", "1"), DEEPEST_HIT)
    per_page = _whole("per_page", single.get("per_page", str(DEFAULT_PER_PAGE)), MOST_PER_PAGE)
    if page * per_page > DEEPEST_HIT:
        raise ParameterInvalid("page", f"page times per_page may not pass {DEEPEST_HIT}.")
    return page, per_page


def _whole(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        raise ParameterInvalid(name, f"{name} must be a whole number from 1 to {most}.")
    number = int(text)
    if not 1 <= number <= most:
        raise ParameterInvalid(name, f"{name} must be a whole number from 1 to {most}.")
    return number


def _sort(text: str) -> Sort:
    if not text:
        return Sort.RELEVANCE
    try:
        return Sort(text)
    except ValueError:
        known = ", ".join(Sort)
        raise ParameterUnknown("sort", f"There is no sort {text!r}; there are {known}.") from None


def _filters(parameters: Parameters) -> FilterSet:
    try:
        return filters_parse(parameters)
    except UnknownFilter as error:
        raise ParameterUnknown(error.field, str(error)) from error
    except InvalidFilter as error:
        raise ParameterInvalid(error.field, str(error)) from error


def _filters_asked(parameters: Parameters) -> dict[str, tuple[str, ...]]:
    return {
        match.group(1): tuple(value.strip() for value in values)
        for name, values in parameters.items()
        if (match := _FILTER.fullmatch(name))
    }


def _facets(text: str) -> tuple[str, ...]:
    fields = tuple(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))
    if len(fields) > _MOST_FACETS:
        raise ParameterInvalid("facets", f"facets takes at most {_MOST_FACETS} fields.")
    for each in fields:
        if each not in FACET_FIELDS and not _FACET_ATTRIBUTE.fullmatch(each):
            raise ParameterUnknown("facets", f"There is no facet {each!r}.")
    return fields


def _attributes(parameters: Parameters) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, values in parameters.items():
        if match := _ATTRIBUTE.fullmatch(name):
            if len(values) != 1:
                raise ParameterInvalid(name, f"{name} is given more than once.")
            found[match.group(1)] = _text(name, values[0])
    if len(found) > _MOST_ATTRIBUTES:
        raise ParameterInvalid("attributes", f"At most {_MOST_ATTRIBUTES} attributes are taken.")
    return found


def _yes_or_no(name: str, text: str) -> bool:
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise ParameterInvalid(name, f"{name} must be true or false.")


def _tokens(name: str, text: str) -> str:
    if len(text) > _MOST_TOKEN_CHARACTERS:
        raise ParameterInvalid(name, f"{name} takes at most {_MOST_TOKEN_CHARACTERS} characters.")
    return text


def _identity(name: str, single: Mapping[str, str]) -> str | None:
    return _text(name, single.get(name, "")) or None


def _text(name: str, text: str) -> str:
    """What can be stored: PostgreSQL takes no NUL."""
    if len(text) > _MOST_ID_CHARACTERS or "\x00" in text:
        raise ParameterInvalid(
            name, f"{name} takes at most {_MOST_ID_CHARACTERS} characters, none of them NUL."
        )
    return text
