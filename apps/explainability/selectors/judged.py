"""Reads of judgement lists."""

import hashlib
from collections.abc import Iterator
from itertools import groupby

from django.db.models import Count, Q, QuerySet, Subquery, TextField, Value, Window
from django.db.models.functions import MD5, Concat, DenseRank

from apps.common.errors import NotFound
from apps.explainability.contracts.judged import (
    Judgements,
    JudgementSource,
    ListHeading,
    ListView,
    Rating,
)
from apps.explainability.domain.agreement import Units
from apps.explainability.domain.rating_queue import Queue, median_low, queue_of
from apps.explainability.models import JudgedQuery, Judgement, JudgementList

_BATCH = 5000
# A rater is shown the queries of a list in parts, and of a query what is in its pool and so
# many products more that somebody judged: what one page reads has a bound.
PART_QUERIES, PART_PRODUCTS = 50, 500


def judgement_lists() -> list[ListView]:
    """Every list by name; three statements."""
    rows = list(JudgementList.objects.all())
    return _views(rows)


def judgement_list(list_id: int) -> ListView:
    """One list.

    Raises:
        NotFound: there is none.
    """
    return _one(JudgementList.objects.filter(pk=list_id))


def judgement_list_named(name: str) -> ListView:
    """The list of a name.

    Raises:
        NotFound: there is none.
    """
    if "\x00" in name:  # PostgreSQL would refuse the question
        raise NotFound("There is no such judgement list.")
    return _one(JudgementList.objects.filter(name=name), name)


def gate_list() -> ListView | None:
    """The list that publishing is checked on; None: there is none."""
    rows = list(JudgementList.objects.filter(gate=True))
    return _views(rows)[0] if rows else None


def _one(rows: QuerySet[JudgementList], name: str = "") -> ListView:
    found = list(rows[:1])
    if not found:
        raise NotFound(f"There is no judgement list {name}.".replace(" .", "."))
    return _views(found)[0]


def _views(rows: list[JudgementList]) -> list[ListView]:
    wanted = Q(judgement_list__in=[row.pk for row in rows])
    queries = dict(
        JudgedQuery.objects.filter(wanted)
        .values_list("judgement_list")
        .annotate(Count("pk"))
        .order_by()
    )
    raters: dict[int, dict[str, int]] = {}
    counted = Judgement.objects.filter(wanted).values_list("judgement_list", "rater")
    for list_id, rater, count in counted.annotate(Count("pk")).order_by("judgement_list", "rater"):
        raters.setdefault(list_id, {})[rater] = count
    return [
        ListView(
            id=row.pk,
            name=row.name,
            description=row.description,
            scale=row.scale,
            source=JudgementSource(row.source),
            how=row.how,
            gate=row.gate,
            queries=queries.get(row.pk, 0),
            judgements=sum(raters.get(row.pk, {}).values()),
            raters=tuple(raters.get(row.pk, {})),
            changed_at=row.changed_at,
        )
        for row in rows
    ]


def ratings_stream(list_id: int) -> Iterator[Rating]:
    """Every rating by query, product and rater, from a server-side cursor."""
    rows = Judgement.objects.filter(judgement_list=list_id).order_by(
        "query", "product_id", "rater"
    )
    names = ("query", "product_id", "rating", "rater")
    for row in rows.values_list(*names).iterator(chunk_size=_BATCH):
        yield Rating(*row)


def judgements_merged(list_id: int) -> dict[str, dict[str, int]]:
    """Query to product to the one rating that counts: of several raters the median."""
    found: dict[str, dict[str, int]] = {}
    for (query, product), group in groupby(
        ratings_stream(list_id), key=lambda each: (each.query, each.product_id)
    ):
        merged = median_low([each.rating for each in group])
        found.setdefault(query, {})[product] = merged
    return found


def judgements_fingerprint(judgements: Judgements) -> str:
    """The same for the same ratings: what tells whether two runs may be compared."""
    digest = hashlib.blake2b(digest_size=8)
    for query in sorted(judgements):
        for product, rating in sorted(judgements[query].items()):
            digest.update(f"{query}\x00{product}\x00{rating}\n".encode())
    return digest.hexdigest()


