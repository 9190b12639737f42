"""Conditional requests of hot routes."""


def etag_matches(asked: str, etag: str) -> bool:
    """Whether an `If-None-Match` names this entity (weak comparison, RFC 9110 13.1.2)."""
    if asked.strip() == "*":
        return True
    named = {each.strip().removeprefix("W/") for each in asked.split(",")}
    return etag in named
