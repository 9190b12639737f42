"""A request and its shopper: who asks comes with the round trip that asks for a kept answer.

Before that round trip nobody knows whether the shopper has looked at anything, so the answer is
asked for as if they had not. Whoever turns out to have computes one of their own, which is kept
for nobody, and gives up the lead that Redis may have handed them.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from apps.common.contracts import RedisCommand
from apps.features.selectors import serving_snapshot
from apps.recommendations.selectors.personalised import personalisation_flags
from apps.recommendations.selectors.shoppers import (
    shopper_commands,
    shopper_now,
    shopper_read,
)
from apps.search.contracts import SearchRequest, Sort
from apps.search.contracts_asker import Followed
from apps.search.selectors.personal import signals_of
from apps.search.services.begun import Begun, search_begin
from apps.search.services.kept_answers import UNTOLD, Absent, Told


def followed_asks(request: SearchRequest) -> tuple[RedisCommand, ...]:
    """What is read of a request's shopper; nothing where nothing of it can count."""
    if not _may_follow(request):
        return ()
    asker = request.asker
    return shopper_commands(
        user_id=asker.followed_user, client_id=asker.client_id, session_id=asker.session_id
    )


def followed_read(
    request: SearchRequest, answers: Sequence[object], as_of: datetime
) -> SearchRequest:
    """The request with its shopper, where anything of them may count; else as it is.

    Args:
        request: as it was asked with `followed_asks`.
        answers: to those commands; empty: Redis did not answer.
        as_of: aware, of the request.
    """
    if not _may_follow(request):
        return request
    asker = request.asker
    shopper = shopper_read(
        answers,
        user_id=asker.followed_user,
        client_id=asker.client_id,
        session_id=asker.session_id,
        as_of=as_of,
    )
    following = replace(request, follows=Followed(shopper, as_of.timestamp()))
    return following if any(signals_of(following, serving_snapshot())) else request


def followed_now(request: SearchRequest, as_of: datetime) -> SearchRequest:
    """The same with a round trip of its own: for whoever asks why."""
    if not _may_follow(request):
        return request
    asker = request.asker
    shopper = shopper_now(
        user_id=asker.followed_user,
        client_id=asker.client_id,
        session_id=asker.session_id,
        as_of=as_of,
    )
    return replace(request, follows=Followed(shopper, as_of.timestamp()))


def begun_again(early: Begun, asked: SearchRequest, told: Told, kind: str) -> tuple[Begun, Told]:
    """A request once more, with what its round trip found out, and what that says of its answer.

    Args:
        early: as it was begun before.
        asked: the request with its shopper and its first assignments.
        told: what Redis said of the early one's answer.
        kind: of the packing.
    """
    begun = search_begin(request=asked, as_of=early.as_of, kind=kind, query_id=early.query_id)
    if begun.columns in {None, early.columns}:
        # PostgreSQL has been asked for these already.
        begun = replace(begun, columns=early.columns, fresh=early.fresh)
    asked_alike = begun.key == early.key
    known_before = asked.stored == early.request.stored
    if asked_alike and (known_before or isinstance(told.found, bytes)):
        return begun, told
    if told.found is Absent.LEADS and not asked_alike:
        begun = replace(begun, lead=early.key)
    return begun, UNTOLD if asked.stored is None else Told(Absent.LEADS)


def _may_follow(request: SearchRequest) -> bool:
    """Whether anybody is named whom this order may follow."""
    asker, flags = request.asker, personalisation_flags()
    named = asker.followed_user or asker.client_id or asker.session_id
    allowed = flags.history or flags.session
    return bool(named) and allowed and request.experimented and request.sort is Sort.RELEVANCE
