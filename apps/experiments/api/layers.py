"""Layers, and the global holdout."""

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
from apps.experiments.api.documents_flags import LayerList, holdout_document, layer_document
from apps.experiments.selectors.layers import (
    holdout_live,
    holdout_proposal,
    layer_view,
    layers_view,
)
from apps.experiments.services.layers import (
    holdout_draft,
    holdout_rollback,
    layer_create,
    layer_describe,
)


class Layers(ExperimentsView):
    """All of them, and a new one."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_layer", "POST": "add_layer"}

    def get(self, request: Request) -> Response:
        """Every layer: who holds what, and what is free."""
        query_known(request)
        return answer(LayerList([layer_document(each) for each in layers_view()]))

    @idempotent_method
    def post(self, request: Request) -> Response:
        """`name` and `description`."""
        with body_of(request) as fields:
            name, description = fields.key("name"), fields.text("description")
        view = layer_create(name=name, description=description, actor=actor_of(request))
        return answer(layer_document(view), status=201)


class LayerRoute(ExperimentsView):
    """One of them."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_layer", "PUT": "change_layer"}

    def get(self, request: Request, name: str) -> Response:
        """Who holds what of it, and what is free."""
        query_known(request)
        return answer(layer_document(layer_view(name)))

    def put(self, request: Request, name: str) -> Response:
        """Another `description`."""
        with body_of(request) as fields:
            fields.required("description")
            description = fields.text("description")
        view = layer_describe(name=name, description=description, actor=actor_of(request))
        return answer(layer_document(view))


class Holdout(ExperimentsView):
    """The global holdout."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_holdoutversion",
        "PUT": "change_holdoutversion",
    }

    def get(self, request: Request) -> Response:
        """What is in force for what starts now, and what waits."""
        query_known(request)
        return _holdout()

    def put(self, request: Request) -> Response:
        """Draft another `share`; with `redraw` others take their turn."""
        with body_of(request) as fields:
            share = fields.number("share", least=0, most=0.5)
            redraw = fields.boolean("redraw", default=False)
        holdout_draft(share=share, redraw=redraw, actor=actor_of(request))
        return _holdout()


class HoldoutRollback(ExperimentsView):
    """A former share again."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": "publish_holdoutversion"}

    @idempotent_method
    def post(self, request: Request) -> Response:
        """`version` and `reason`."""
        number, reason = former_of(request)
        holdout_rollback(to_number=number, actor=actor_of(request), reason=reason)
        return _holdout()


class HoldoutStep(ExperimentsView):
    """One step of the holdout's version: what is done, and which permission it needs."""

    codename: str = ""
    reasoned: bool = False
    act: Callable[..., Any] | None = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Let in by scope, then by the step's permission."""
        super().initial(request, *args, **kwargs)
        person_may(request, self.codename)

    @idempotent_method
    def post(self, request: Request) -> Response:
        """Take the step; the body may say a `reason`."""
        if self.act is None:
            raise AssertionError("a step is routed with what it does")
        said = {"reason": reason_of(request)}
        self.act(actor=actor_of(request), **(said if self.reasoned else {}))
        return _holdout()


def _holdout() -> Response:
    return answer(holdout_document(holdout_live(), holdout_proposal()))
