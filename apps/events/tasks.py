"""Events' jobs; registered in `EventsConfig.ready()`."""

from django.conf import settings

from apps.events.services.buffer import buffer_drain
from apps.events.services.partitions import partitions_drop_expired, partitions_ensure_around
from apps.jobs.contracts import JobContext, JobOutcome, JobSpec


def partitions_run(context: JobContext) -> JobOutcome:
    """The months ahead are created; months past retention go only when a setting says so."""
    created = partitions_ensure_around(context.as_of)
    dropped = partitions_drop_expired(now=context.as_of) if settings.EVENT_RETENTION_DROP else ()
    return {"created": ", ".join(created), "dropped": ", ".join(dropped)}


def drain_run(context: JobContext) -> JobOutcome:
    """Query log and exposures from Redis into PostgreSQL."""
    result = buffer_drain()
    context.progress(result.read, result.read + result.depth, "entries drained")
    return {
        "read": result.read,
        "stored": result.stored,
        "replayed": result.replayed,
        "dead": result.dead,
        "depth": result.depth,
        "dropped": result.dropped,
    }


JOBS = (
    JobSpec(
        name="events_partitions",
        title="Event partitions",
        run=partitions_run,
        cron="17 2 * * *",
        description="Creates the partitions of the next two months, and drops those past "
        "retention when EVENT_RETENTION_DROP is on.",
    ),
    JobSpec(
        name="events_buffer_drain",
        title="Drain of query log and exposures",
        run=drain_run,
        every_s=2,
        soft_time_limit_s=120,
        quiet=True,
        description="Moves buffered searches and exposures from Redis into PostgreSQL.",
    ),
)
