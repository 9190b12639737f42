from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "apps.search"
    label = "search"
    verbose_name = "Search"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.admin_navigation import NavigationEntry, navigation_register
        from apps.common.health import health_check_register
        from apps.experiments.contracts.surfaces import surface_register
        from apps.jobs.contracts import job_register
        from apps.publishing.bases import PublishKind, publish_kind_register
        from apps.publishing.contracts import preview_register, publish_check_register
        from apps.search.api.schema import schema_register
        from apps.search.api.schema_suggest import suggest_schema_register
        from apps.search.api.warming import API_SHAPE
        from apps.search.contracts_pages import QueryAction, query_action_register
        from apps.search.health import language_check, lexicon_check
        from apps.search.models import SearchSettingsVersion
        from apps.search.services.rule_checks import rule_effect_check
        from apps.search.services.surface import SearchSurface
        from apps.search.services.warm import shape_register
        from apps.search.tasks import (
            BUILD_LEXICON,
            POPULAR_QUERIES,
            QUERY_CATEGORIES,
            SEARCH_ANALYTICS,
            WARM_ANSWERS,
        )

        schema_register()
        suggest_schema_register()
        job_register(BUILD_LEXICON)
        job_register(POPULAR_QUERIES)
        job_register(QUERY_CATEGORIES)
        job_register(SEARCH_ANALYTICS)
        job_register(WARM_ANSWERS)
        shape_register(API_SHAPE)
        health_check_register("lexicon", lexicon_check)
        health_check_register("search_language", language_check)
        surface_register(SearchSurface())
        publish_check_register("rules", rule_effect_check)
        preview_register("rules", "search-rule-preview")
        preview_register("ranking_weights", "search-weights-preview")
        publish_kind_register(
            PublishKind(
                name="search_settings",
                model=SearchSettingsVersion,
                bumps=("search_settings",),
                title="Search settings",
            )
        )
        query_action_register(
            QueryAction(
                "Make a rule", "search-merchandiser", "q", "merchandising.add_ruleversion", 10
            )
        )
        navigation_register(
            NavigationEntry(
                section="Merchandising",
                title="Search settings",
                icon="manage_search",
                url_name="admin:search_searchsettingsversion_changelist",
                permission="search.view_searchsettingsversion",
                rank=30,
            ),
            NavigationEntry(
                section="Merchandising",
                title="Visual merchandiser",
                icon="dashboard_customize",
                url_name="search-merchandiser",
                permission="merchandising.view_ruleversion",
                rank=11,
            ),
            NavigationEntry(
                section="Analysis",
                title="Search analytics",
                icon="search_insights",
                url_name="search-analytics",
                permission="search.view_searchday",
                rank=5,
            ),
        )
