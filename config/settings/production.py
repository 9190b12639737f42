"""Production: everything that must be said is said by the environment, or the start fails."""

from config.env import env_bool, env_int, env_list, env_str
from config.settings.base import *

SECRET_KEY = env_str("SECRET_KEY")
ARTIFACT_SIGNING_KEY = env_str("ARTIFACT_SIGNING_KEY")
# Health checks inside the container ask by address.
ALLOWED_HOSTS = [*env_list("ALLOWED_HOSTS"), "127.0.0.1"]
SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env_int("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
