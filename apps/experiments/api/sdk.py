"""GET /api/features/{client_key}: what any GrowthBook SDK loads, so that it assigns as we do."""

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.experiments.api.etags import etag_matches
from apps.experiments.services.sdk_payload import sdk_payload


@hot_route(scope=Scope.EXPERIMENTS_ASSIGN, key_in_path="client_key")
def sdk_features_get(request: EdgeRequest, client_key: str) -> HttpResponse:
    """The payload; the storefront key stands in the address, as SDKs send no header."""
    del client_key  # the edge has read it
    payload = sdk_payload(as_of=timezone.now())
    if etag_matches(request.headers.get("If-None-Match", ""), payload.etag):
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(payload.body, content_type="application/json")
    response["ETag"] = payload.etag
    age = settings.EXPERIMENT_PAYLOAD_MAX_AGE_S
    response["Cache-Control"] = f"public, max-age={age}, stale-while-revalidate={age}"
    return response
