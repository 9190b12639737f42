"""Content-Security-Policy: strict for shoppers and analysts, looser on admin paths only.

django-unfold ships standard Alpine, which evaluates expressions: admin needs `unsafe-eval`.
`apps.common.middleware.ContentSecurityPolicyMiddleware` picks the policy by path.
"""

from csp.constants import NONCE, NONE, SELF

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        # A shop's product images stand on hosts of its own choice.
        "img-src": [SELF, "data:", "https:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
ADMIN_CONTENT_SECURITY_POLICY = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": [SELF, "'unsafe-eval'", "'unsafe-inline'"],
    "style-src": [SELF, "'unsafe-inline'"],
}
ADMIN_PATH_PREFIX = "/admin/"
