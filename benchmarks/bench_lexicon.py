"""The lexicon alone: build time, size, memory and latency as the catalogue grows.

Icecat multiplied with varied titles, part numbers and descriptions. Each size is built on
disk by a process of its own, as the job does it, and searched by another, as a worker does:
the judged queries (narrow), and words that about 10,000 products hold (broad). Times are the
thread's processor time: one thread does all of it, and others on this machine do not count.

    python -m benchmarks.bench_lexicon [sizes …]      (20000 200000 unless told; 1000000 too)
"""

import csv
import gzip
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from apps.search.domain.lexical.analysis import Analysis
    from apps.search.domain.lexical.documents import ProductText
    from apps.search.domain.lexical.lexicon import Lexicon

ROOT = Path(__file__).resolve().parent.parent
ICECAT = ROOT.parent / "shared" / "data" / "icecat"
SIZES = ("20000", "200000")
ROUNDS = 5
ENOUGH = 10
BROAD = 10_000
# Broad queries against the median of narrow ones.
AT_MOST = 10.0


def main() -> int:
    if len(sys.argv) > 1 and sys.argv[1] in {"build", "search"}:
        {"build": _build, "search": _search}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
        return 0
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    missed = False
    for size in sys.argv[1:] or SIZES:
        with tempfile.TemporaryDirectory(prefix="endcap-bench-") as folder:
            built = _child("build", folder, size)
            found = _child("search", folder, size)
        print(f"{int(size):,} products: {built['words']:,} words, {built['postings']:,} postings")
        print(
            f"  built in {built['build_s']:.0f} s, {built['spell_s']:.0f} s more for spelling; "
            f"{built['mb']:.0f} MB on disk; at most {built['own_mb']:.0f} MB of memory its own"
        )
        print(
            f"  a worker: opened in {found['open_ms']:.0f} ms, {found['own_mb']:.0f} MB its own, "
            f"{found['mapped_mb']:.0f} MB mapped and shared after all queries"
        )
        for name in ("narrow", "broad"):
            print(
                f"  {name}: p50 {found[f'{name}_p50']:.2f} ms, p95 {found[f'{name}_p95']:.2f} ms, "
                f"{found[f'{name}_matches']:,.0f} matches in the middle"
            )
        ratio = found["broad_p95"] / found["narrow_p50"]
        missed = missed or ratio > AT_MOST
        print(f"  broad p95 / narrow p50: {ratio:.1f} (at most {AT_MOST:.0f})")
    print("MISSED" if missed else "passed")
    return int(missed)


