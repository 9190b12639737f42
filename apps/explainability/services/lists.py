"""Making judgement lists, and taking ratings in from files."""

import codecs
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import IO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.access.services import Actor, audit_record, author_id
from apps.catalog.selectors import pks_by_product_id
from apps.common.errors import InvalidInput, NotFound
from apps.explainability.contracts.judged import (
    ImportReport,
    JudgementsInvalid,
    JudgementSource,
    Rating,
)
from apps.explainability.domain.judgement_csv import LONGEST_QUERY, RatingsReader
from apps.explainability.models import JudgedQuery, Judgement, JudgementList

_BATCH = 2000
SUBJECT = "explainability.judgementlist"


def list_save(row: JudgementList, *, actor: Actor = None) -> JudgementList:
    """Validate and write a list; the audit row of a new one goes with it.

    Raises:
        InvalidInput: naming the field.
    """
    new = row.pk is None
    try:
        row.full_clean()
    except ValidationError as error:
        field = next(iter(error.message_dict))
        raise InvalidInput("; ".join(error.messages), field=field) from error
    with transaction.atomic():
        if new:
            row.created_by_id = author_id(actor)
        row.save()
        if new:
            _audit("create", row, actor, after={"name": row.name, "scale": row.scale})
    return row


def list_ensure(*, name: str, scale: int, actor: Actor = None) -> int:
    """The list of this name, made when there is none.

    Raises:
        InvalidInput: the name or the scale cannot be used.
    """
    found = JudgementList.objects.filter(name=name).values_list("pk", flat=True).first()
    return found or list_save(JudgementList(name=name, scale=scale), actor=actor).pk


def list_describe(
    *, list_id: int, description: str, how: str, gate: bool, actor: Actor = None
) -> None:
    """Say what a list is, and whether publishing is checked on it.

    Raises:
        InvalidInput: another list checks publishing already.
        NotFound: there is no such list.
    """
    with transaction.atomic():
        row = _locked(list_id)
        row.description, row.how, row.gate = description, how, gate
        list_save(row, actor=actor)
        _audit("describe", row, actor, after={"gate": gate, "how": how})


def judgements_import(
    *, list_id: int, lines: Iterable[str], rater: str = "", actor: Actor = None
) -> ImportReport:
    """Take every rating of a CSV in, or none at all.

    A rating that its rater has given before is replaced. Products that the catalogue does not
    hold are counted and kept: they may come, and they say what search should have found.

    Args:
        list_id: into which list.
        lines: of the file, read once.
        rater: who is said to have rated, where a line does not say it.
        actor: who imports.

    Raises:
        InvalidInput: a line that cannot be used (`lines` in extra has the first ones), or a list
            that is made from clicks.
        NotFound: there is no such list.
    """
    with transaction.atomic():
        row = _locked(list_id)
        human_only(row)
        reader = RatingsReader(lines, top=row.scale)
        try:
            stored, unchanged, queries, products = _taken_in(row, reader.ratings(), rater)
        except JudgementsInvalid as error:
            wrong = [{"line": line, "message": message} for line, message in error.lines]
            raise InvalidInput(str(error), field="file", lines=wrong) from error
        except (UnicodeDecodeError, LookupError) as error:
            raise InvalidInput("The file is no UTF-8 text.", field="file") from error
        row.save(update_fields=["changed_at"])
        report = ImportReport(
            list_name=row.name,
            rows=reader.rows,
            stored=stored,
            unchanged=unchanged,
            queries=len(queries),
            unknown_products=len(products) - len(pks_by_product_id(products)),
        )
        told = {"rows": report.rows, "stored": stored, "queries": report.queries}
        _audit("import", row, actor, after=told)
    return report


def judgements_import_named(
    *, name: str, scale: int, lines: Iterable[str], rater: str = "", actor: Actor = None
) -> ImportReport:
    """The same into the list of a name, which is made when there is none.

    Raises:
        InvalidInput: a line, the name or the scale; then the list is not made either.
    """
    with transaction.atomic():
        list_id = list_ensure(name=name, scale=scale, actor=actor)
        return judgements_import(list_id=list_id, lines=lines, rater=rater, actor=actor)


