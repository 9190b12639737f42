"""Texts as the encoder sees them, and when a vector is still good for one."""

import hashlib
from collections.abc import Sequence

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


def token_batches(lengths: Sequence[int], most_tokens: int) -> list[list[int]]:
    """Every index of `lengths` once, longest texts first, so that like lengths share a batch.

    Args:
        lengths: tokens of each text, at least 1.
        most_tokens: what a batch holds, padding counted; a longer text is a batch by itself.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    batches = []
    while order:
        size = max(1, most_tokens // lengths[order[0]])
        batches.append(order[:size])
        order = order[size:]
    return batches
