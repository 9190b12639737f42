"""The edge: who calls, from where, how often, and whether they may. Open to all apps above.

DRF views get the two authentication classes and `HasScope` by default and say
`required_scope`. Plain views on a hot path wear `@hot_route(scope=…)`. Both end in `_admit`.
The installation's IP lists have been asked before, by the middleware.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, Protocol, cast

from django.contrib.auth.models import AbstractBaseUser
from django.db import Error as DatabaseFailure
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.access.context import caller_set, client_ip_current
from apps.access.contracts import (
    NOTHING_ASKED,
    EdgeAsk,
    EdgeContext,
    KeyRecord,
    NetworkRules,
    Principal,
    Scope,
)
from apps.access.domain.networks import address_allowed, address_parse
from apps.access.domain.origins import origin_allowed
from apps.access.limiter import limit_enforce
from apps.access.selectors import key_record_for, principal_of_user
from apps.common.api.exceptions import error_response
from apps.common.errors import ApplicationError, Forbidden, NotAuthenticated, Unavailable

if TYPE_CHECKING:
    # At run time the views' module imports this one, as the default permission.
    from rest_framework.views import APIView

P = ParamSpec("P")
Reads = Callable[["EdgeRequest"], Sequence[str] | EdgeAsk]
# Names of API routes that anybody may read. Every other route names its scope.
OPEN_ROUTES = ("schema",)
# An answer is one caller's, unless its view says otherwise: no cache on the way keeps it.
PRIVATE = "private, no-store"
_NO_NETWORKS = NetworkRules()


class MethodNotAllowed(ApplicationError):
    status: ClassVar[int] = 405
    default_code: ClassVar[str] = "method_not_allowed"


class EdgeRequest(HttpRequest):
    """A request that the edge let in."""

    edge: EdgeContext


class HotView(Protocol):
    """A plain view as `hot_route` returns it; tests and documents read its attributes."""

    required_scope: Scope
    allowed_methods: tuple[str, ...]

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


@dataclass(frozen=True, slots=True)
class KeyCaller:
    """`request.user` of a DRF request that came with a key: no person."""

    record: KeyRecord
    is_authenticated: bool = True
    is_anonymous: bool = False
    pk: None = None


def hot_route(
    *,
    scope: Scope,
    methods: tuple[str, ...] = ("GET",),
    reads: Reads | None = None,
    key_in_path: str = "",
) -> Callable[[Callable[Concatenate[EdgeRequest, P], HttpResponse]], HotView]:
    """Guard a plain view: method, key, origin, IP list, scope and rate, then `request.edge`.

    Every ApplicationError, the edge's and the view's, becomes the one error shape.

    Args:
        scope: what the caller must hold.
        methods: what may be asked.
        reads: Redis hashes that this request needs, by key; they come with the rate limit's
            round trip, as `request.edge.hashes`. An `EdgeAsk` may name commands besides, whose
            answers are `request.edge.answer` and `.beside`. `request.edge` says who asks by then.
        key_in_path: name of the URL's part that is the key (storefront keys only), for
            clients that send no headers.
    """
    allowed = (*methods, "HEAD") if "GET" in methods else methods

    def decorate(view: Callable[Concatenate[EdgeRequest, P], HttpResponse]) -> HotView:
        @wraps(view)
        def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                if request.method not in allowed:
                    raise MethodNotAllowed(f"Use {', '.join(methods)}.")
                edged = cast("EdgeRequest", request)
                in_path = str(kwargs[key_in_path]) if key_in_path else ""
                edged.edge = _edge_of(request, scope, reads, in_path)
                response = view(edged, *args, **kwargs)
            except ApplicationError as error:
                response = error_response(error)
                if isinstance(error, MethodNotAllowed):
                    response["Allow"] = ", ".join(allowed)
            response.headers.setdefault("Cache-Control", PRIVATE)
            return response

        guarded = cast("HotView", csrf_exempt(answer))
        guarded.required_scope = scope
        guarded.allowed_methods = allowed
        return guarded

    return decorate


def _edge_of(request: HttpRequest, scope: Scope, reads: Reads | None, in_path: str) -> EdgeContext:
    """The caller of a plain request, let in.

    Raises:
        NotAuthenticated, Forbidden, RateLimited, Unavailable: kept out.
    """
    raw = in_path or raw_key_of(request)
    if raw is not None:
        record = _record_of(raw)
        if in_path and not record.principal.public:
            # Addresses are logged and cached on their way.
            raise NotAuthenticated("Only a storefront key may stand in an address.")
        return _admit(request, record.principal, record.networks, scope, reads)
    principal = _person_of(request)
    if principal is None:
        raise NotAuthenticated("Send an API key: `Authorization: Bearer prefix.secret`.")
    return _admit(request, principal, _NO_NETWORKS, scope, reads)


def raw_key_of(request: HttpRequest) -> str | None:
    """The key as sent, from either header; None when there is none."""
    authorization: str = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    found: str | None = request.META.get("HTTP_X_API_KEY")
    return found


def _record_of(raw: str) -> KeyRecord:
    try:
        record = key_record_for(raw)
    except DatabaseFailure as failure:
        raise Unavailable("API keys cannot be checked now.") from failure
    if record is None:
        # One answer for unknown, wrong, expired and revoked.
        raise NotAuthenticated("The API key is not valid.")
    return record


def _person_of(request: HttpRequest) -> Principal | None:
    try:
        principal = principal_of_user(getattr(request, "user", None))
    except DatabaseFailure as failure:
        raise Unavailable("Sessions cannot be checked now.") from failure
    if principal is not None:
        _csrf_enforce(request)
    return principal


def _csrf_enforce(request: HttpRequest) -> None:
    """A cookie comes with whatever page sends the request: writes need the token too."""
    check = CSRFCheck(_nothing)
    check.process_request(request)
    if check.process_view(request, _nothing, (), {}) is not None:
        raise Forbidden("The CSRF token is missing or wrong.", code="csrf_failed")


def _nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _admit(
    request: HttpRequest,
    principal: Principal,
    networks: NetworkRules,
    scope: Scope,
    reads: Reads | None = None,
) -> EdgeContext:
    client_ip = client_ip_current()
    if not address_allowed(networks, address_parse(client_ip or "")):
        raise Forbidden("This address may not use this key.", code="address_refused")
    if principal.public:
        _origin_enforce(request, principal)
    if scope not in principal.scopes:
        raise Forbidden(
            f"This needs the scope {scope.value}.",
            code="scope_missing",
            extra={"required_scope": scope.value},
        )
    edged = cast("EdgeRequest", request)
    edged.edge = EdgeContext(principal, (), client_ip)
    found = limit_enforce(principal, client_ip, _ask_of(edged, reads))
    name = f"key:{principal.name}" if principal.key_id is not None else principal.name
    caller_set(name, principal.made_by_id)
    degraded = ("redis",) if found.hashes is None else ()
    return EdgeContext(principal, degraded, client_ip, found.hashes, found.answer, found.beside)


def _ask_of(request: EdgeRequest, reads: Reads | None) -> EdgeAsk:
    if reads is None:
        return NOTHING_ASKED
    wanted = reads(request)
    return wanted if isinstance(wanted, EdgeAsk) else EdgeAsk(wanted)


def _origin_enforce(request: HttpRequest, principal: Principal) -> None:
    """Browsers say whose page is asking; programs without an Origin are held by the rate."""
    origin = request.META.get("HTTP_ORIGIN", "")
    if not origin or origin == f"{request.scheme}://{request.get_host()}":
        return
    if not origin_allowed(origin, principal.allowed_origins):
        raise Forbidden("This origin may not use this key.", code="origin_refused")


class ApiKeyAuthentication(BaseAuthentication):
    """DRF: `Authorization: Bearer prefix.secret` or `X-API-Key`; auth is the Principal."""

    def authenticate(self, request: Request) -> tuple[KeyCaller, Principal] | None:
        raw = raw_key_of(request._request)  # noqa: SLF001 - DRF's own name for Django's request
        if raw is None:
            return None
        record = _record_of(raw)
        return KeyCaller(record), record.principal

    def authenticate_header(self, request: Request) -> str:
        del request
        return 'Bearer realm="endcap"'


class StaffSessionAuthentication(BaseAuthentication):
    """DRF: people with an admin session; their permissions say their scopes."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Principal] | None:
        django_request = request._request  # noqa: SLF001 - the same
        principal = _person_of(django_request)
        if principal is None:
            return None
        return cast("AbstractBaseUser", django_request.user), principal


