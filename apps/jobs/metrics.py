"""What a batch run counts; the names are a contract with dashboards."""

from prometheus_client import Counter, Histogram

_DURATION_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)

# prometheus_client appends `_total` to a counter's name.
batch_job_executions = Counter(
    "batch_job_executions",
    "Attempts by how they ended; skipped ticks.",
    ["job_name", "status"],
)
batch_job_duration_seconds = Histogram(
    "batch_job_duration_seconds", "Time an attempt took.", ["job_name"], buckets=_DURATION_BUCKETS
)
batch_job_failures = Counter(
    "batch_job_failures", "Failed attempts by kind of error.", ["job_name", "reason"]
)
