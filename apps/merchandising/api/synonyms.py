"""The shop's synonyms over the API, all of them as one published set."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.merchandising.api.base import (
    MerchandisingView,
    answer,
    body_as,
    query_as,
)
from apps.merchandising.api.documents import synonyms_document, versions_document
from apps.merchandising.api.rules import FormerVersion, NothingAsked
from apps.merchandising.contracts import DEFAULT_SUBJECT
from apps.merchandising.services import KIND, synonyms_replace
from apps.publishing.selectors import live_version, proposal_of, subject_versions
from apps.publishing.services import version_rollback


class SynonymEntries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them: `{"kind", "terms", "from"}` each."""

    entries: list[Any]


class Synonyms(MerchandisingView):
    """What is published and what waits."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_synonymsetversion",
        "PUT": "change_synonymsetversion",
    }

    def get(self, request: Request) -> Response:
        """The entries."""
        query_as(request, NothingAsked)
        return described()

    def put(self, request: Request) -> Response:
        """All `entries` anew, as a draft."""
        entries = body_as(request, SynonymEntries).entries
        synonyms_replace(entries=entries, actor=actor_of(request))
        return described()


class SynonymVersions(MerchandisingView):
    """Their history."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_synonymsetversion"}

    def get(self, request: Request) -> Response:
        """Versions, newest first, at most a hundred."""
        query_as(request, NothingAsked)
        return answer(versions_document(subject_versions(kind=KIND, subject=DEFAULT_SUBJECT)))


class SynonymRollback(MerchandisingView):
    """A former set again."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": "publish_synonymsetversion"}

    @idempotent_method
    def post(self, request: Request) -> Response:
        """`version` and `reason`."""
        asked = body_as(request, FormerVersion)
        version_rollback(
            kind=KIND,
            subject=DEFAULT_SUBJECT,
            to_number=asked.version,
            actor=actor_of(request),
            reason=asked.reason,
        )
        return described()


def described() -> Response:
    """The synonyms as they stand."""
    live = live_version(kind=KIND, subject=DEFAULT_SUBJECT)
    return answer(synonyms_document(live, proposal_of(KIND, DEFAULT_SUBJECT)))
