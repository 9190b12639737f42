"""Spelling over the served lexicon: from an artifact, built here, or none."""

import pytest
from pytest_django.fixtures import Settings

from apps.merchandising.contracts import DEFAULT_SUBJECT
from apps.publishing.services import draft_create, version_publish
from apps.search.selectors.lexicon import lexicon
from apps.search.selectors.spelling import spelling_of, words_corrected, words_respaced
from apps.search.services.build_lexicon import lexicon_build

pytestmark = pytest.mark.usefixtures("catalogue")


def _corrected(*words: str) -> str:
    found = words_corrected(words)
    return found.corrected if found else ""


def test_a_lexicon_built_here_corrects() -> None:
    assert _corrected("wireles", "mose") == "wireless mouse"
    assert _corrected("wireless", "mouse") == ""
    assert [each.text for each in words_respaced(("usbc",))] == ["usb c"]


def test_a_published_lexicon_corrects_by_the_arrays_it_came_with() -> None:
    lexicon_build(progress=lambda _done, _total, _note: None)
    known = lexicon()
    assert known is not None
    assert known.number
    assert known.base.spelling
    assert _corrected("wireles", "mose") == "wireless mouse"
    assert spelling_of(known.base) is spelling_of(known.base)


def test_without_a_lexicon_everything_stays(settings: Settings) -> None:
    settings.LEXICON_IN_PROCESS_MOST = 0
    assert lexicon() is None
    assert words_corrected(("wireles", "mose")) is None
    assert words_respaced(("usbc",)) == ()


def test_words_that_a_merchandiser_wrote_into_a_synonym_stay() -> None:
    assert _corrected("mose") == "mouse"
    draft = draft_create(
        kind="synonyms",
        subject=DEFAULT_SUBJECT,
        content={"entries": [{"kind": "one_way", "from": "clicker", "terms": ["mose"]}]},
        actor=None,
    )
    version_publish(kind="synonyms", version_id=draft.id, actor=None, reason="a test")
    assert _corrected("mose") == ""
