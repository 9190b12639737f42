"""PostgreSQL on a search's path: the one breaker of all hot paths."""

from apps.common.postgresql import PostgresqlGone, postgresql_breaker, postgresql_call

__all__ = ["PostgresqlGone", "postgresql_breaker", "postgresql_call"]
