"""Two catalogues as lexicons, and what people mistype of their words."""

import csv
import gzip
import json
import random
import string
from collections.abc import Iterator, Sequence
from pathlib import Path

from apps.search.domain.lexical.analysis import Analysis, words_of
from apps.search.domain.lexical.building import index_build
from apps.search.domain.lexical.documents import ProductText
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.merging import blob_strings
from apps.search.domain.lexical.stop_words import STOP_WORDS
from apps.search.domain.spelling.channel import _NEIGHBOURS
from apps.search.domain.spelling.deletes import correctable
from apps.search.engines.stemming import stemmer_of

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
ICECAT, RETAIL = SHARED / "icecat", SHARED / "online_retail"
_FEWEST_LETTERS = 4
_SLIPS = {"left out": 4, "neighbour": 3, "swapped": 2, "doubled": 2}
_FIRST_LETTER_KEPT = 0.8

# A query's words before, the word, the words after.
Case = tuple[tuple[str, ...], str, tuple[str, ...]]


def icecat_lexicon() -> Lexicon:
    return _lexicon(_icecat_products())


def retail_lexicon() -> Lexicon:
    import pyarrow.parquet as pq

    with pq.ParquetFile(RETAIL / "online_retail_2009_2010.parquet") as source:
        batches = source.iter_batches(batch_size=50_000, columns=["Description"])
        titles = {
            text for batch in batches for text in batch.column("Description").to_pylist() if text
        }
    return _lexicon(
        ProductText(pk, (title, "", "", "", "", "")) for pk, title in enumerate(sorted(titles), 1)
    )


def _lexicon(products: Iterator[ProductText]) -> Lexicon:
    analysis = Analysis("english", stemmer_of("english"), STOP_WORDS["english"])
    return Lexicon.of(index_build(products, analysis), analysis)


def _icecat_products() -> Iterator[ProductText]:
    with gzip.open(ICECAT / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        for pk, line in enumerate(lines, 1):
            row = json.loads(line)
            values = "\n".join(str(row[key]) for key in row if key.startswith("attr_t_"))
            brand, about = row.get("supplier") or "", row.get("short_description") or ""
            yield ProductText(pk, (row["title"], brand, "", "", values, about))


def judged_queries() -> list[str]:
    with (ICECAT / "judgements.csv").open(encoding="utf-8", newline="") as handle:
        return sorted({row["query"] for row in csv.DictReader(handle)})


def query_cases(queries: Sequence[str], chance: random.Random, rounds: int) -> list[Case]:
    """One word of each query, several times over."""
    return [case for _ in range(rounds) for query in queries if (case := _case(query, chance, 5))]


def title_cases(lexicon: Lexicon, chance: random.Random, wanted: int) -> list[Case]:
    """Two words of a title, or one, as a query."""
    segment, cases = lexicon.base.segment, list[Case]()
    while len(cases) < wanted:
        stems = segment.title(chance.randrange(len(segment)))
        texts = [lexicon.stem_text(int(stem)) for stem in stems if stem >= 0]
        chosen = chance.sample(texts, min(len(texts), chance.choice((1, 2, 2, 3))))
        case = _case(" ".join(chosen), chance, 1)
        if case and lexicon.count(case[1]):
            cases.append(case)
    return cases


def _case(query: str, chance: random.Random, most_tries: int) -> Case | None:
    words = words_of(query)
    for _ in range(most_tries):
        at = chance.randrange(len(words)) if words else 0
        if words and correctable(words[at]) and len(words[at]) >= _FEWEST_LETTERS:
            return words[:at], words[at], words[at + 1 :]
    return None


def mistyped(word: str, chance: random.Random) -> str:
    """One slip: a letter left out, a key beside the right one, two swapped, one typed twice."""
    beside: dict[str, list[str]] = {}
    for key, other in sorted(_NEIGHBOURS):
        if key in string.ascii_lowercase and other in string.ascii_lowercase:
            beside.setdefault(key, []).append(other)
    typed = word
    while typed == word:
        (kind,) = chance.choices(list(_SLIPS), list(_SLIPS.values()))
        first = int(chance.random() < _FIRST_LETTER_KEPT)
        at = chance.randrange(first, len(word))
        letter = word[at]
        typed = (
            word[:at]
            + {
                "left out": word[at + 1 :],
                "neighbour": chance.choice(beside.get(letter, [letter])) + word[at + 1 :],
                "swapped": word[at + 1 : at + 2] + letter + word[at + 2 :],
                "doubled": letter + word[at:],
            }[kind]
        )
    return typed


def words_lacking(lexicon: Lexicon, other: Lexicon) -> list[str]:
    """Words of the other catalogue that at least two of its products hold, and this one lacks."""
    index = other.base
    words = [raw.decode() for raw in blob_strings(index.words)]
    return [
        word
        for word, count in zip(words, index.word_counts.tolist(), strict=True)
        if count > 1
        and word.isascii()
        and correctable(word)
        and len(word) >= _FEWEST_LETTERS
        and not lexicon.document_frequency(word)
    ]
