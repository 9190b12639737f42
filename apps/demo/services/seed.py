"""From an empty database to a shop with a past: catalogue, people, history, index."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from apps.demo.contracts import DemoCatalogue, HistoryConfig, ShopperConfig
from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.domain.companions import companions_of, history_with_companions
from apps.demo.domain.history import history_play, log_between
from apps.demo.domain.history_events import history_events
from apps.demo.domain.planted import DAYS as LIVED_DAYS
from apps.demo.services.catalogue import catalogue_store
from apps.demo.services.credentials import credentials_ensure
from apps.demo.services.experiments import experiments_live
from apps.demo.services.judgements import judgements_live
from apps.demo.services.lived import days_live, lived_from, recommender_before
from apps.demo.services.rules import rules_store
from apps.demo.services.searches import searches_log
from apps.demo.services.stages import (
    DemoOptions,
    DemoPlan,
    Say,
    plan_settle,
    stage_run,
    still_working,
)
from apps.events.services.importing import events_import
from apps.jobs.services import job_run_now
from apps.merchandising.contracts import DEFAULT_SUBJECT
from apps.merchandising.services import KIND as SYNONYMS
from apps.merchandising.services import synonyms_draft_from_lines
from apps.publishing.selectors import subject_versions
from apps.publishing.services import version_publish
from apps.ranking_weights.services import KIND as WEIGHTS
from apps.ranking_weights.services import weight_starters_ensure, weights_draft_create

_SAID_EVERY = 50_000
INDEX_JOBS = (
    ("build_lexicon", "Lexicon"),
    ("export_query_encoder", "Query encoder"),
    ("embed_products", "Product index"),
)
MODEL_JOBS = (
    ("relate_products", "What belongs together"),
    ("train_recommender", "Recommender with the lived days"),
)
WEIGHT_STARTERS = ("electronics", "fashion", "books")
# Less of what sold, more of what is new.
DRAFTED = "fashion"
DRAFTED_WEIGHTS = {
    "search_score": 0.35,
    "cf_score": 0.2,
    "popularity_score": 0.2,
    "freshness_score": 0.25,
}
SYNONYM_LINES = """
sofa, couch, settee
trousers, pants
jumper, sweater, pullover
trainers, sneakers
laptop, notebook
earbuds, earphones
television, tv
mobile => smartphone
backpack, rucksack
duvet, quilt
fridge => cooler
soccer => football
usbc => usb-c
wifi => wi-fi
sci-fi => science fiction
thriller => crime
"""


@dataclass(frozen=True, slots=True)
class _Stage:
    name: str
    title: str
    work: Callable[[], str]


def demo_seed(*, options: DemoOptions, origins: tuple[str, ...], say: Say) -> bool:
    """Make the demo, or what is missing of it; False when there was nothing to do.

    Raises:
        Conflict: this database holds a demo made with other options.
    """
    plan = plan_settle(options=options, now=timezone.now())
    catalogue = _once(
        lambda: catalogue_generate(seed=plan.seed, count_wanted=plan.products, as_of=plan.as_of)
    )
    # Not a stage: cheap, and a removed file or a new port must be mended every time.
    credentials_ensure(origins=origins)
    done = [
        stage_run(name=stage.name, title=stage.title, work=stage.work, say=say)
        for stage in _stages(plan, catalogue, say)
    ]
    return any(done)


def _stages(
    plan: DemoPlan, catalogue: Callable[[], DemoCatalogue], say: Say
) -> tuple[_Stage, ...]:
    job = partial(_job, say=say)
    return (
        _Stage("catalogue", "Catalogue", lambda: catalogue_store(catalogue())),
        _Stage("weights", "Weight sets", _weights_store),
        _Stage("synonyms", "Synonyms", _synonyms_store),
        _Stage("history", "Shoppers' history", lambda: _history_store(plan, catalogue(), say)),
        _Stage(
            "features", "Ranking features", lambda: job("features_refresh", "Ranking features")
        ),
        *(_Stage(name, title, partial(job, name, title)) for name, title in INDEX_JOBS),
        _Stage("first recommender", "Recommender", lambda: recommender_before(plan)),
        _Stage("lived days", "Lived days", lambda: _days_live(plan, catalogue(), say)),
        # After the lived days: what they begin with is of the shop's own shoppers alone.
        _Stage("experiments", "Experiments", lambda: experiments_live(plan, catalogue())),
        _Stage("searches", "Search analytics", lambda: _searches_store(plan, catalogue())),
        _Stage(
            "query categories",
            "Queries' categories",
            lambda: job("query_categories", "Queries' categories"),
        ),
        # Once more, due or not: what is clicked where is known only by the log of searches.
        _Stage(
            "features again",
            "Features with the lived days",
            lambda: job("features_refresh", "Features with the lived days", {"all": True}),
        ),
        *(_Stage(name, title, partial(job, name, title)) for name, title in MODEL_JOBS),
        # After them: what shoppers did was before there were rules.
        _Stage("rules", "Merchandising rules", rules_store),
        _Stage("weights draft", "A weights draft", _weights_draft),
        _Stage("judgements", "Judged relevance", lambda: judgements_live(plan, catalogue())),
    )


def _once(make: Callable[[], DemoCatalogue]) -> Callable[[], DemoCatalogue]:
    """Made when first asked for, and once: a finished demo never makes it."""
    made: list[DemoCatalogue] = []

    def get() -> DemoCatalogue:
        if not made:
            made.append(make())
        return made[0]

    return get


def _days_live(plan: DemoPlan, catalogue: DemoCatalogue, say: Say) -> str:
    with still_working(say, title="Lived days") as progress:
        return days_live(plan, catalogue, progress)


def _weights_store() -> str:
    paths = {name: name for name in WEIGHT_STARTERS}
    made = weight_starters_ensure(paths=paths)
    return f"{len(made)} starters published" if made else "kept as they are"


def _weights_draft() -> str:
    """An idea of the merchandiser's that waits: compare it with what is live, then publish."""
    if any(one.based_on for one in subject_versions(kind=WEIGHTS, subject=DRAFTED)):
        return "kept as it is"
    maker = get_user_model().objects.get(username="merchandiser")
    draft = weights_draft_create(subject=DRAFTED, weights=DRAFTED_WEIGHTS, actor=maker)
    return f"version {draft.number} of {draft.subject} waits"


