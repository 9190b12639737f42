"""Stages of the demo: each runs once, and again only when it was cut off."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from apps.common.errors import Conflict
from apps.demo.models import DemoStage
from apps.jobs.contracts import Progress

Say = Callable[[str], None]
BEGINNING = "beginning"
_SIGN_OF_LIFE_S = 5.0
DEFAULT_PRODUCTS, DEFAULT_DAYS, DEFAULT_SEED = 5_000, 60, 7


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What was asked for; None leaves it to the demo that is there, else to the default."""

    products: int | None = None
    days: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What this database's demo is, settled by its first run.

    Attributes:
        as_of: aware UTC; the history ends here, and ages are counted from here.
    """

    products: int
    days: int
    seed: int
    as_of: datetime


def plan_settle(*, options: DemoOptions, now: datetime) -> DemoPlan:
    """The plan of this database; made now when there is none.

    Raises:
        Conflict: other options than those it was made with.
    """
    asked = {"products": options.products, "days": options.days, "seed": options.seed}
    defaults = {"products": DEFAULT_PRODUCTS, "days": DEFAULT_DAYS, "seed": DEFAULT_SEED}
    settled = {key: defaults[key] if value is None else value for key, value in asked.items()}
    row, _ = DemoStage.objects.get_or_create(
        name=BEGINNING,
        defaults={
            "options": {**settled, "as_of": now.isoformat()},
            "finished_at": now,
            "summary": "planned",
        },
    )
    for key, value in asked.items():
        if value is not None and row.options[key] != value:
            raise Conflict(
                f"This demo was made with {key}={row.options[key]}, not {value}. "
                "`make reset` starts afresh; then run again with other options.",
                code="demo_differs",
            )
    kept = dict(row.options)
    return DemoPlan(
        products=kept["products"],
        days=kept["days"],
        seed=kept["seed"],
        as_of=datetime.fromisoformat(kept["as_of"]),
    )


def stage_finished(name: str) -> bool:
    return DemoStage.objects.filter(name=name, finished_at__isnull=False).exists()


def stage_run(*, name: str, title: str, work: Callable[[], str], say: Say) -> bool:
    """Do `work` unless it is done; its answer is the summary. True when it was done now.

    Not one transaction: every stage stores what it can and is safe to do again.
    """
    if stage_finished(name):
        return False
    say(f"{title} …")
    started = time.monotonic()
    DemoStage.objects.get_or_create(name=name)
    summary = work()
    DemoStage.objects.filter(name=name).update(finished_at=timezone.now(), summary=summary[:300])
    say(f"{title}: {summary} ({time.monotonic() - started:.1f} s)")
    return True


class _Teller:
    """What a step last reported, said by the sign of life instead of bare seconds."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._started = time.monotonic()
        self._reported = ""

    def progress(self, done: int, total: int, message: str) -> None:
        """As jobs report: called often, said seldom."""
        self._reported = f"{done:,} of {total:,}" if total else message

    def line(self) -> str:
        passed = f"{time.monotonic() - self._started:.0f} s"
        if not self._reported:
            return f"  still working, {passed}"
        return f"  {self._title}: {self._reported} ({passed})"


@contextmanager
def still_working(say: Say, *, title: str = "") -> Iterator[Progress]:
    """Say every few seconds that a step goes on, and how far it is where it reports that.

    Gives the callback by which the step reports.
    """
    done = threading.Event()
    teller = _Teller(title)

    def tell() -> None:
        while not done.wait(_SIGN_OF_LIFE_S):
            say(teller.line())

    thread = threading.Thread(target=tell, name="demo-sign-of-life", daemon=True)
    thread.start()
    try:
        yield teller.progress
    finally:
        done.set()
        thread.join()
