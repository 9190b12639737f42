"""/api/v1/experiment-reports: who is told of experiments, and what was delivered."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.contracts import Scope
from apps.access.idempotency import idempotent_method
from apps.access.people import actor_of
from apps.common.errors import InvalidInput
from apps.experiments.api.base import (
    READ,
    WRITE,
    ExperimentsView,
    body_of,
    query_known,
)
from apps.experiments.contracts.reports import Occasion, SubscriptionView
from apps.experiments.domain.design.fields import Fields
from apps.experiments.selectors.reports import deliveries, subscription_view, subscriptions
from apps.experiments.services.report_subscriptions import (
    report_secret_renew,
    report_subscription_create,
    report_subscription_edit,
    report_subscription_remove,
)

_MOST_DELIVERIES = 1_000


class Subscriptions(ExperimentsView):
    """All of them, and a new one."""

    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_reportsubscription",
        "POST": "add_reportsubscription",
    }

    def get(self, request: Request) -> Response:
        """Every subscriber, or (`experiment`) those who hear of it."""
        query_known(request, "experiment")
        found = subscriptions(experiment=request.query_params.get("experiment"))
        return Response({"results": [_document(each) for each in found]})

    @idempotent_method
    def post(self, request: Request) -> Response:
        """`channel`, `target`, `occasions`, `experiment` (all without); the secret, once."""
        with body_of(request) as fields:
            occasions = _occasions(fields)
            channel, target = fields.text("channel"), fields.text("target")
            experiment = fields.text("experiment")
        view, secret = report_subscription_create(
            channel=channel,
            target=target,
            occasions=occasions,
            experiment=experiment,
            actor=actor_of(request),
        )
        return Response({**_document(view), "secret_once": secret or None}, status=201)


class Subscription(ExperimentsView):
    """One of them; another target is another subscription."""

    required_scope: ClassVar[Mapping[str, Scope]] = {"GET": READ, "PATCH": WRITE, "DELETE": WRITE}
    permissions: ClassVar[Mapping[str, str]] = {
        "GET": "view_reportsubscription",
        "PATCH": "change_reportsubscription",
        "DELETE": "delete_reportsubscription",
    }

    def get(self, request: Request, subscription_id: int) -> Response:
        """The subscriber, without the secret."""
        query_known(request)
        return Response(_document(subscription_view(subscription_id)))

    def patch(self, request: Request, subscription_id: int) -> Response:
        """Other `occasions`, or `active`: false pauses it."""
        with body_of(request) as fields:
            occasions = _occasions(fields) if fields.has("occasions") else None
            has = fields.has("active")
            active = fields.boolean("active", default=True) if has else None
        view = report_subscription_edit(
            subscription_id=subscription_id,
            occasions=occasions,
            active=active,
            actor=actor_of(request),
        )
        return Response(_document(view))

    def delete(self, request: Request, subscription_id: int) -> Response:
        """Tell them nothing any more; their deliveries go too."""
        report_subscription_remove(subscription_id=subscription_id, actor=actor_of(request))
        return Response(status=204)


class SubscriptionSecret(ExperimentsView):
    """A webhook's secret anew."""

    permissions: ClassVar[Mapping[str, str]] = {"POST": "change_reportsubscription"}

    @idempotent_method
    def post(self, request: Request, subscription_id: int) -> Response:
        """The new secret, once; the old one signs nothing from now on."""
        with body_of(request):
            pass
        secret = report_secret_renew(subscription_id=subscription_id, actor=actor_of(request))
        return Response({**_document(subscription_view(subscription_id)), "secret_once": secret})


class Deliveries(ExperimentsView):
    """What left, or tries to."""

    permissions: ClassVar[Mapping[str, str]] = {"GET": "view_reportdelivery"}

    def get(self, request: Request) -> Response:
        """The newest first; of one `experiment` or `subscription`, at most `limit`."""
        query_known(request, "experiment", "subscription", "limit")
        limit = _whole(request, "limit", most=_MOST_DELIVERIES)
        one = _whole(request, "subscription", most=2**31)
        experiment = request.query_params.get("experiment")
        found = deliveries(subscription_id=one, experiment=experiment, at_most=limit or 100)
        return Response({"results": [asdict(each) for each in found]})


def _document(view: SubscriptionView) -> dict[str, object]:
    return {**asdict(view), "experiment": view.experiment or None}


def _occasions(fields: Fields) -> tuple[str, ...]:
    fields.required("occasions")
    found = fields.items("occasions", most=len(Occasion))
    if not all(isinstance(each, str) for each in found):
        raise fields.refuse("occasions", "This must be a list of texts.")
    return tuple(str(each) for each in found)


def _whole(request: Request, name: str, *, most: int) -> int | None:
    said = request.query_params.get(name)
    if said is None:
        return None
    digits = said.isascii() and said.isdigit() and len(said) <= len(str(most))
    if not digits or not 0 < int(said) <= most:
        raise InvalidInput(f"A whole number from 1 to {most}.", field=name)
    return int(said)