def _child(task: str, folder: str, size: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.bench_lexicon", task, folder, size]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _build(folder: Path, size: int) -> None:
    from apps.search.domain.lexical.building import index_build
    from apps.search.domain.lexical.merging import blob_strings
    from apps.search.domain.spelling.deletes import spelling_build
    from apps.search.engines.lexicon_files import DiskArena, lexicon_write

    # In the job the products come from a database: what making them here takes is left out.
    making_s = _seconds(lambda: sum(1 for _ in _multiplied(size)))
    with tempfile.TemporaryDirectory(prefix="endcap-bench-") as scratch, _Watch() as watch:
        started = time.thread_time()
        arena = DiskArena(folder, Path(scratch))
        index = index_build(_multiplied(size), _analysis(), arena=arena)
        build_s = time.thread_time() - started - making_s
        started = time.thread_time()
        words = [raw.decode() for raw in blob_strings(index.words)]
        index = replace(index, spelling=spelling_build(words, index.word_counts))
        spell_s = time.thread_time() - started
        lexicon_write(folder, index)
    answer = {
        "words": len(index.words),
        "postings": len(index.segment.docs),
        "build_s": build_s,
        "spell_s": spell_s,
        "mb": sum(path.stat().st_size for path in folder.iterdir()) / 1e6,
        "own_mb": watch.most_mb,
    }
    print(json.dumps(answer))


def _search(folder: Path, size: int) -> None:
    from apps.search.contracts_understanding import QueryTerm
    from apps.search.domain.lexical.lexicon import Lexicon
    from apps.search.domain.lexical.matching import BoundLexicon, lexical_search
    from apps.search.domain.lexical.queries import lexical_query
    from apps.search.domain.normalise import part_number_windows
    from apps.search.engines.lexicon_files import lexicon_read

    del size
    before = _memory_mb("Anonymous")
    started = time.thread_time()
    lexicon = Lexicon.of(lexicon_read(folder), _analysis())
    open_ms = (time.thread_time() - started) * 1000.0
    bound = BoundLexicon(lexicon, (np.arange(len(lexicon.base.segment), dtype=np.int32),))
    answer = {"open_ms": open_ms}
    for name, queries in (("narrow", _queries()), ("broad", _broad(lexicon))):
        times, matches = [], []
        for number in range(ROUNDS + 1):
            for words in queries:
                started = time.thread_time()
                terms = [QueryTerm(word) for word in words]
                asked = lexical_query(terms, part_number_windows(tuple(words)), lexicon.analysis)
                found = lexical_search(bound, asked, enough=ENOUGH)
                if number:  # the first round maps pages
                    times.append((time.thread_time() - started) * 1000.0)
                    matches.append(len(found))
        answer[f"{name}_p50"], answer[f"{name}_p95"] = np.quantile(times, [0.5, 0.95])
        answer[f"{name}_matches"] = float(np.median(matches))
    answer["own_mb"] = _memory_mb("Anonymous") - before
    answer["mapped_mb"] = _memory_mb("Rss") - _memory_mb("Anonymous")
    print(json.dumps(answer))


class _Watch(threading.Thread):
    """The most memory of its own that this process has while it is watched."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_mb = 0.0
        self._done = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        while not self._done.wait(0.1):
            self.most_mb = max(self.most_mb, _memory_mb("Anonymous"))


def _memory_mb(name: str) -> float:
    """A line of the kernel's account of this process, MB (10^6 bytes)."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    found = [line for line in lines if line.startswith(f"{name}:")]
    return float(found[0].split()[1]) * 1024 / 1e6


def _seconds(run: Callable[[], object]) -> float:
    started = time.thread_time()
    run()
    return time.thread_time() - started


def _analysis() -> "Analysis":
    from apps.search.domain.lexical.analysis import Analysis
    from apps.search.domain.lexical.stop_words import STOP_WORDS
    from apps.search.engines.stemming import stemmer_of

    return Analysis("english", stemmer_of("english"), STOP_WORDS["english"])


def _queries() -> list[list[str]]:
    with (ICECAT / "judgements.csv").open(encoding="utf-8", newline="") as handle:
        return [
            query.split() for query in sorted({row["query"] for row in csv.DictReader(handle)})
        ]


def _broad(lexicon: "Lexicon") -> list[list[str]]:
    """The words in nearest to BROAD products: alone, with another, and with an unknown one."""
    df = lexicon.base.df
    nearest = np.argsort(np.abs(df - BROAD), kind="stable")[:20]
    words = [lexicon.stem_text(int(stem)) for stem in nearest]
    pairs = zip(words[::2], words[1::2], strict=True)
    return [*([word] for word in words), *map(list, pairs), *([word, "qqzzxx"] for word in words)]


def _multiplied(size: int) -> Iterator["ProductText"]:
    """So many products: the catalogue again and again, each time a little different."""
    from apps.search.domain.lexical.documents import ProductText

    draw = random.Random(20261121)
    plain = list(_icecat())
    words = sorted({word for each in plain for word in each[0].split()})
    for pk in range(1, size + 1):
        title, brand, part, attributes, description = plain[(pk - 1) % len(plain)]
        if pk > len(plain):
            part = f"{part[:-1]}{draw.randrange(10_000)}"
            parts = title.split()
            for _ in range(2):
                parts[draw.randrange(len(parts))] = words[int(len(words) * draw.random() ** 2)]
            title = " ".join([*parts, part])
        identifier = f"{part}\n{pk:08d}"
        fields = (title, brand, identifier, "", attributes, description)
        yield ProductText(pk, fields, (part,))


def _icecat() -> Iterator[tuple[str, str, str, str, str]]:
    with gzip.open(ICECAT / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            read = json.loads(line)
            values = [value for key, value in read.items() if key.startswith("attr_t_")]
            lists = [value if isinstance(value, list) else [value] for value in values]
            yield (
                read["title"] or "untitled",
                read.get("supplier") or "",
                read.get("name") or "unnamed",
                "\n".join(str(one) for each in lists for one in each),
                read.get("short_description") or "",
            )


if __name__ == "__main__":
    sys.exit(main())
