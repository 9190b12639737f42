"""Which files an artifact may hold: formats that are read without running anything."""

import ast
import re

from apps.model_registry.contracts import ArtifactCorrupt

SAFE_SUFFIXES = frozenset(
    {".npy", ".safetensors", ".faiss", ".onnx", ".json", ".msgpack", ".bin"},
)
# Enough of a file to read its header; a longer npy header is refused.
HEAD_BYTES = 65_536
_FLAT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_NPY_MAGIC = b"\x93NUMPY"
_NPY_LENGTH_BYTES = {1: 2, 2: 4, 3: 4}


def file_check(name: str, head: bytes) -> None:
    """Accept a file by its name and the first HEAD_BYTES of its content.

    Raises:
        ArtifactCorrupt: a path instead of a flat name, an unsafe suffix, or an npy file
            whose items are Python objects (reading it would unpickle them).
    """
    if not _FLAT_NAME.fullmatch(name):
        raise ArtifactCorrupt("name", f"{name!r} is not a flat file name")
    suffix = name[name.rfind(".") :] if "." in name else ""
    if suffix not in SAFE_SUFFIXES:
        raise ArtifactCorrupt("format", f"{name} is not of a safe format")
    if suffix == ".npy":
        _npy_check(name, head)
    if suffix == ".faiss" and not re.match(rb"I[A-Za-z0-9]{3}", head):
        raise ArtifactCorrupt("format", f"{name} does not begin as a FAISS index")


def _npy_check(name: str, head: bytes) -> None:
    """Refuse what is not npy, and what holds objects.

    Source: NumPy Enhancement Proposal 1, format versions 1.0 to 3.0.
    """
    length_bytes = _NPY_LENGTH_BYTES.get(head[6]) if head[:6] == _NPY_MAGIC else None
    if length_bytes is None:
        raise ArtifactCorrupt("format", f"{name} does not begin as an npy file")
    start = 8 + length_bytes
    end = start + int.from_bytes(head[8:start], "little")
    try:
        header = ast.literal_eval(head[start:end].decode("utf-8"))
        descr = repr(header["descr"])
    except (ValueError, SyntaxError, KeyError, TypeError) as error:
        raise ArtifactCorrupt("format", f"{name} has no readable npy header") from error
    # The type code of an object array is O, with or without byte order: '|O', 'O8'.
    if re.search(r"'[|<>=]?O\d*'", descr):
        raise ArtifactCorrupt("format", f"{name} holds Python objects")
