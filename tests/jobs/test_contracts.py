import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.jobs.contracts import (
    JobAlreadyRegistered,
    JobContext,
    JobOutcome,
    JobSpec,
    UnknownJob,
    job_register,
    job_spec,
    job_specs,
    job_unregister,
)
from apps.jobs.domain.retry import BACKOFF_CAP_S, backoff_seconds, lock_key, outcome_is_empty


def _nothing(_context: JobContext) -> JobOutcome:
    return {}


def test_jobs_are_found_by_name() -> None:
    spec = JobSpec(name="aa_job", title="A job", run=_nothing)
    job_register(spec)
    job_register(spec)
    assert job_spec("aa_job") is spec
    assert job_specs()[0] is spec
    with pytest.raises(JobAlreadyRegistered):
        job_register(JobSpec(name="aa_job", title="Another", run=_nothing))
    job_unregister("aa_job")
    with pytest.raises(UnknownJob):
        job_spec("aa_job")


@pytest.mark.parametrize(
    ("every_s", "cron", "max_attempts"),
    [(5, "0 4 * * *", 3), (0, None, 0), (None, "daily", 3), (-1, None, 3)],
)
def test_a_spec_that_cannot_be_scheduled_is_refused(
    every_s: int | None, cron: str | None, max_attempts: int
) -> None:
    with pytest.raises(ValueError, match="bad_job"):
        JobSpec(
            name="bad_job",
            title="Bad",
            run=_nothing,
            every_s=every_s,
            cron=cron,
            max_attempts=max_attempts,
        )


@given(
    st.floats(0.01, 1e4),
    st.integers(1, 2000),
    st.floats(0, 1, exclude_max=True),
)
def test_backoff_lies_between_half_and_whole_of_a_doubling_capped(
    base_s: float, attempt: int, jitter: float
) -> None:
    wait_s = backoff_seconds(base_s, attempt, jitter)
    whole = min(base_s * 2.0 ** min(attempt - 1, 32), BACKOFF_CAP_S)
    assert whole / 2 <= wait_s <= whole
    assert backoff_seconds(base_s, attempt + 1, jitter) >= wait_s


@pytest.mark.parametrize(
    ("attempt", "jitter", "seconds"),
    [(1, 0.0, 5.0), (1, 0.5, 7.5), (2, 0.0, 10.0), (9, 0.0, 450.0)],
)
def test_backoff_by_hand(attempt: int, jitter: float, seconds: float) -> None:
    assert backoff_seconds(10.0, attempt, jitter) == seconds


@pytest.mark.parametrize(
    ("outcome", "empty"),
    [({}, True), ({"drained": 0, "note": ""}, True), ({"drained": 3}, False), ({"a": None}, True)],
)
def test_an_outcome_of_nothing_is_empty(outcome: JobOutcome, empty: bool) -> None:
    assert outcome_is_empty(outcome) is empty


@given(st.text())
def test_lock_keys_fit_postgresql_and_stay(name: str) -> None:
    assert -(2**63) <= lock_key(name) < 2**63
    assert lock_key(name) == lock_key(name)


def test_lock_keys_differ() -> None:
    assert lock_key("job:one") != lock_key("job:two")
