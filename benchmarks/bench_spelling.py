"""Spelling: what it recovers, what it leaves alone, and what it costs beside symspellpy.

Typos are made of the words of the judged queries and of titles, seeded. Words that a catalogue
lacks are those of the other of two catalogues; a change of them is a wrong one. Times are
medians of interleaved rounds over the same words. No database.
"""

import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import psutil

from apps.common.domain.string_table import TextBlob
from apps.search.contracts_understanding import Correction
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.merging import blob_strings
from apps.search.domain.spelling.company import title_company
from apps.search.domain.spelling.compounds import joins_of
from apps.search.domain.spelling.correcting import correction_of
from apps.search.domain.spelling.deletes import correctable, distance_allowed, spelling_build
from apps.search.domain.spelling.index import SpellingIndex, Suggestion
from benchmarks.spelling_cases import (
    ICECAT,
    Case,
    icecat_lexicon,
    judged_queries,
    mistyped,
    query_cases,
    retail_lexicon,
    title_cases,
    words_lacking,
)

MANY, ROUNDS = 200_000, 5
RECOVERED_LEAST, WRONG_MOST, SECONDS_MOST = 0.75, 0.08, 60.0


@dataclass(frozen=True)
class Spelling:
    """A catalogue's lexicon and what corrects by it."""

    name: str
    lexicon: Lexicon
    index: SpellingIndex

    def correct(self, words: Sequence[str]) -> Correction | None:
        return correction_of(
            words, self.lexicon, self.index, frozenset(), title_company(self.lexicon)
        )


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    chance = random.Random(20261121)
    icecat, retail = (
        spelling_of("icecat", icecat_lexicon()),
        spelling_of("retail", retail_lexicon()),
    )
    queries = judged_queries()
    passed = [
        _recovered("judged queries", icecat, query_cases(queries, chance, 30), chance),
        _recovered("icecat titles", icecat, title_cases(icecat.lexicon, chance, 1500), chance),
        _recovered("retail titles", retail, title_cases(retail.lexicon, chance, 1500), chance),
        _left_alone(
            "retail's words in icecat", icecat, words_lacking(icecat.lexicon, retail.lexicon)
        ),
        _left_alone(
            "icecat's words in retail", retail, words_lacking(retail.lexicon, icecat.lexicon)
        ),
        _untouched(icecat, queries),
        _times(icecat, chance),
        _many(icecat.lexicon, chance),
    ]
    print("passed" if all(passed) else "MISSED")
    return 0 if all(passed) else 1


def spelling_of(name: str, lexicon: Lexicon) -> Spelling:
    base = lexicon.base
    words = [raw.decode() for raw in blob_strings(base.words)]
    started = time.perf_counter()
    arrays = spelling_build(words, base.word_counts)
    seconds = time.perf_counter() - started
    kept, size = len(arrays["ids"]), sum(array.nbytes for array in arrays.values())
    print(f"{name}: {kept} of {len(words)} words, {size / kept:.0f} bytes a word, {seconds:.2f} s")
    return Spelling(name, lexicon, SpellingIndex(arrays, base.words, base.word_counts))


def _recovered(
    name: str, spelling: Spelling, cases: Sequence[Case], chance: random.Random
) -> bool:
    """Share of typos whose word, or another form of it, is found again."""
    stem, outcomes = (
        spelling.lexicon.analysis.stem_of,
        defaultdict[str, list[int]](lambda: [0, 0, 0]),
    )
    for before, word, after in cases:
        typed = mistyped(word, chance)
        if spelling.lexicon.document_frequency(typed):
            continue  # a word of the catalogue: never changed
        found = spelling.correct((*before, typed, *after))
        changed = {each.word: each.replacement for each in found.words} if found else {}
        meant = changed.get(typed)
        hit = meant is not None and stem(meant) == stem(word)
        group = "4 letters" if len(word) == 4 else "5-6" if len(word) <= 6 else "7 and more"
        for each in ("all", group):
            outcomes[each][0] += 1
            outcomes[each][1] += hit
            outcomes[each][2] += meant is not None and not hit
    for group, (asked, right, wrong) in sorted(outcomes.items()):
        print(
            f"{name}, {group}: {asked} typos, {right / asked:.1%} right, {wrong / asked:.1%} wrong"
        )
    asked, right, _ = outcomes["all"]
    return right / asked >= RECOVERED_LEAST


