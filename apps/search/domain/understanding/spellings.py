"""Other ways to write what an abbreviation list holds: `ssds` for `ssd`, `wi fi` for `wi-fi`."""

from apps.merchandising.contracts import SynonymIndex

_SHORTEST, _LONGEST = 2, 4
Phrase = tuple[str, ...]


def spellings_added(index: SynonymIndex) -> SynonymIndex:
    """The same with plurals of short words, and with blanks for hyphens.

    No stemmer takes the s from a word without vowels, and a hyphen is often typed as a blank.
    What the list itself says of a phrase stays.

    Args:
        index: of abbreviations.
    """
    phrases = dict(index.phrases)
    for phrase, meant in index.phrases.items():
        for other in _otherwise(phrase):
            phrases.setdefault(other, (" ".join(phrase), *meant))
    longest = max(map(len, phrases), default=0)
    return SynonymIndex(phrases, longest, index.number)


def _otherwise(phrase: Phrase) -> tuple[Phrase, ...]:
    """How else the phrase is written."""
    found: list[Phrase] = []
    if len(phrase) == 1 and _is_short(phrase[0]):
        found.append((f"{phrase[0]}s",))
    apart = tuple(part for word in phrase for part in word.split("-") if part)
    if len(apart) > len(phrase):
        found.append(apart)
    return tuple(found)


def _is_short(word: str) -> bool:
    return _SHORTEST <= len(word) <= _LONGEST and word.isalnum() and not word.endswith("s")
