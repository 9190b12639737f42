"""Words that no text search of ours holds, by language."""

from apps.search.domain.highlights import STOP_WORDS as _ENGLISH

STOP_WORDS = {"english": _ENGLISH}
