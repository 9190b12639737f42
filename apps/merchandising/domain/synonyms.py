"""Synonym entries: reading, checking, writing as lines, and building the index."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from apps.merchandising.contracts import (
    SynonymEntry,
    SynonymIndex,
    SynonymKind,
    SynonymsInvalid,
)

MAX_ENTRIES = 5_000
MAX_TERMS = 50
MAX_WORDS = 6
_WORDS = re.compile(r"\w+(?:[-'\u2019.+&/]\w+)*", re.UNICODE)
_TWO_WAY_FEWEST = 2

SynonymJson = Mapping[str, str | Sequence[str]]


def phrase_normalise(text: str) -> str:
    """Lower case, accents folded, words separated by one blank; as queries are normalised."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return " ".join(_WORDS.findall(plain))


def entries_parse(rows: Sequence[object]) -> tuple[SynonymEntry, ...]:
    """Entries from their JSON form `{"kind", "terms", "from"}`.

    Raises:
        SynonymsInvalid: with the number of the first entry that cannot be used.
    """
    if len(rows) > MAX_ENTRIES:
        raise SynonymsInvalid(MAX_ENTRIES + 1, f"there may be at most {MAX_ENTRIES} entries.")
    entries = tuple(_entry_parse(line, row) for line, row in enumerate(rows, start=1))
    seen: dict[SynonymEntry, int] = {}
    for line, entry in enumerate(entries, start=1):
        if entry in seen:
            raise SynonymsInvalid(line, f"says the same as entry {seen[entry]}.")
        seen[entry] = line
    return entries


def _entry_parse(line: int, row: object) -> SynonymEntry:
    if not isinstance(row, Mapping) or not set(row) <= {"kind", "terms", "from"}:
        raise SynonymsInvalid(line, "has the keys kind, terms and (one-way) from.")
    if row.get("kind") not in set(SynonymKind):
        raise SynonymsInvalid(line, "its kind is two_way or one_way.")
    kind = SynonymKind(row["kind"])
    given = row.get("terms")
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise SynonymsInvalid(line, "its terms are a list of texts.")
    terms = _terms_checked(line, given)
    source = row.get("from", "")
    if kind is SynonymKind.TWO_WAY:
        if source:
            raise SynonymsInvalid(line, "only a one-way entry has a from.")
        if len(terms) < _TWO_WAY_FEWEST:
            raise SynonymsInvalid(line, "a two-way entry needs two different terms.")
        return SynonymEntry(kind, terms)
    source = _term_checked(line, source)
    if source in terms or not terms:
        raise SynonymsInvalid(line, "a one-way entry needs terms that differ from its source.")
    return SynonymEntry(kind, terms, source)


def _terms_checked(line: int, given: Sequence[object]) -> tuple[str, ...]:
    if len(given) > MAX_TERMS:
        raise SynonymsInvalid(line, f"there may be at most {MAX_TERMS} terms.")
    return tuple(dict.fromkeys(_term_checked(line, term) for term in given))


def _term_checked(line: int, term: object) -> str:
    phrase = phrase_normalise(term) if isinstance(term, str) else ""
    if not phrase:
        raise SynonymsInvalid(line, f"{term!r} has no word in it.")
    if len(phrase.split()) > MAX_WORDS:
        raise SynonymsInvalid(line, f"'{phrase}' is longer than {MAX_WORDS} words.")
    return phrase


def lines_parse(text: str) -> tuple[SynonymEntry, ...]:
    """Entries from lines: `sofa, couch, settee` and `notebook => laptop, ultrabook`.

    Empty lines and lines that start with # are left out; errors name the entry's line in the
    text.

    Raises:
        SynonymsInvalid: with the number of the line.
    """
    entries: dict[SynonymEntry, int] = {}
    for line, raw in enumerate(text.splitlines(), start=1):
        written = raw.strip()
        if not written or written.startswith("#"):
            continue
        if len(entries) == MAX_ENTRIES:
            raise SynonymsInvalid(line, f"there may be at most {MAX_ENTRIES} entries.")
        entry = _entry_parse(line, _line_json(written))
        if entry in entries:
            raise SynonymsInvalid(line, f"says the same as line {entries[entry]}.")
        entries[entry] = line
    return tuple(entries)


def _line_json(written: str) -> SynonymJson:
    source, arrow, rest = written.partition("=>")
    if arrow:
        return {"kind": "one_way", "from": source, "terms": rest.split(",")}
    return {"kind": "two_way", "terms": written.split(",")}


def lines_format(entries: Iterable[SynonymEntry]) -> str:
    """The lines that `lines_parse` reads back as the same entries."""
    return "\n".join(
        f"{entry.source} => {', '.join(entry.terms)}" if entry.source else ", ".join(entry.terms)
        for entry in entries
    )


def entries_json(entries: Iterable[SynonymEntry]) -> list[dict[str, str | list[str]]]:
    """The JSON form that `entries_parse` reads back as the same entries."""
    rows: list[dict[str, str | list[str]]] = []
    for entry in entries:
        row: dict[str, str | list[str]] = {"kind": entry.kind.value, "terms": list(entry.terms)}
        if entry.source:
            row["from"] = entry.source
        rows.append(row)
    return rows


def synonym_index_build(entries: Iterable[SynonymEntry], number: int) -> SynonymIndex:
    """The index of all entries; a phrase of several entries means what any of them says.

    Entries do not chain: a ↔ b and b ↔ c do not make a ↔ c.
    """
    phrases: dict[tuple[str, ...], dict[str, None]] = {}
    for entry in entries:
        sources = (entry.source,) if entry.source else entry.terms
        for source in sources:
            others = [term for term in entry.terms if term != source]
            phrases.setdefault(tuple(source.split()), {}).update(dict.fromkeys(others))
    return SynonymIndex(
        phrases={words: tuple(others) for words, others in phrases.items()},
        longest=max((len(words) for words in phrases), default=0),
        number=number,
    )