def lines_of(handle: IO[bytes]) -> Iterator[str]:
    """The text lines of an uploaded file, as they come; a byte order mark is left out."""
    return iter(codecs.getreader("utf-8-sig")(handle))


def _taken_in(
    row: JudgementList, ratings: Iterator[Rating], rater: str
) -> tuple[int, int, set[str], set[str]]:
    now = timezone.now()
    stored = unchanged = 0
    queries: set[str] = set()
    products: set[str] = set()
    while batch := list(islice(ratings, _BATCH)):
        given = [
            Rating(each.query, each.product_id, each.rating, each.rater or rater) for each in batch
        ]
        fresh = _fresh(row, given)
        ratings_store(row.pk, fresh, at=now)
        stored += len(fresh)
        unchanged += len(given) - len(fresh)
        queries.update(each.query for each in given)
        products.update(each.product_id for each in given)
    queries_add_rows(row.pk, queries)
    return stored, unchanged, queries, products


def _fresh(row: JudgementList, given: list[Rating]) -> list[Rating]:
    """Those that are not stored just so already."""
    known = row.judgements.filter(
        query__in={each.query for each in given},
        product_id__in={each.product_id for each in given},
    )
    stored = {
        (query, product, rater): rating
        for query, product, rater, rating in known.values_list(
            "query", "product_id", "rater", "rating"
        )
    }
    return [
        each
        for each in given
        if stored.get((each.query, each.product_id, each.rater)) != each.rating
    ]


def ratings_store(list_id: int, ratings: Iterable[Rating], *, at: datetime) -> None:
    """Write ratings, replacing those of the same rater."""
    Judgement.objects.bulk_create(
        (
            Judgement(
                judgement_list_id=list_id,
                query=each.query,
                product_id=each.product_id,
                rater=each.rater,
                rating=each.rating,
                rated_at=at,
            )
            for each in ratings
        ),
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["judgement_list", "query", "product_id", "rater"],
        update_fields=["rating", "rated_at"],
    )


def queries_add_rows(list_id: int, queries: Iterable[str]) -> int:
    """Make the queries known to the list; answers how many were new."""
    before = JudgedQuery.objects.filter(judgement_list=list_id).count()
    JudgedQuery.objects.bulk_create(
        (JudgedQuery(judgement_list_id=list_id, query=query) for query in sorted(set(queries))),
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    return JudgedQuery.objects.filter(judgement_list=list_id).count() - before


def query_add(*, list_id: int, query: str, actor: Actor = None) -> str:
    """Put a query on a list, to be rated; answers it as it stands there.

    Raises:
        InvalidInput: an empty or too long query, or a list that clicks make.
        NotFound: there is no such list.
    """
    wanted = " ".join(query.replace("\x00", " ").split())
    if not wanted or len(wanted) > LONGEST_QUERY:
        raise InvalidInput(f"A query has 1 to {LONGEST_QUERY} characters.", field="query")
    with transaction.atomic():
        row = _locked(list_id)
        human_only(row)
        if queries_add_rows(row.pk, [wanted]):
            _audit("query_add", row, actor, after={"query": wanted})
    return wanted


def human_only(row: JudgementList) -> None:
    """Refuse a list that is made from clicks: the next fit would take ratings away.

    Raises:
        InvalidInput: it is one.
    """
    if row.source != JudgementSource.HUMAN.value:
        raise InvalidInput("This list is made from clicks; nobody rates in it.", field="list")


def _locked(list_id: int) -> JudgementList:
    row = JudgementList.objects.select_for_update().filter(pk=list_id).first()
    if row is None:
        raise NotFound("There is no such judgement list.")
    return row


def _audit(action: str, row: JudgementList, actor: Actor, *, after: Mapping[str, object]) -> None:
    audit_record(
        actor=actor,
        action=f"judgementlist.{action}",
        subject_type=SUBJECT,
        subject_id=str(row.pk),
        after=after,
    )
