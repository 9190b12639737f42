"""structlog renders every record, ours and libraries', as one JSON line on stderr."""

from config.env import env_str

LOG_LEVEL = env_str("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "apps.common.observability.logs.logging_configure"
LOGGING = {"level": LOG_LEVEL}
