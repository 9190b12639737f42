"""The signed manifest: one canonical byte form, HMAC-SHA256 over it."""

import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import cast

from apps.model_registry.contracts import (
    ArtifactCorrupt,
    ArtifactFile,
    ArtifactManifest,
    Scalar,
)

MANIFEST_FILE = "manifest.json"
MANIFEST_FORMAT = "endcap-artifact/1"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def artifact_name_check(name: str) -> str:
    """`name` when it is a plain snake_case word, which makes it safe in a path.

    Raises:
        ValueError: it is not.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"an artifact is named in snake_case, not {name!r}")
    return name


def manifest_canonical(manifest: ArtifactManifest) -> bytes:
    """The bytes that are signed: JSON with sorted keys, no spaces, ASCII only."""
    return json.dumps(
        {
            "format": manifest.format,
            "name": manifest.name,
            "number": manifest.number,
            "created_at": manifest.created_at.isoformat(),
            "files": [list(file) for file in manifest.files],
            "metadata": dict(manifest.metadata),
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
        allow_nan=False,
    ).encode()


def manifest_sign(manifest: ArtifactManifest, key: str) -> str:
    """HMAC-SHA256 over the canonical form, 64 hex digits.

    Raises:
        ValueError: the key is empty, so that the signature would prove nothing.

    Source: RFC 2104; FIPS 198-1.
    """
    if not key:
        raise ValueError("an empty key signs nothing")
    return hmac.new(key.encode(), manifest_canonical(manifest), hashlib.sha256).hexdigest()


def manifest_encode(manifest: ArtifactManifest, signature: str) -> bytes:
    """The text of `manifest.json`: the signed document and its signature."""
    signed = manifest_canonical(manifest).decode()
    return f'{{"signature":"{signature}","manifest":{signed}}}\n'.encode()


def manifest_decode(raw: bytes, key: str) -> tuple[ArtifactManifest, str]:
    """The manifest and its signature, which is verified before anything is believed.

    Raises:
        ArtifactCorrupt: unreadable, of another format, or not signed with `key`.
    """
    try:
        document = json.loads(raw)
        signature = str(document["signature"])
        manifest = _read(cast("dict[str, object]", document["manifest"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactCorrupt("manifest", f"the manifest cannot be read: {error}") from error
    if not hmac.compare_digest(manifest_sign(manifest, key).encode(), signature.encode()):
        raise ArtifactCorrupt("signature", "the manifest is not signed with our key")
    return manifest, signature


def _read(document: dict[str, object]) -> ArtifactManifest:
    if document["format"] != MANIFEST_FORMAT:
        raise ValueError(f"unknown manifest format {document['format']!r}")
    files = cast("list[tuple[str, int, str]]", document["files"])
    return ArtifactManifest(
        name=str(document["name"]),
        number=int(cast("int", document["number"])),
        created_at=datetime.fromisoformat(str(document["created_at"])),
        files=tuple(ArtifactFile(str(n), int(size), str(sha)) for n, size, sha in files),
        metadata=cast("dict[str, Scalar]", document["metadata"]),
    )
