"""Spreads the lived days over the processors.

Visits of one shopper follow each other; those of different shoppers have nothing to do with each
other. What is imported here must not need Django's apps: a new process reads this before there
are any.
"""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.db import connection

from apps.demo.domain.lived import LivedScene

if TYPE_CHECKING:
    from apps.demo.services.lived_play import LivedPlayer

_MOST_WORKERS, _MOST_PARTS, _VISITS_A_PART = 2, 32, 100
_player: "LivedPlayer | None" = None


def workers_here() -> int:
    """How many processes play: one a processor, two at most."""
    return min(_MOST_WORKERS, os.cpu_count() or 1)


def scene_play(scene: LivedScene, *, workers: int) -> Iterator[tuple[Path, int]]:
    """Play all visits: files of events in the native shape, and how many visits each is of.

    Args:
        scene: what is played.
        workers: processes; with one, it is this one.
    """
    parts = min(_MOST_PARTS, 1 + len(scene.visits) // _VISITS_A_PART)
    if workers == 1:
        player = _player_of(scene)
        yield from (player.part(part, parts) for part in range(parts))
        return
    # Neither threads nor connections survive a fork.
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_process_begins,
        initargs=(str(connection.settings_dict["NAME"]), scene),
    )
    with pool:
        jobs = [pool.submit(_process_plays, part, parts) for part in range(parts)]
        yield from (job.result() for job in as_completed(jobs))


def _process_begins(database: str, scene: LivedScene) -> None:
    global _player  # noqa: PLW0603 - one a process is the point
    django.setup()
    connection.settings_dict["NAME"] = database
    _player = _player_of(scene)


def _process_plays(part: int, parts: int) -> tuple[Path, int]:
    if _player is None:
        raise RuntimeError("a process that plays begins with its player")
    return _player.part(part, parts)


def _player_of(scene: LivedScene) -> "LivedPlayer":
    from apps.demo.services.lived_play import LivedPlayer

    return LivedPlayer(scene)
