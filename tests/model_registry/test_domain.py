import io
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.model_registry.contracts import ArtifactCorrupt, ArtifactFile, ArtifactManifest, Scalar
from apps.model_registry.domain.formats import HEAD_BYTES, file_check
from apps.model_registry.domain.manifests import (
    artifact_name_check,
    manifest_canonical,
    manifest_decode,
    manifest_encode,
    manifest_sign,
)

KEY = "a key"
scalars: st.SearchStrategy[Scalar] = st.one_of(
    st.text(max_size=20),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)
files = st.builds(
    ArtifactFile,
    name=st.from_regex(r"[a-z]{1,9}\.npy", fullmatch=True),
    size=st.integers(0, 2**40),
    sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
)
manifests = st.builds(
    ArtifactManifest,
    name=st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
    number=st.integers(1, 10**6),
    created_at=st.datetimes(timezones=st.just(UTC)),
    files=st.lists(files, max_size=4).map(tuple),
    metadata=st.dictionaries(st.text(max_size=8), scalars, max_size=4),
)


@given(manifests)
def test_a_signed_manifest_reads_back_as_it_was(manifest: ArtifactManifest) -> None:
    signature = manifest_sign(manifest, KEY)
    assert manifest_decode(manifest_encode(manifest, signature), KEY) == (manifest, signature)


@given(manifests, st.data())
def test_any_changed_byte_is_refused(manifest: ArtifactManifest, data: st.DataObject) -> None:
    raw = bytearray(manifest_encode(manifest, manifest_sign(manifest, KEY)).rstrip())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = (raw[place] + data.draw(st.integers(1, 255))) % 256
    try:
        read, _ = manifest_decode(bytes(raw), KEY)
    except ArtifactCorrupt:
        return
    # JSON has more than one spelling of one value; another value never passes.
    assert manifest_canonical(read) == manifest_canonical(manifest)


def test_another_key_is_refused() -> None:
    manifest = ArtifactManifest("a", 1, datetime(2026, 1, 1, tzinfo=UTC), (), {})
    raw = manifest_encode(manifest, manifest_sign(manifest, "another key"))
    with pytest.raises(ArtifactCorrupt) as refused:
        manifest_decode(raw, KEY)
    assert refused.value.reason == "signature"


def test_an_empty_key_signs_nothing() -> None:
    manifest = ArtifactManifest("a", 1, datetime(2026, 1, 1, tzinfo=UTC), (), {})
    with pytest.raises(ValueError, match="empty key"):
        manifest_sign(manifest, "")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"signature":"x","manifest":{"format":"endcap-artifact/99"}}',
        b'{"signature":"x","manifest":3}',
    ],
)
def test_what_is_no_manifest_is_corrupt(raw: bytes) -> None:
    with pytest.raises(ArtifactCorrupt) as refused:
        manifest_decode(raw, KEY)
    assert refused.value.reason == "manifest"


@pytest.mark.parametrize("name", ["", "Upper", "a/b", "../a", "1a", "a-b", "x" * 70])
def test_names_that_are_no_plain_words_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="snake_case"):
        artifact_name_check(name)


def npy_head(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()[:HEAD_BYTES]


@pytest.mark.parametrize(
    "name", ["model.pkl", "model.pt", "model.joblib", "model", "a.npz", "a.py", "x.npy.pickle"]
)
def test_unsafe_formats_are_refused(name: str) -> None:
    with pytest.raises(ArtifactCorrupt) as refused:
        file_check(name, b"")
    assert refused.value.reason == "format"


@pytest.mark.parametrize("name", ["../a.npy", "a/b.npy", ".hidden.npy", "", "a b.json"])
def test_paths_are_refused(name: str) -> None:
    with pytest.raises(ArtifactCorrupt) as refused:
        file_check(name, b"")
    assert refused.value.reason == "name"


@pytest.mark.parametrize(
    "dtype", ["f4", "<i8", ">f8", "U5", "S3", "?", [("a", "i4"), ("b", "f4")]]
)
def test_plain_arrays_are_accepted(dtype: object) -> None:
    file_check("a.npy", npy_head(np.zeros(3, dtype=dtype)))  # type: ignore[call-overload]  # any spelling


@pytest.mark.parametrize("dtype", ["O", [("a", "i4"), ("b", "O")]])
def test_arrays_of_objects_are_refused(dtype: object) -> None:
    with pytest.raises(ArtifactCorrupt):
        file_check("a.npy", npy_head(np.zeros(3, dtype=dtype)))  # type: ignore[call-overload]  # the same


@pytest.mark.parametrize(
    "head", [b"", b"\x93NUMPY\x09\x00", b"\x93NUMPY\x01\x00\x04\x00{'a'", b"PK"]
)
def test_what_is_no_npy_is_refused(head: bytes) -> None:
    with pytest.raises(ArtifactCorrupt):
        file_check("a.npy", head)


def test_faiss_files_begin_as_faiss_writes_them() -> None:
    file_check("a.faiss", b"IxFI....")
    with pytest.raises(ArtifactCorrupt):
        file_check("a.faiss", b"\x80\x04pickle")


@pytest.mark.parametrize("name", ["a.json", "b.onnx", "c.bin", "d.msgpack", "e.safetensors"])
def test_other_safe_formats_are_accepted(name: str) -> None:
    file_check(name, b"anything")
