"""Holding a loaded artifact: swapped when its version moves, kept when the new one is bad."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection
from prometheus_client import Counter

from apps.common.snapshots import Snapshot
from apps.model_registry.contracts import (
    ActiveVersion,
    Artifact,
    ArtifactCorrupt,
    StoreUnreachable,
)
from apps.model_registry.engines.folders import folder_verify
from apps.model_registry.selectors import active_version
from apps.model_registry.services.pointers import pointer_read, pointer_write
from apps.model_registry.services.stores import artifact_store, signing_key

T = TypeVar("T")
logger = structlog.get_logger(__name__)
artifact_loads_total = Counter(
    "endcap_artifact_loads_total",
    "Artifact versions loaded or refused, by outcome.",
    ["name", "outcome"],
)
# A refused version is tried again, for the store may have been mended, but not at every poll.
_RETRY_S = 15.0
_LOCAL_COPIES_S = 3600.0


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """What is being served, or why nothing is.

    Attributes:
        value: the loaded artifact; None when there is none to serve.
        number: its version, 0 for none.
        location: where it came from.
        reason: empty when the version that should be served is; else `missing`,
            `signature`, `checksum`, `store`, `load`, ….
    """

    value: T | None
    number: int = 0
    location: str = ""
    reason: str = "missing"


class ArtifactHolder(Generic[T]):
    """The current version of one artifact, loaded once a process.

    `load` reads the verified files (memory-mapped, where it can) and answers the value; it
    raises ValueError or OSError on files it cannot use. Requests in flight keep the value they
    got: its arrays stay mapped though newer versions are swapped in and old files pruned.

    Args:
        name: the artifact.
        load: builds the value from the verified folder.
    """

    def __init__(self, name: str, load: Callable[[Artifact], T]) -> None:
        self.name = name
        self._load = load
        self._held: Held[T] = Held(None)
        self._refused: dict[str, tuple[float, str]] = {}
        self._snapshot: Snapshot[Held[T]] = Snapshot(
            f"artifact:{name}", self._current, versions=(f"artifact:{name}",)
        )

    def get(self) -> T | None:
        """The value to serve; None when no version can be. Never raises for a bad artifact."""
        return self._snapshot.get().value

    @property
    def state(self) -> Held[T]:
        """The value with its number and, when it is not the one wanted, the reason."""
        return self._snapshot.get()

    @property
    def number(self) -> int:
        """The served version's number, 0 for none."""
        return self._snapshot.get().number

    def _current(self) -> Held[T]:
        if not self._snapshot.is_loaded:
            self._held, self._refused = Held(None), {}
        self._held = self._next()
        return self._held

    def _next(self) -> Held[T]:
        try:
            wanted = active_version(self.name)
        except DatabaseFailure as error:
            logger.warning("artifact_database_gone", artifact=self.name, reason=str(error))
            connection.close()
            # Whatever is loaded goes on; at boot the last one on this disk does.
            self._snapshot.mark_stale()
            return self._held if self._held.value is not None else self._from_disk("database")
        if wanted is None:
            return Held(None)
        if wanted.location == self._held.location and self._held.value is not None:
            return Held(self._held.value, wanted.number, wanted.location, "")
        held, reason = self._try(wanted.location, wanted)
        return held if held is not None else self._fallback(reason)

    def _fallback(self, reason: str) -> Held[T]:
        """The old value, or the last good one on this disk, marked with why."""
        # Stale again at once: the next poll looks whether the refused one was mended.
        self._snapshot.mark_stale()
        if self._held.value is not None:
            return Held(self._held.value, self._held.number, self._held.location, reason)
        return self._from_disk(reason)

    def _from_disk(self, reason: str) -> Held[T]:
        location = pointer_read(self.name)
        if location is None:
            return Held(None, reason=reason)
        held, _ = self._try(location, None)
        if held is None:
            return Held(None, reason=reason)
        return Held(held.value, held.number, held.location, reason)

    def _try(self, location: str, wanted: ActiveVersion | None) -> tuple[Held[T] | None, str]:
        retry_at, reason = self._refused.get(location, (0.0, ""))
        if time.monotonic() < retry_at:
            return None, reason
        try:
            held = self._open(location, wanted)
        except ArtifactCorrupt as error:
            return None, self._refuse(location, error.reason, error)
        except StoreUnreachable as error:
            return None, self._refuse(location, "store", error)
        except (ValueError, OSError, RuntimeError, KeyError) as error:
            # RuntimeError: what faiss raises on files that it cannot read.
            return None, self._refuse(location, "load", error)
        self._refused.pop(location, None)
        return held, ""

    def _open(self, location: str, wanted: ActiveVersion | None) -> Held[T]:
        store = artifact_store()
        artifact = folder_verify(
            store.fetch(location),
            name=self.name,
            key=signing_key(),
            signature=wanted.signature if wanted else None,
        )
        value = self._load(artifact)
        artifact_loads_total.labels(self.name, "ok").inc()
        logger.info("artifact_loaded", artifact=self.name, number=artifact.number)
        pointer_write(self.name, location)
        store.local_trim(location, _LOCAL_COPIES_S)
        return Held(value, artifact.number, location, "")

    def _refuse(self, location: str, reason: str, error: Exception) -> str:
        self._refused = {location: (time.monotonic() + _RETRY_S, reason)}
        artifact_loads_total.labels(self.name, reason).inc()
        logger.error(
            "artifact_refused", artifact=self.name, location=location, reason=reason,
            detail=str(error),
        )  # fmt: skip
        return reason