def _left_alone(name: str, spelling: Spelling, words: Sequence[str]) -> bool:
    changed = {word: found.corrected for word in words if (found := spelling.correct((word,)))}
    few = ", ".join(
        f"{word} → {changed[word]}" for word in sorted(changed)[:: len(changed) // 8 + 1]
    )
    print(f"{name}: {len(changed) / len(words):.1%} of {len(words)} changed, such as {few}")
    return len(changed) / len(words) <= WRONG_MOST


def _untouched(spelling: Spelling, queries: Sequence[str]) -> bool:
    changed = {
        query: found.corrected for query in queries if (found := spelling.correct(query.split()))
    }
    spaced = {
        query: [each.text for each in other]
        for query in queries
        if (other := joins_of(query.split(), spelling.lexicon))
    }
    print(f"judged queries as they are: {len(changed)} of {len(queries)} changed {changed or ''}")
    print(f"judged queries with another spacing beside: {spaced}")
    return not changed


def _times(spelling: Spelling, chance: random.Random) -> bool:
    words = [raw.decode() for raw in blob_strings(spelling.lexicon.base.words)]
    counts = dict(zip(words, spelling.lexicon.base.word_counts.tolist(), strict=True))
    return _beside_peer("icecat", spelling.index, counts, chance)


def _many(lexicon: Lexicon, chance: random.Random) -> bool:
    """Made-up words that look like the catalogue's: close to each other, which is hard."""
    counts = _made_up(lexicon, chance)
    words = sorted(counts)
    numbers = np.array([counts[word] for word in words], dtype=np.int32)
    started = time.perf_counter()
    arrays = spelling_build(words, numbers)
    seconds = time.perf_counter() - started
    size = sum(array.nbytes for array in arrays.values()) / len(words)
    print(f"{MANY} made-up words: built in {seconds:.1f} s, {size:.0f} bytes a word")
    index = SpellingIndex(arrays, TextBlob.of(words), numbers)
    same = _beside_peer("made up", index, counts, chance)
    return same and seconds < SECONDS_MOST


def _made_up(lexicon: Lexicon, chance: random.Random) -> dict[str, int]:
    """By the letters that follow two others in the catalogue's words."""
    follow: dict[str, list[str]] = defaultdict(list)
    for raw in blob_strings(lexicon.base.words):
        word = f"^^{raw.decode()}$"
        if word[2:-1].isalpha() and word.isascii():
            for at in range(len(word) - 2):
                follow[word[at : at + 2]].append(word[at + 2])
    counts: dict[str, int] = {}
    while len(counts) < MANY:
        word = "^^"
        while word[-1] != "$" and len(word) < 22:
            word += chance.choice(follow[word[-2:]])
        word = word[2:].rstrip("$")
        if correctable(word) and len(word) > 3:
            counts[word] = min(int(chance.paretovariate(0.8)), 10**6)
    return counts


def _beside_peer(
    name: str, index: SpellingIndex, counts: dict[str, int], chance: random.Random
) -> bool:
    from symspellpy import SymSpell, Verbosity

    started, before = time.perf_counter(), psutil.Process().memory_info().rss
    peer = SymSpell(2, 7)
    for word, count in counts.items():
        if correctable(word):
            peer.create_dictionary_entry(word, count)
    seconds = time.perf_counter() - started
    size = (psutil.Process().memory_info().rss - before) / peer.word_count
    print(f"{name}, symspellpy: built in {seconds:.1f} s, about {size:.0f} bytes a word")
    long = sorted(word for word in counts if correctable(word) and len(word) >= 5)
    typed = [mistyped(word, chance) for word in chance.sample(long, 400)]
    typed = [word for word in typed if distance_allowed(len(word))]

    def theirs(word: str) -> set[Suggestion]:
        found = peer.lookup(word, Verbosity.ALL, distance_allowed(len(word)))
        return {Suggestion(each.term, each.distance, each.count) for each in found}

    same = sum(set(index.suggest(word, 10**6)) == theirs(word) for word in typed)
    print(f"{name}: {same} of {len(typed)} words get the suggestions and distances of symspellpy")
    runs: dict[str, Callable[[str], object]] = {"ours": index.suggest, "symspellpy": theirs}
    spent: dict[str, list[float]] = {"ours": [], "symspellpy": []}
    ratios: list[float] = []
    for number in range(ROUNDS):
        medians = {}
        for who in sorted(runs, reverse=bool(number % 2)):
            times = [_microseconds(runs[who], word) for word in typed]
            medians[who] = statistics.median(times)
            spent[who] += times
        ratios.append(medians["ours"] / medians["symspellpy"])
    for who, times in spent.items():
        p50, p95 = np.quantile(times, [0.5, 0.95])
        print(f"{name}, {who}: p50 {p50:.0f} µs, p95 {p95:.0f} µs a word")
    print(f"{name}: ours / symspellpy {statistics.median(ratios):.2f}")
    return same == len(typed)


def _microseconds(run: Callable[[str], object], word: str) -> float:
    started = time.perf_counter()
    run(word)
    return (time.perf_counter() - started) * 1e6


if __name__ == "__main__":
    sys.exit(main())
