"""Which version this machine loaded last: how a worker boots with PostgreSQL down."""

import json
import os
import secrets
from pathlib import Path

import structlog
from django.conf import settings

logger = structlog.get_logger(__name__)


def pointer_read(name: str) -> str | None:
    """The location that was last loaded here; what lies there is verified as any other."""
    try:
        document = json.loads(_path(name).read_bytes())
        return str(document["location"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def pointer_write(name: str, location: str) -> None:
    """Remember `location`, atomically; a full disk costs only the memory of it."""
    if pointer_read(name) == location:
        return
    path = _path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        draft.write_text(json.dumps({"location": location}))
        os.replace(draft, path)  # noqa: PTH105 - the atomic one, named for what it does
    except OSError as error:
        logger.warning("artifact_pointer_unwritten", artifact=name, reason=str(error))


def _path(name: str) -> Path:
    return Path(settings.ARTIFACT_CACHE) / "current" / f"{name}.json"
