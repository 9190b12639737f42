"""Texts as the encoder sees them, and when a vector is still good for one."""

import hashlib

HASH_BYTES = 16


def text_hash(model_name: str, text: str) -> bytes:
    """16 bytes that change with the text or the model: another one needs a new vector."""
    digest = hashlib.blake2b(digest_size=HASH_BYTES)
    digest.update(model_name.encode())
    digest.update(b"\0")
    digest.update(text.encode())
    return digest.digest()


def query_fold(text: str) -> str:
    """Spacing and case folded: what does not move the vector must not miss the cache.

    Halves of surrogate pairs, which no tokenizer accepts, become question marks.
    """
    return " ".join(text.encode("utf-8", "replace").decode().lower().split())
