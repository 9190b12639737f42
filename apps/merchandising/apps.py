from django.apps import AppConfig


class MerchandisingConfig(AppConfig):
    name = "apps.merchandising"
    label = "merchandising"
    verbose_name = "Merchandising"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.admin_navigation import NavigationEntry, navigation_register
        from apps.merchandising.models import AbbreviationSetVersion, SynonymSetVersion
        from apps.merchandising.registration.rules import rule_pages_register, rules_register
        from apps.publishing.bases import PublishKind, publish_kind_register

        rules_register()
        rule_pages_register()
        publish_kind_register(
            PublishKind(
                name="synonyms",
                model=SynonymSetVersion,
                bumps=("synonyms",),
                title="Synonyms",
            )
        )
        publish_kind_register(
            PublishKind(
                name="abbreviations",
                model=AbbreviationSetVersion,
                bumps=("abbreviations",),
                title="Abbreviations",
            )
        )
        navigation_register(
            NavigationEntry(
                section="Merchandising",
                title="Synonyms",
                icon="sync_alt",
                url_name="admin:merchandising_synonymsetversion_changelist",
                permission="merchandising.view_synonymsetversion",
                rank=20,
            )
        )
        navigation_register(
            NavigationEntry(
                section="Merchandising",
                title="Abbreviations",
                icon="short_text",
                url_name="admin:merchandising_abbreviationsetversion_changelist",
                permission="merchandising.view_abbreviationsetversion",
                rank=21,
            )
        )