class HasScope(BasePermission):
    """DRF: the view's `required_scope` (a Scope, or one by method) must be the caller's."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if route_is_open(request):
            return True
        scope = scope_required(view, request.method or "")
        if scope is None:
            # A view that forgot to say is shut, and tests/access/test_routes.py finds it.
            raise Forbidden("This route is not open.", code="scope_missing")
        if not isinstance(request.auth, Principal):
            raise NotAuthenticated("Send an API key: `Authorization: Bearer prefix.secret`.")
        user: object = request.user
        networks = user.record.networks if isinstance(user, KeyCaller) else _NO_NETWORKS
        django_request = cast("EdgeRequest", request._request)  # noqa: SLF001 - the same
        django_request.edge = _admit(django_request, request.auth, networks, scope)
        return True


def scope_required(view: object, method: str) -> Scope | None:
    """What `view` asks for under `method`; HEAD asks for what GET does."""
    named = getattr(view, "required_scope", None)
    if isinstance(named, Mapping):
        named = named.get("GET" if method == "HEAD" else method)
    return named if isinstance(named, Scope) else None


def route_is_open(request: Request) -> bool:
    """Whether anybody may read this route."""
    match = request.resolver_match
    return match is not None and match.view_name in OPEN_ROUTES and request.method in SAFE_METHODS
