"""The part of threadpoolctl that is used; it ships no types."""

from contextlib import AbstractContextManager

def threadpool_limits(limits: int, user_api: str) -> AbstractContextManager[None]: ...
