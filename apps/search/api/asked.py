"""Reading a search's query string: what many shoppers ask alike is read once.

Who asks (`user_id`, `client_id`, `session_id`) is left out of what is remembered; tokens, long
strings and whatever is written in an unusual way are read every time.
"""

import re
from dataclasses import replace

from django.http import HttpRequest, QueryDict

from apps.common.errors import InvalidInput
from apps.search.contracts import ParameterInvalid, ParameterUnknown, SearchRequest
from apps.search.contracts_asker import Asker
from apps.search.domain.parameters import request_parse

_MOST_READ = 1000
_LONGEST = 1000
# No escapes: such a value reads as it is written.
_OWN = re.compile(r"(user_id|client_id|session_id)=([A-Za-z0-9._~-]{1,200})")
_OWN_BEGINS = ("user_id", "client_id", "session_id")
_NEVER_KEPT = re.compile(r"qa=|sticky=|%(?:71|73|51|53)", re.IGNORECASE)
_read: dict[tuple[str, str], SearchRequest] = {}


def request_asked(
    request: HttpRequest, principal: str
) -> tuple[SearchRequest, SearchRequest | None]:
    """The checked request, and one that all who ask the same have in common, if there is one.

    Args:
        request: a GET.
        principal: who calls.

    Raises:
        InvalidInput: it names the parameter.
    """
    text: str = request.META.get("QUERY_STRING", "")
    if len(text) > _LONGEST or not text.isascii() or _NEVER_KEPT.search(text):
        return _parsed(request.GET, principal), None
    if "_id" not in text:
        common = _common(text, principal)
        return common, common
    parts = text.split("&")
    mine = [part for part in parts if part.startswith(_OWN_BEGINS)]
    fitting = filter(None, map(_OWN.fullmatch, mine))
    own = {str(found[1]): str(found[2]) for found in fitting}
    if len(own) != len(mine):
        return _parsed(request.GET, principal), None
    common = _common("&".join([part for part in parts if part not in mine]), principal)
    if not own:
        return common, common
    if common.asker != Asker(principal=principal):
        return _parsed(request.GET, principal), None
    user, visitor, visit = (own.get(name) for name in _OWN_BEGINS)
    return replace(common, asker=Asker(user, visitor, visit, principal)), common


def _common(text: str, principal: str) -> SearchRequest:
    found = _read.get((text, principal))
    if found is None:
        found = _parsed(QueryDict(text), principal)
        if len(_read) >= _MOST_READ:
            _read.clear()
        _read[text, principal] = found
    return found


def _parsed(parameters: QueryDict, principal: str) -> SearchRequest:
    try:
        found = request_parse(dict(parameters.lists()))
    except ParameterUnknown as error:
        raise InvalidInput(str(error), field=error.parameter, code="unknown_parameter") from error
    except ParameterInvalid as error:
        raise InvalidInput(str(error), field=error.parameter) from error
    return replace(found, asker=replace(found.asker, principal=principal))
