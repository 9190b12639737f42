from django.apps import AppConfig
from django.db.models.signals import post_migrate

from apps.common.admin_navigation import NavigationEntry, navigation_register


class AccessConfig(AppConfig):
    name = "apps.access"
    label = "access"
    verbose_name = "Access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from corsheaders.signals import check_request_enabled

        from apps.access import openapi
        from apps.access.cors import cors_allowed

        del openapi  # imported for its registrations

        navigation_register(*_entries())
        check_request_enabled.connect(cors_allowed, dispatch_uid="access.cors")
        post_migrate.connect(_groups_follow, dispatch_uid="access.groups")


def _entries() -> list[NavigationEntry]:
    lines = (
        ("API keys", "key", "admin:access_apikey_changelist", "access.view_apikey"),
        ("IP rules", "shield", "admin:access_iprule_changelist", "access.view_iprule"),
        ("Audit log", "history", "admin:access_auditentry_changelist", "access.view_auditentry"),
        ("People", "person", "admin:access_user_changelist", "access.view_user"),
        ("Groups", "group", "admin:auth_group_changelist", "auth.view_group"),
    )
    return [
        NavigationEntry("Access", title, icon, url_name, permission, rank)
        for rank, (title, icon, url_name, permission) in enumerate(lines)
    ]


def _groups_follow(*, sender: AppConfig, using: str, **_kwargs: object) -> None:
    """Each app's permissions reach the groups right after the app's migrations made them."""
    from django.db import DEFAULT_DB_ALIAS, connection

    from apps.access.domain.groups import app_matters
    from apps.access.services import groups_ensure

    if using != DEFAULT_DB_ALIAS or not app_matters(sender.label):
        return
    # `migrate auth` alone signals too, before our tables are there.
    if "access_groupgrant" in connection.introspection.table_names():
        groups_ensure(app_label=sender.label)
