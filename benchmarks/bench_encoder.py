"""Query encoding: ONNX int8 against sentence-transformers, one thread, tokenizer included.

Prints the ratio of medians over interleaved rounds, and the mean cosine between the two.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

ROUNDS = 7
QUERIES = (
    "wireless mouse", "laptop 15 inch 16 gb ram", "hp toner cartridge black", "usb-c charger 65w",
    "noise cancelling headphones", "dv7-1211ea", "coffee machine with grinder", "4k monitor",
    "red summer dress", "garden chair teak", "running shoes size 42", "hdmi cable 2 m",
)  # fmt: skip
AT_MOST = 0.25
AGREEMENT = 0.98


def timed(encode: Callable[[str], object]) -> list[float]:
    times = []
    for query in QUERIES:
        started = time.perf_counter()
        encode(query)
        times.append((time.perf_counter() - started) * 1000)
    return times


def main() -> int:
    django.setup()
    import torch

    from apps.embeddings.engines import sentence_encoder as sentence_module
    from apps.embeddings.engines.onnx_encoder import OnnxEncoder
    from apps.embeddings.engines.onnx_export import agreement, query_encoder_export
    from apps.embeddings.services.model import embedding_model, sentence_encoder

    sentence_module._THREADS = 1  # noqa: SLF001 - both engines on one thread
    torch.set_num_threads(1)
    model = embedding_model()
    original = sentence_encoder(model)
    with tempfile.TemporaryDirectory() as folder:
        query_encoder_export(original, Path(folder))
        exported = OnnxEncoder(Path(folder), model.name, 128)
    timed(original.encode), timed(exported.encode)
    theirs, ours, ratios = [], [], []
    for _ in range(ROUNDS):
        round_theirs, round_ours = timed(original.encode), timed(exported.encode)
        theirs += round_theirs
        ours += round_ours
        ratios.append(statistics.median(round_ours) / statistics.median(round_theirs))
    for name, times in (("sentence-transformers", theirs), ("ONNX int8", ours)):
        cuts = statistics.quantiles(times, n=100)
        print(f"{name:22} p50 {cuts[49]:.2f} ms  p95 {cuts[94]:.2f} ms  p99 {cuts[98]:.2f} ms")
    ratio = statistics.median(ratios)
    cosine = float(agreement(exported, original, list(QUERIES)).mean())
    good = ratio <= AT_MOST and cosine >= AGREEMENT
    print(
        f"ratio {ratio:.3f} (at most {AT_MOST}), mean cosine {cosine:.4f} (at least {AGREEMENT})"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
