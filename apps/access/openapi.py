"""How the edge's authenticators stand in the OpenAPI schema. Importing registers them."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers by a bare __init_subclass__
    target_class = "apps.access.edge.ApiKeyAuthentication"
    name = ["ApiKey", "Bearer"]  # noqa: RUF012 - the base class reads a list

    def get_security_definition(self, _auto_schema: Any) -> Any:
        return [
            {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            {"type": "http", "scheme": "bearer"},
        ]


class StaffSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the same
    target_class = "apps.access.edge.StaffSessionAuthentication"
    name = "StaffSession"

    def get_security_definition(self, _auto_schema: Any) -> Any:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