def rating_units(list_id: int) -> Units:
    """What each thing was rated, by whom."""
    return [
        {each.rater: each.rating for each in group}
        for _, group in groupby(
            ratings_stream(list_id), key=lambda each: (each.query, each.product_id)
        )
    ]


def list_queries(list_id: int) -> tuple[str, ...]:
    """Every query of a list."""
    rows = JudgedQuery.objects.filter(judgement_list=list_id).order_by("query")
    return tuple(rows.values_list("query", flat=True))


def list_heading(list_id: int) -> ListHeading:
    """What a page about one list needs of it; counts nothing.

    Raises:
        NotFound: there is none.
    """
    found = JudgementList.objects.filter(pk=list_id).values_list("pk", "name", "scale").first()
    if found is None:
        raise NotFound("There is no judgement list.")
    return ListHeading(*found)


def rating_queue(list_id: int, rater: str, query: str = "", *, part: int = 1) -> Queue:
    """One part of what a rater may rate, in their own order; nobody else's ratings are read.

    Three statements, however long the list: it may hold a million rows.

    Args:
        list_id: of which list.
        rater: whose order, and whose ratings.
        query: only this one; empty: all, part by part.
        part: 1-based, of `rating_parts`.
    """
    queries = (
        JudgedQuery.objects.filter(judgement_list=list_id)
        .annotate(drawn=_lot(list_id, rater))
        .order_by("drawn", "query")
    )
    if query:
        queries = queries.filter(query=query)
    start = (part - 1) * PART_QUERIES
    wanted = queries.values_list("query", "pool")[start : start + PART_QUERIES]
    pools = {each: set(pool) for each, pool in wanted}
    names = [query] if query else [*pools]
    judged = Judgement.objects.filter(judgement_list=list_id, query__in=names)
    things = judged.values("query", "product_id").distinct()
    by_query = Window(DenseRank(), partition_by=["query"], order_by=["product_id"])
    counted = things.annotate(at=by_query).filter(at__lte=PART_PRODUCTS).order_by()
    for asked, product in counted.values_list("query", "product_id"):
        pools.setdefault(asked, set()).add(product)
    own = judged.filter(rater=rater).values_list("query", "product_id", "rating")
    ratings = {(asked, product): rating for asked, product, rating in own}
    return queue_of(pools, ratings, rater=rater, list_id=list_id)


def rating_parts(list_id: int) -> int:
    """How many parts a list is rated in; one at least."""
    queries = JudgedQuery.objects.filter(judgement_list=list_id).count()
    return max(1, -(-queries // PART_QUERIES))


def rating_part_of(list_id: int, rater: str, query: str) -> int:
    """The part of this rater's order that holds a query; 1 when no part does."""
    queries = JudgedQuery.objects.filter(judgement_list=list_id)
    drawn = queries.annotate(drawn=_lot(list_id, rater))
    own = drawn.filter(query=query).values("drawn")[:1]
    return drawn.filter(drawn__lt=Subquery(own)).count() // PART_QUERIES + 1


def thing_known(list_id: int, query: str, product_id: str) -> bool:
    """Whether a product is to be rated for a query: it is a candidate, or somebody rated it."""
    if "\x00" in query + product_id:  # PostgreSQL would refuse the question
        return False
    candidates = JudgedQuery.objects.filter(
        judgement_list=list_id, query=query, pool__contains=[product_id]
    )
    judged = Judgement.objects.filter(judgement_list=list_id, query=query, product_id=product_id)
    return candidates.exists() or judged.exists()


def _lot(list_id: int, rater: str) -> MD5:
    """What orders queries for this rater: PostgreSQL draws, nothing is read here."""
    return MD5(Concat(Value(f"{rater}\n{list_id}\n"), "query", output_field=TextField()))


def query_coverage(list_id: int) -> list[tuple[str, int, int, int]]:
    """(query, products to rate, products rated, relevant ones) by query; two statements."""
    pools = dict(JudgedQuery.objects.filter(judgement_list=list_id).values_list("query", "pool"))
    merged = judgements_merged(list_id)
    lines = []
    for query in sorted({*pools, *merged}):
        ratings = merged.get(query, {})
        wanted = {*pools.get(query, []), *ratings}
        relevant = sum(rating > 0 for rating in ratings.values())
        lines.append((query, len(wanted), len(ratings), relevant))
    return lines
