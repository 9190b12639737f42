"""What a hit's record says beyond its ranking: rewrites, boosts, and the draft of two lists."""

from dataclasses import replace

from apps.ranking.contracts import HitRecord, SearchBoost, Step, WordMatch
from apps.ranking.domain.records import record_reasoned
from apps.search.contracts_rules import RewrittenQuery

REWRITE = "rewrite"


def record_boosted(record: HitRecord, found: float, boosts: tuple[SearchBoost, ...]) -> HitRecord:
    """The record with what the query's boosts did to its search score."""
    told = replace(record, search=replace(record.search, found=found, boosts=boosts))
    return record_reasoned(told)


def record_because(record: HitRecord, told: tuple[str, ...]) -> HitRecord:
    """The record with what of the shopper speaks for the hit; empty sentences say nothing."""
    because = tuple(sentence for sentence in told if sentence)
    return record_reasoned(replace(record, because=because)) if because else record


def rewrite_matches(rewritten: RewrittenQuery | None) -> tuple[WordMatch, ...]:
    """The query that rules made of another one, as what stands for its words."""
    if rewritten is None:
        return ()
    return (WordMatch(rewritten.original, rewritten.rewritten, REWRITE, 1.0),)


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
