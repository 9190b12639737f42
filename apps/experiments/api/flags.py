"""Flags without an experiment."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.experiments.api.base import (
    ExperimentsView,
    answer,
    body_of,
    former_of,
    person_may,
    query_known,
    reason_of,
)
from apps.experiments.api.documents_flags import flag_document, flags_document
from apps.experiments.domain.design.fields import object_of
from apps.experiments.selectors.flags import flag_proposal, flag_view, flags_view
from apps.experiments.services.flags import flag_create, flag_edit, flag_rollback, flag_switch


class Flags(ExperimentsView):
    """All of them, and a new one."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_flag", "POST": "add_flag"}

    def get(self, request: Request) -> Response:
        """Every flag, by key."""
        query_known(request)
        return answer(flags_document(flags_view()))

    @idempotent_method
    def post(self, request: Request) -> Response:
        """`key`, `definition`, and `enabled` (true unless said)."""
        with body_of(request) as fields:
            key = fields.key("key")
            definition = object_of(fields.required("definition"), "definition")
            enabled = fields.boolean("enabled", default=True)
        flag_create(key=key, definition=definition, enabled=enabled, actor=actor_of(request))
        return _described(key, status=201)


class FlagRoute(ExperimentsView):
    """One of them."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_flag", "PUT": "change_flag"}

    def get(self, request: Request, key: str) -> Response:
        """The flag with what waits."""
        query_known(request)
        return _described(key)

    def put(self, request: Request, key: str) -> Response:
        """Another `definition`, as a draft."""
        with body_of(request) as fields:
            definition = object_of(fields.required("definition"), "definition")
        flag_edit(key=key, definition=definition, actor=actor_of(request))
        return _described(key)


class FlagStatus(ExperimentsView):
    """On or off, at once."""

    permissions: ClassVar[Mapping[str, str]] = {"PUT": "switch_flag"}

    def put(self, request: Request, key: str) -> Response:
        """`enabled` and `reason`."""
        with body_of(request) as fields:
            fields.required("enabled")
            enabled, reason = fields.boolean("enabled", default=True), fields.text("reason")
        flag_switch(
            key=key, enabled=enabled, actor=actor_of(request), reason=reason or "through the API"
        )
        return _described(key)


class FlagRollback(ExperimentsView):
    """A former definition again."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": "publish_flagversion"}

    @idempotent_method
    def post(self, request: Request, key: str) -> Response:
        """`version` and `reason`."""
        number, reason = former_of(request)
        flag_rollback(key=key, to_number=number, actor=actor_of(request), reason=reason)
        return _described(key)


class FlagStep(ExperimentsView):
    """One step of a flag's version: what is done, and which permission it needs."""

    codename: str = ""
    reasoned: bool = False
    act: Callable[..., Any] | None = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Let in by scope, then by the step's permission."""
        super().initial(request, *args, **kwargs)
        person_may(request, self.codename)

    @idempotent_method
    def post(self, request: Request, key: str) -> Response:
        """Take the step; the body may say a `reason`."""
        if self.act is None:
            raise AssertionError("a step is routed with what it does")
        said = {"reason": reason_of(request)}
        self.act(key=key, actor=actor_of(request), **(said if self.reasoned else {}))
        return _described(key)


def _described(key: str, status: int = 200) -> Response:
    return answer(flag_document(flag_view(key), flag_proposal(key)), status=status)
