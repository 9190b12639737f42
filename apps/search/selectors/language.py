"""The language that words are stemmed in: one place says it, to the lexicon and to PostgreSQL."""

from django.conf import settings

from apps.search.domain.lexical.analysis import Analysis
from apps.search.domain.lexical.stop_words import STOP_WORDS
from apps.search.engines.stemming import stemmer_of


def search_language() -> str:
    """As PostgreSQL calls its text-search configurations: `english`."""
    language: str = settings.SEARCH_LANGUAGE
    return language


def search_analysis() -> Analysis:
    """How words become stems now.

    Raises:
        LanguageUnknown: there is no stemmer for it.
    """
    language = search_language()
    return Analysis(language, stemmer_of(language), STOP_WORDS.get(language, frozenset()))
