"""Changing the language that words are stemmed in: dictionaries, lexicon, rows.

From the moment of the change every new text and query is read in the new language. Products
come after: the lexicon first, for it answers searches, then the rows for PostgreSQL's own full
text, in batches that each hold few locks for a short time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from apps.access.services import Actor, audit_record
from apps.common.errors import Conflict, InvalidInput
from apps.common.services import version_bump
from apps.jobs.domain.retry import lock_key
from apps.search.models import LanguageRewrite
from apps.search.selectors.language import (
    CONFIGURATION,
    LANGUAGE_VERSION,
    dictionary_of,
    language_read,
    language_reload,
    languages_available,
)
from apps.search.services.build_lexicon import lexicon_build

Progress = Callable[[int, int, str], None]
BATCH = 1000
_ASCII = ("asciiword", "asciihword", "hword_asciipart")
_LETTERS = ("word", "hword", "hword_part")
# `title = title` writes nothing new, but all generated columns anew.
_REWRITE = """
    WITH batch AS (
        SELECT id FROM catalog_product WHERE id > %s ORDER BY id LIMIT %s FOR UPDATE
    )
    UPDATE catalog_product AS product SET title = product.title
    FROM batch WHERE product.id = batch.id RETURNING product.id
"""


@dataclass(frozen=True, slots=True)
class LanguageReport:
    """What one run has done.

    Attributes:
        language: in force now.
        before: what it was.
        lexicon: the version published; 0 when the one before stands.
        rewritten: products.
    """

    language: str
    before: str
    lexicon: int
    rewritten: int


def language_set(
    *, language: str, progress: Progress, actor: Actor = None, batch: int = BATCH
) -> LanguageReport:
    """Read texts and queries in `language` from now on. A run that was cut short goes on.

    Args:
        language: one of `languages_available`.
        progress: told of each batch.
        actor: who asked for it.
        batch: products a transaction.

    Raises:
        InvalidInput: no such language.
        Conflict: another run is changing it.
    """
    known = languages_available()
    if language not in known:
        raise InvalidInput(
            f"There is no stemmer for {language!r}: one of {', '.join(known)}.", field="language"
        )
    with _alone():
        before = language_read()
        if before != language:
            _configure(language, before, actor)
        # The versions' thread would follow in a moment; what is built now must not wait for it.
        language_reload()
        lexicon = lexicon_build(progress=progress, actor=actor)
        return LanguageReport(language, before, lexicon.number, _rows_rewrite(progress, batch))


@contextmanager
def _alone() -> Iterator[None]:
    key = lock_key("search_language")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        if cursor.fetchone() != (True,):
            raise Conflict("The language is being changed by another process.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _configure(language: str, before: str, actor: Actor) -> None:
    """The dictionaries, and that no row is rewritten yet, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Letters beyond ASCII are folded first, so that both spellings come to one stem.
        for kinds, folded in ((_ASCII, ()), (_LETTERS, ("unaccent",))):
            names = [sql.Identifier(each) for each in (*folded, dictionary_of(language))]
            statement = sql.SQL(
                "ALTER TEXT SEARCH CONFIGURATION {} ALTER MAPPING FOR {} WITH {}"
            ).format(
                sql.Identifier(CONFIGURATION),
                sql.SQL(", ").join(map(sql.Identifier, kinds)),
                sql.SQL(", ").join(names),
            )
            cursor.execute(statement.as_string(None))
        LanguageRewrite.objects.update_or_create(
            id=1, defaults={"language": language, "reached": 0, "finished_at": None}
        )
        audit_record(
            actor=actor,
            action="language_set",
            subject_type="search.language",
            subject_id=CONFIGURATION,
            before={"language": before},
            after={"language": language},
        )
        version_bump(LANGUAGE_VERSION)


def _rows_rewrite(progress: Progress, batch: int) -> int:
    """Rewrite the rows that are left, each batch with where it ended in one transaction."""
    state = LanguageRewrite.objects.filter(finished_at=None).first()
    if state is None:
        return 0
    total, done = _products_after(state.reached), 0
    while True:
        with transaction.atomic():
            written = _batch_rewrite(state.reached, batch)
            state.reached = max(written, default=state.reached)
            state.finished_at = None if written else timezone.now()
            state.save()
        if not written:
            return done
        done += len(written)
        progress(done, max(total, done), "Rewriting products")


def _batch_rewrite(after: int, batch: int) -> list[int]:
    with connection.cursor() as cursor:
        # For this batch only: the transaction may be a part of another one.
        cursor.execute("SELECT set_config('endcap.rewriting', 'on', true)")
        cursor.execute(_REWRITE, [after, batch])
        written = [int(row[0]) for row in cursor.fetchall()]
        cursor.execute("SELECT set_config('endcap.rewriting', '', true)")
    return written


def _products_after(pk: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_product WHERE id > %s", [pk])
        return int((cursor.fetchone() or (0,))[0])
