"""One person rates, takes back, and gets candidates to rate."""

from django.db import transaction
from django.utils import timezone

from apps.common.errors import InvalidInput, NotFound
from apps.explainability.contracts.judged import Rating
from apps.explainability.domain.rating_queue import POOL_DEPTH, pool_of
from apps.explainability.models import JudgedQuery, Judgement, JudgementList
from apps.explainability.selectors.judged import thing_known
from apps.explainability.services.lists import human_only, ratings_store
from apps.search.services.systems import SYSTEMS

# What raters see comes from these; one of them alone would be praised by its own candidates.
POOLED = ("baseline", "keyword", "semantic", "hybrid", "served")


def rating_give(
    *, list_id: int, rater: str, query: str, product_id: str, rating: int
) -> int | None:
    """Store one rating; answers the same rater's former one, None when there was none.

    Raises:
        InvalidInput: off the scale, nothing that is to be rated here, or a list made from clicks.
        NotFound: there is no such list.
    """
    with transaction.atomic():
        row = _row(list_id)
        human_only(row)
        if not 0 <= rating <= row.scale:
            raise InvalidInput(f"A rating runs from 0 to {row.scale}.", field="rating")
        if not thing_known(list_id, query, product_id):
            raise InvalidInput("This product is not to be rated for it.", field="product_id")
        mine = Judgement.objects.filter(
            judgement_list=row, query=query, product_id=product_id, rater=rater
        )
        before = mine.values_list("rating", flat=True).first()
        ratings_store(row.pk, [Rating(query, product_id, rating, rater)], at=timezone.now())
        row.save(update_fields=["changed_at"])
    return before


def rating_take_back(
    *, list_id: int, rater: str, query: str, product_id: str, before: int | None
) -> None:
    """Make a rating what it was before; None removes it.

    Raises:
        InvalidInput: off the scale.
        NotFound: there is no such list.
    """
    if before is not None:
        rating_give(
            list_id=list_id, rater=rater, query=query, product_id=product_id, rating=before
        )
        return
    row = _row(list_id)
    Judgement.objects.filter(
        judgement_list=row, query=query, product_id=product_id, rater=rater
    ).delete()
    row.save(update_fields=["changed_at"])


def queries_pool(*, list_id: int, queries: tuple[str, ...] = (), limit: int = 500) -> int:
    """Collect candidates for queries (all that have none when not said); answers for how many.

    Raises:
        InvalidInput: the list is made from clicks.
        NotFound: there is no such list.
        Unavailable: there is no index: then the semantic list is missing, and so is its share.
    """
    row = _row(list_id)
    human_only(row)
    wanted = JudgedQuery.objects.filter(judgement_list=row)
    wanted = wanted.filter(query__in=queries) if queries else wanted.filter(pooled_at=None)
    done = 0
    for judged in wanted.order_by("query")[:limit]:
        lists = [SYSTEMS[name](judged.query) for name in POOLED]
        judged.pool = [*pool_of(lists, depth=POOL_DEPTH)]
        judged.pooled_at = timezone.now()
        judged.save(update_fields=["pool", "pooled_at"])
        done += 1
    return done


def _row(list_id: int) -> JudgementList:
    row = JudgementList.objects.filter(pk=list_id).first()
    if row is None:
        raise NotFound("There is no such judgement list.")
    return row
