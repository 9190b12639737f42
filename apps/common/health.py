"""Health checks: each app registers its own in `AppConfig.ready()`."""

from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.contracts import HealthCheck, HealthReport
from apps.common.redis import RedisGone, redis_call

_checks: dict[str, HealthCheck] = {}


def health_check_register(name: str, check: HealthCheck) -> None:
    _checks[name] = check


def health_reports() -> list[HealthReport]:
    return [check() for _, check in sorted(_checks.items())]


def postgresql_check() -> HealthReport:
    """Not required: with it gone, search answers from the last snapshot."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseFailure as error:
        connection.close()
        return HealthReport("postgresql", ok=False, required=False, detail=type(error).__name__)
    return HealthReport("postgresql", ok=True, required=False)


def redis_check() -> HealthReport:
    try:
        redis_call(lambda client: client.ping())
    except RedisGone as error:
        return HealthReport("redis", ok=False, required=False, detail=str(error))
    return HealthReport("redis", ok=True, required=False)
