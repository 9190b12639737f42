"""The rule of `identity.py` as SQL text, for whoever totals events by unit in the database.

`events_identity` holds who owns a client's anonymous events and when: rows of one client touch
without a gap from -infinity to infinity (`services.identity` keeps them).
"""

EVENT_TABLE = "events_event"
QUERY_LOG_TABLE = "events_querylog"
IDENTITY_TABLE = "events_identity"


def identity_join(rows: str, identity: str = "i") -> str:
    """LEFT JOIN that finds the owner of anonymous rows.

    Args:
        rows: alias of the rows: they have `user_id`, `client_id` and `occurred_at`.
        identity: alias of the joined table.
    """
    return (
        f"LEFT JOIN {IDENTITY_TABLE} {identity} ON {rows}.user_id IS NULL"
        f" AND {identity}.client_id = {rows}.client_id"
        f" AND {rows}.occurred_at >= {identity}.starts AND {rows}.occurred_at < {identity}.ends"
    )


def unit_expression(rows: str, identity: str = "i") -> str:
    """The unit of a row as text, `u:<user>` or `c:<client>`; NULL when it names neither."""
    return (
        f"CASE WHEN {rows}.user_id IS NOT NULL THEN 'u:' || {rows}.user_id"
        f" WHEN {identity}.user_id IS NOT NULL THEN 'u:' || {identity}.user_id"
        f" ELSE 'c:' || {rows}.client_id END"
    )
