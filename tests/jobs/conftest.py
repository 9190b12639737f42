from collections.abc import Callable, Iterator

import pytest
from prometheus_client import REGISTRY

from apps.jobs.contracts import JobContext, JobOutcome, JobSpec, job_register, job_unregister

Work = Callable[[JobContext], JobOutcome]
Register = Callable[..., JobSpec]


@pytest.fixture
def register() -> Iterator[Register]:
    """Register a job for one test: `register(work, name=…, **spec)`."""
    names: list[str] = []

    def make(work: Work, name: str = "test_job", **fields: object) -> JobSpec:
        spec = JobSpec(name=name, title=name, run=work, **fields)  # type: ignore[arg-type]  # the fields are the test's
        job_register(spec)
        names.append(name)
        return spec

    yield make
    for name in names:
        job_unregister(name)


def counted(name: str, **labels: str) -> float:
    """A metric's sample as it stands; 0 before its first."""
    return REGISTRY.get_sample_value(name, labels) or 0.0
