"""The language that words are stemmed in. PostgreSQL's text search configuration says it."""

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.snapshots import Snapshot
from apps.search.domain.lexical.analysis import Analysis
from apps.search.domain.lexical.stop_words import STOP_WORDS
from apps.search.engines.stemming import stemmed_languages, stemmer_of

LANGUAGE_VERSION = "search_language"
CONFIGURATION = "endcap"
DEFAULT_LANGUAGE = "english"
# A dictionary's language is its name without this; `simple` stems nothing and has no such end.
_STEM = "_stem"
# The last dictionary of words with letters beyond ASCII: what folds accents comes before it.
_SPOKEN = """
    SELECT regexp_replace(dict.dictname, '_stem$', '')
    FROM pg_ts_config AS configuration
    JOIN pg_ts_config_map AS map ON map.mapcfg = configuration.oid
    JOIN pg_ts_dict AS dict ON dict.oid = map.mapdict
    WHERE configuration.cfgname = %s
        AND configuration.cfgnamespace = current_schema()::regnamespace
        AND map.maptokentype = (SELECT tokid FROM ts_token_type('default') WHERE alias = 'word')
    ORDER BY map.mapseqno DESC LIMIT 1
"""
_STEMMERS = """
    SELECT regexp_replace(dict.dictname, '_stem$', '')
    FROM pg_ts_dict AS dict JOIN pg_ts_template AS template ON template.oid = dict.dicttemplate
    WHERE template.tmplname = 'snowball' AND dict.dictnamespace = 'pg_catalog'::regnamespace
"""
logger = structlog.get_logger(__name__)
_analyses: dict[str, Analysis] = {}


def language_read() -> str:
    """What the configuration says now, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_SPOKEN, [CONFIGURATION])
        row = cursor.fetchone()
    return str(row[0]) if row else DEFAULT_LANGUAGE


def _language_load() -> str:
    try:
        return language_read()
    except DatabaseFailure as error:
        # Asked again at the next poll; until then what was known, or what most shops speak.
        logger.warning("search_language_unknown", reason=str(error))
        connection.close()
        _snapshot.mark_stale()
        return _last[0]


_snapshot: Snapshot[str] = Snapshot(
    "search_language", _language_load, versions=(LANGUAGE_VERSION,)
)
_last = [DEFAULT_LANGUAGE]


def search_language() -> str:
    """As PostgreSQL calls its dictionaries: `english`. No SQL once loaded."""
    _last[0] = _snapshot.get()
    return _last[0]


def language_reload() -> None:
    """Follow a change of this very process at once."""
    _snapshot.reload()


def languages_available() -> tuple[str, ...]:
    """Languages that PostgreSQL and the lexicon both stem, and `simple`, which stems nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_STEMMERS)
        known = {str(row[0]) for row in cursor.fetchall()}
    return (*sorted(known & stemmed_languages()), "simple")


def dictionary_of(language: str) -> str:
    """PostgreSQL's dictionary of a language."""
    return language if language == "simple" else f"{language}{_STEM}"


def search_analysis() -> Analysis:
    """How words become stems now; the same object while the language stays.

    Raises:
        LanguageUnknown: there is no stemmer for it.
    """
    return analysis_of(search_language())


def analysis_of(language: str) -> Analysis:
    """How words become stems in a language; always the same object.

    Raises:
        LanguageUnknown: there is no stemmer for it.
    """
    found = _analyses.get(language)
    if found is None:
        stop_words = STOP_WORDS.get(language, frozenset())
        found = _analyses.setdefault(
            language, Analysis(language, stemmer_of(language), stop_words)
        )
    return found
