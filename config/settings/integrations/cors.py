"""CORS: which origins may call is said per public API key (apps.access answers the signal)."""

CORS_URLS_REGEX = r"^/(api|ofrep)/.*$"
CORS_ALLOWED_ORIGINS: list[str] = []
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS")
CORS_ALLOW_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "traceparent",
    "x-api-key",
)
CORS_EXPOSE_HEADERS = ("traceparent", "x-request-id", "retry-after", "etag")
CORS_PREFLIGHT_MAX_AGE = 600
