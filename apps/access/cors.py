"""Which pages of other origins may read the API's answers."""

import re

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.http import HttpRequest

from apps.access.domain.origins import origin_allowed
from apps.access.edge import raw_key_of
from apps.access.selectors import access_snapshot, key_record_for


def cors_allowed(*, request: HttpRequest, **_kwargs: object) -> bool:
    """Answers corsheaders: may this origin read our answer, or ask in a preflight?

    A preflight carries no key, so any live public key's origins count; a request with a key
    is held to that key's. An answer about an unknown key may be read by all of them.
    """
    origin = request.META.get("HTTP_ORIGIN", "")
    if not origin or not re.match(settings.CORS_URLS_REGEX, request.path_info):
        return False
    try:
        raw = raw_key_of(request)
        record = key_record_for(raw) if raw is not None else None
        origins = record.principal.allowed_origins if record else access_snapshot().origins
    except DatabaseFailure:
        return False
    return origin_allowed(origin, origins)
