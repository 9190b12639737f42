"""Other ways to write abbreviations."""

from apps.merchandising.contracts import NO_SYNONYMS
from apps.merchandising.domain.synonyms import lines_parse, synonym_index_build
from apps.search.domain.understanding.spellings import spellings_added


def test_plurals_and_blanks() -> None:
    lines = "ssd, solid state drive\nwifi, wi-fi, wlan\ntv, television\ntvs, televisions"
    index = spellings_added(synonym_index_build(lines_parse(lines), 3))
    assert index.number == 3
    assert index.phrases["ssds",] == ("ssd", "solid state drive")
    assert set(index.phrases["wi", "fi"]) == {"wi-fi", "wifi", "wlan"}
    assert index.phrases["tvs",] == ("televisions",)
    assert ("televisions",) in index.phrases
    assert ("televisionss",) not in index.phrases
    assert index.longest == 3


def test_nothing_stays_nothing() -> None:
    assert spellings_added(NO_SYNONYMS).phrases == {}
