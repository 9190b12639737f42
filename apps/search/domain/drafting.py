"""What a hit's record says beyond its ranking: boosts of the query, and the draft of two lists."""

from dataclasses import replace

from apps.ranking.contracts import HitRecord, SearchBoost, Step
from apps.ranking.domain.records import record_reasoned


def record_boosted(record: HitRecord, found: float, boosts: tuple[SearchBoost, ...]) -> HitRecord:
    """The record with what the query's boosts did to its search score."""
    told = replace(record, search=replace(record.search, found=found, boosts=boosts))
    return record_reasoned(told)


def record_drafted(record: HitRecord, experiment: str, position: int, team: str) -> HitRecord:
    """The record of a hit that two rankings were drafted into one list with.

    Args:
        record: of its own ranking.
        experiment: key of the one that interleaves.
        position: 1-based, in the drafted list.
        team: on whose behalf, in words.
    """
    step = Step("interleaving", experiment, record.position, position, team)
    return record_reasoned(replace(record, position=position, steps=(*record.steps, step)))
