"""What judged relevance tells the apps below: jobs, checks before publishing, pages."""

_CHECKED = ("ranking_weights", "synonyms", "abbreviations", "search_settings", "rules")


def judged_register() -> None:
    """Make it known; models are loaded when this is called."""
    _jobs()
    _drafts()
    _navigation()
    _search_pages()


def _jobs() -> None:
    from apps.explainability.tasks import EVALUATION_RUN, IMPLICIT_JUDGEMENTS, POOL_CANDIDATES
    from apps.jobs.contracts import job_register

    for spec in (EVALUATION_RUN, IMPLICIT_JUDGEMENTS, POOL_CANDIDATES):
        job_register(spec)


def _drafts() -> None:
    from apps.explainability.services import configured
    from apps.explainability.services.gate import relevance_check
    from apps.publishing.contracts import publish_check_register

    configured.draft_ranking_register("ranking_weights", configured.weights_drafted)
    configured.draft_ranking_register("synonyms", configured.synonyms_drafted)
    configured.draft_ranking_register("abbreviations", configured.synonyms_drafted)
    configured.draft_ranking_register("search_settings", configured.settings_drafted)
    configured.draft_ranking_register("rules", configured.rules_drafted)
    for kind in _CHECKED:
        publish_check_register(kind, relevance_check)


def _navigation() -> None:
    """Lines of the sidebar, and admin's form of a list."""
    from apps.common.admin_navigation import NavigationEntry, navigation_register
    from apps.explainability.admin.lists import JudgementListAdmin

    del JudgementListAdmin  # imported for its registration
    lines = (
        ("Judgement lists", "grade", "relevance-lists", "view_judgementlist", 10),
        ("Evaluations", "rule", "relevance-runs", "view_evaluationrun", 11),
    )
    navigation_register(
        *(
            NavigationEntry(
                section="Analysis",
                title=title,
                icon=icon,
                url_name=url_name,
                permission=f"explainability.{permission}",
                rank=rank,
            )
            for title, icon, url_name, permission, rank in lines
        )
    )


def _search_pages() -> None:
    """An action beside every query of search analytics, and a figure in previews of drafts."""
    from apps.explainability.services.previews import draft_change
    from apps.search.contracts_pages import (
        QueryAction,
        draft_judge_register,
        query_action_register,
    )

    query_action_register(
        QueryAction("Judge", "relevance-lists", "query", "explainability.rate_judgementlist", 20)
    )
    draft_judge_register(draft_change)
