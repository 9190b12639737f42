"""The strata of units that were seen before an experiment starts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from apps.common.domain.uuid7 import uuid7_floor
from apps.experiments.contracts.design import UnitType

DAYS = 28
MOST_UNITS = 200_000
# One row a unit: what its latest event said. The bounds on the id prune partitions.
_LATEST = """
    SELECT DISTINCT ON ({unit}) {unit}, attributes ->> %(attribute)s
      FROM events_event
     WHERE id >= %(first)s AND id < %(last)s
       AND {unit} IS NOT NULL AND attributes ->> %(attribute)s IS NOT NULL
     ORDER BY {unit}, id DESC
     LIMIT %(most)s
"""


def strata_known(*, unit: UnitType, attribute: str, as_of: datetime) -> Mapping[str, str]:
    """Unit id to stratum: the attribute as events of the last 28 days said it last.

    At most 200,000 units; a session or a request is never seen again and has none.
    """
    if unit not in {UnitType.USER, UnitType.CLIENT}:
        return {}
    statement = _LATEST.format(unit=unit.attribute)
    given: dict[str, str | int | UUID] = {
        "attribute": attribute,
        "first": uuid7_floor(as_of - timedelta(days=DAYS)),
        "last": uuid7_floor(as_of),
        "most": MOST_UNITS,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return dict(cursor.fetchall())
