"""Reading a suggestion's parameters: every unknown or unusable one is named."""

from apps.search.contracts import (
    MOST_QUERY_CHARACTERS,
    ParameterInvalid,
    Parameters,
    ParameterUnknown,
)
from apps.search.domain.suggesting.items import (
    DEFAULT_SUGGESTIONS,
    MOST_SUGGESTIONS,
    SuggestionType,
    SuggestRequest,
)

NAMES = ("q", "limit", "types")


def suggest_parse(parameters: Parameters) -> SuggestRequest:
    """A checked request.

    Args:
        parameters: every parameter with all its values, as `QueryDict.lists()` gives them.

    Raises:
        ParameterUnknown: a parameter or a type that does not exist.
        ParameterInvalid: a value that cannot be used.
    """
    for name, values in parameters.items():
        if name not in NAMES:
            raise ParameterUnknown(name, f"There is no parameter {name!r}.")
        if len(values) != 1:
            raise ParameterInvalid(name, f"{name} is given more than once.")
    single = {name: values[0] for name, values in parameters.items()}
    query = single.get("q", "")
    if len(query) > MOST_QUERY_CHARACTERS:
        raise ParameterInvalid("q", f"q takes at most {MOST_QUERY_CHARACTERS} characters.")
    return SuggestRequest(
        query=query,
        limit=_limit(single.get("limit", str(DEFAULT_SUGGESTIONS))),
        types=_types(single.get("types", "")),
    )


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= MOST_SUGGESTIONS:  # noqa: PLR2004 - two digits
        return int(text)
    raise ParameterInvalid("limit", f"limit must be a whole number from 1 to {MOST_SUGGESTIONS}.")


def _types(text: str) -> tuple[SuggestionType, ...]:
    wanted = [each.strip() for each in text.split(",")] if text else []
    known = ", ".join(SuggestionType)
    for each in wanted:
        if each not in tuple(SuggestionType):
            raise ParameterUnknown("types", f"There is no type {each!r}; there are {known}.")
    return tuple(each for each in SuggestionType if not wanted or each in wanted)
