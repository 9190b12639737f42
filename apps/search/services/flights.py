"""One computes, the others wait for it: single flight inside a process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Flight:
    """One answer being computed.

    Attributes:
        packed: the answer, once it is there; None: it came to nothing.
    """

    def __init__(self) -> None:
        self.packed: bytes | None = None
        self._landed = threading.Event()

    def wait(self, patience_s: float) -> bool:
        """Whether it landed in time."""
        return self._landed.wait(patience_s)

    def land(self) -> None:
        self._landed.set()


class Flights:
    """What is being computed now, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Flight] = {}

    @contextmanager
    def joined(self, key: str) -> Iterator[tuple[Flight, bool]]:
        """The flight, and whether the caller leads it; it lands when the leader is through."""
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = Flight()
        try:
            yield flight, leads
        finally:
            if leads:
                with self._lock:
                    del self._flights[key]
                flight.land()
