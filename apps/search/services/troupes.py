"""Who acts on a request, and what search does for it, settled once for all it is the same for.

Many requests are in the same experiments, whatever their variants: who acts among these is
settled once. Fewer still act: what the variants of those come to is put together once, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.experiments.contracts.design import Stickiness
from apps.search.domain.contending import Casting, SearchPlan, casting_of, plan_make
from apps.search.domain.exposing import Steering, steering_of
from apps.search.domain.overrides import Knob, SearchSettings
from apps.search.services.contenders import Participant

_MOST_CASTS = 2000
_MOST_TROUPES = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Troupe:
    """Variants that act together.

    Attributes:
        settings: how search works without them.
        participants: they, by key.
        drafting: the one that interleaves.
        plan: what search does; of one that interleaves with a draft's seed of 0.
        counted: what each steers that QA did not ask for.
        steered: the knobs of all those.
    """

    settings: SearchSettings
    participants: Mapping[str, Participant]
    drafting: Participant | None
    plan: SearchPlan
    counted: tuple[Steering, ...]
    steered: frozenset[Knob]


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Those that a request is in, settled.

    Attributes:
        casting: who acts.
        is_sticky: whether first assignments of any are kept.
    """

    casting: Casting
    is_sticky: bool


_casts: dict[tuple[object, ...], Cast] = {}
_troupes: dict[tuple[object, ...], Troupe] = {}


def cast_of(entered: Sequence[Participant]) -> Cast:
    """Who acts among those that a request is in."""
    standings = tuple([one.standing for one in entered])
    found = _casts.get(standings)
    if found is None:
        found = Cast(
            casting_of([one.contender for one in entered]),
            any(one.served.stickiness is not Stickiness.NONE for one in entered),
        )
        if len(_casts) >= _MOST_CASTS:
            _casts.clear()
        _casts[standings] = found
    return found


def troupe_of(acting: Sequence[Participant], settings: SearchSettings) -> Troupe:
    """What those that act come to."""
    found = _troupes.get((id(settings), *acting))
    if found is None:
        found = _troupe_made(acting, settings)
        if len(_troupes) >= _MOST_TROUPES:
            _troupes.clear()
        # It holds the settings: as long as it stands here, no others have that id.
        _troupes[id(settings), *acting] = found
    return found


def _troupe_made(acting: Sequence[Participant], settings: SearchSettings) -> Troupe:
    contenders = [one.contender for one in acting if one.contender is not None]
    counted = tuple(steering_of(one, settings) for one in contenders if not one.forced)
    drafting = (one for one in acting if one.contender is not None and one.contender.interleaves)
    return Troupe(
        settings=settings,
        participants={one.served.assignment.key: one for one in acting},
        drafting=next(drafting, None),
        plan=plan_make(contenders, settings),
        counted=counted,
        steered=frozenset[Knob]().union(*(each.knobs for each in counted)),
    )