def _synonyms_store() -> str:
    if subject_versions(kind=SYNONYMS, subject=DEFAULT_SUBJECT, limit=1):
        return "kept as they are"
    draft = synonyms_draft_from_lines(text=SYNONYM_LINES.strip(), actor=None)
    if settings.ENDCAP_REVIEW_REQUIRED:
        return "a draft waits for review"
    version_publish(
        kind=SYNONYMS,
        version_id=draft.id,
        actor=None,
        reason="demo",
        acknowledge_warnings=True,
    )
    return f"{len(SYNONYM_LINES.split(chr(10))) - 2} entries published"


def _history_store(plan: DemoPlan, catalogue: DemoCatalogue, say: Say) -> str:
    """Through the file import: by COPY, and a replay where a former run was cut off."""
    path = Path(settings.VAR_DIR) / "demo" / "history.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    written = _history_write(path, plan, catalogue)
    report = events_import(
        path=path, format="jsonl", progress=lambda lines: _say_part(say, lines, written)
    )
    path.unlink()
    if report.rejected:
        number, field, reason = report.errors[0]
        raise RuntimeError(f"line {number}: {field}: {reason}")
    return f"{report.stored + report.replayed:,} events of {plan.days} days"


def _searches_store(plan: DemoPlan, catalogue: DemoCatalogue) -> str:
    paths = {each.product_id: each.category_path for each in catalogue.products}
    days = max(plan.days, LIVED_DAYS) + 1
    return searches_log(first=plan.as_of - timedelta(days=days), last=plan.as_of, categories=paths)


def _history_write(path: Path, plan: DemoPlan, catalogue: DemoCatalogue) -> int:
    shopper = ShopperConfig(seed=plan.seed)
    visits, logs = history_play(
        catalogue, as_of=plan.as_of, shopper=shopper, history=HistoryConfig(days=plan.days)
    )
    # What follows is lived against the shop itself.
    ends = lived_from(plan).timestamp()
    logs = tuple(log_between(log, visits, 0.0, ends) for log in logs)
    events = history_with_companions(
        history_events(catalogue, visits, logs, seed=plan.seed, as_of=plan.as_of),
        companions_of(catalogue, shopper),
        config=shopper,
        until=plan.as_of,
    )
    encoder = msgspec.json.Encoder()
    count = 0
    with path.open("wb") as handle:
        for count, event in enumerate(events, start=1):  # noqa: B007 - the last number is the count
            handle.write(encoder.encode(event))
            handle.write(b"\n")
    return count


def _job(name: str, title: str, params: dict[str, Any] | None = None, *, say: Say) -> str:
    with still_working(say, title=title) as progress:
        outcome = job_run_now(job_name=name, params=params, progress=progress)
    return ", ".join(f"{key} {value}" for key, value in outcome.items()) or "done"


def _say_part(say: Say, done: int, whole: int) -> None:
    if done % _SAID_EVERY == 0:
        say(f"  {done:,} of {whole:,}")
