"""Evaluations that are stored: asked for, run as a job, kept query by query."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic

from django.db import transaction
from django.utils import timezone

from apps.access.services import Actor, audit_record, author_id
from apps.common.errors import ApplicationError, Conflict, NotFound
from apps.embeddings.selectors import engines_now
from apps.explainability.contracts.judged import (
    Configuration,
    EvaluationStatus,
    Judgements,
    QueryScore,
    RunView,
)
from apps.explainability.domain.comparing import figures_of
from apps.explainability.domain.configurations import (
    configuration_json,
    configuration_of,
    configuration_words,
)
from apps.explainability.domain.evaluation import answerable_queries
from apps.explainability.domain.metrics import query_scores
from apps.explainability.models import EvaluationRun, EvaluationScore
from apps.explainability.selectors.judged import (
    judgement_list,
    judgements_fingerprint,
    judgements_merged,
)
from apps.explainability.selectors.runs import run_view
from apps.explainability.services.configured import Ranking, ranking_under
from apps.features.selectors import serving_snapshot
from apps.jobs.contracts import Progress
from apps.jobs.services import job_run_now, run_request
from apps.merchandising.selectors import abbreviations, rule_book, synonyms
from apps.ranking_weights.selectors import published_weight_sets
from apps.search.selectors.configuration import search_settings
from apps.search.selectors.lexicon import lexicon_state

JOB = "evaluation_run"
SUBJECT = "explainability.evaluationrun"
_BATCH = 500
_WORDS = 500


def evaluation_request(
    *, list_id: int, configuration: Configuration, label: str = "", actor: Actor = None
) -> int:
    """Store a run and queue its job; answers the run's id.

    Raises:
        NotFound: there is no such list.
        InvalidInput: the configuration names nothing that can be run.
        Conflict: the list has no query with a relevant product.
    """
    with transaction.atomic():
        run_id = _run_create(list_id, configuration, label, actor)
        run_request(job_name=JOB, params={"run": run_id}, actor=actor)
    return run_id


def evaluation_run_now(
    *,
    list_id: int,
    configuration: Configuration,
    label: str = "",
    actor: Actor = None,
    progress: Progress | None = None,
) -> RunView:
    """The same in this process.

    Raises:
        ApplicationError: as above, or why it failed.
    """
    run_id = _run_create(list_id, configuration, label, actor)
    job_run_now(job_name=JOB, params={"run": run_id}, actor=actor, progress=progress)
    return run_view(run_id)


def _run_create(list_id: int, configuration: Configuration, label: str, actor: Actor) -> int:
    ranking_under(configuration)  # refuses what cannot be run, before anything is stored
    view = judgement_list(list_id)
    if not answerable_queries(judgements_merged(list_id)):
        raise Conflict(
            f"{view.name} has no query with a relevant product yet.", code="nothing_judged"
        )
    with transaction.atomic():
        row = EvaluationRun.objects.create(
            judgement_list_id=list_id,
            label=label.strip()[:200],
            configuration=configuration_json(configuration),
            words=configuration_words(configuration)[:_WORDS],
            requested_by_id=author_id(actor),
        )
        audit_record(
            actor=actor,
            action="evaluationrun.request",
            subject_type=SUBJECT,
            subject_id=str(row.pk),
            after={"list": view.name, "configuration": row.configuration},
        )
    return row.pk


def evaluation_execute(*, run_id: int, progress: Progress) -> RunView:
    """Measure what a stored run asks for; running it again measures it anew.

    Raises:
        NotFound: there is no such run.
        ApplicationError: it cannot be measured; the run says why.
    """
    row = EvaluationRun.objects.filter(pk=run_id).first()
    if row is None:
        raise NotFound("There is no such run.")
    row.status, row.started_at, row.error = (
        EvaluationStatus.RUNNING.value, timezone.now(), "",
    )  # fmt: skip
    row.save(update_fields=["status", "started_at", "error"])
    try:
        _measure(row, progress)
    except Exception as error:  # a run that nobody works on any more must not seem to go on
        row.status, row.finished_at = EvaluationStatus.FAILED.value, timezone.now()
        row.error = error.message if isinstance(error, ApplicationError) else repr(error)
        row.save(update_fields=["status", "finished_at", "error"])
        raise
    return run_view(run_id)


def _measure(row: EvaluationRun, progress: Progress) -> None:
    judgements = judgements_merged(row.judgement_list_id)
    queries = answerable_queries(judgements)
    ranking = ranking_under(configuration_of(row.configuration))
    versions = versions_in_force()
    scores = scores_under(
        ranking,
        queries,
        judgements,
        top=row.judgement_list.scale,
        told=lambda done: progress(done, len(queries), "queries"),
    )
    _keep(row, scores)
    row.versions = dict(versions)
    row.judged_as = judgements_fingerprint(judgements)
    row.queries = len(scores)
    row.judgements = sum(len(judgements[each.query]) for each in scores)
    row.status, row.finished_at = EvaluationStatus.FINISHED.value, timezone.now()
    row.save()


def _keep(row: EvaluationRun, scores: Sequence[QueryScore]) -> None:
    figures = figures_of([each.scores for each in scores])
    row.figures = {key: [figure.mean, figure.low, figure.high] for key, figure in figures.items()}
    with transaction.atomic():
        EvaluationScore.objects.filter(run=row).delete()
        EvaluationScore.objects.bulk_create(
            (
                EvaluationScore(
                    run=row, query=each.query, ranked=each.ranked, scores=dict(each.scores)
                )
                for each in scores
            ),
            batch_size=_BATCH,
        )


def scores_under(
    ranking: Ranking,
    queries: Iterable[str],
    judgements: Judgements,
    *,
    top: int,
    told: Callable[[int], None] | None = None,
    until: float | None = None,
) -> list[QueryScore]:
    """How each query is answered under a configuration.

    Args:
        ranking: the configuration.
        queries: in the order in which they are asked.
        judgements: that they are scored by.
        top: best rating of the scale.
        told: hears how many are done.
        until: moment of the monotonic clock after which no further query is asked.
    """
    found: list[QueryScore] = []
    with ranking.supposed():
        for query in queries:
            if until is not None and monotonic() > until:
                break
            ranked = ranking.ranker(query)
            scores = query_scores(ranked, judgements[query], top=top)
            found.append(QueryScore(query, ranked, scores))
            if told is not None:
                told(len(found))
    return found


def versions_in_force() -> Mapping[str, int]:
    """Name to number of what answers depend on; a set of weights goes by its subject."""
    engines = engines_now()
    found = {
        f"weights:{subject}": each.number for subject, each in published_weight_sets().items()
    }
    return {
        **found,
        "synonyms": synonyms().number,
        "abbreviations": abbreviations().number,
        "rules": rule_book().number,
        "search_settings": search_settings().number,
        "lexicon": lexicon_state().number,
        "product_index": engines.index.number,
        "query_encoder": engines.encoder.number,
        "catalogue_features": serving_snapshot().number,
    }


def run_delete(*, run_id: int, actor: Actor = None) -> None:
    """Forget a run and its scores.

    Raises:
        NotFound: there is no such run.
    """
    view = run_view(run_id)
    with transaction.atomic():
        EvaluationRun.objects.filter(pk=run_id).delete()
        audit_record(
            actor=actor,
            action="evaluationrun.delete",
            subject_type=SUBJECT,
            subject_id=str(run_id),
            before={"list": view.list_name, "label": view.label, "words": view.words},
        )
