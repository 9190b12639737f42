"""What publishing, admin and the API know of rules."""


def rules_register() -> None:
    """Make the kind and its checks known; models are loaded when this is called."""
    from apps.merchandising.models import RuleVersion
    from apps.merchandising.services_checks import rule_conflicts_check, rule_targets_check
    from apps.publishing.bases import PublishKind, publish_kind_register
    from apps.publishing.contracts import publish_check_register

    publish_kind_register(
        PublishKind(name="rules", model=RuleVersion, bumps=("rules",), title="Rules")
    )
    publish_check_register("rules", rule_conflicts_check)
    publish_check_register("rules", rule_targets_check)


def rule_pages_register() -> None:
    """Admin's pages of rules, and their lines in the sidebar."""
    from importlib import import_module

    from apps.common.admin_navigation import NavigationEntry, navigation_register

    # Importing a module registers its classes with admin.
    import_module("apps.merchandising.admin_rules")
    lines = (
        ("Rules", "rule", "changelist", 18),
        ("Campaign calendar", "calendar_month", "calendar", 19),
    )
    navigation_register(
        *(
            NavigationEntry(
                section="Merchandising",
                title=title,
                icon=icon,
                url_name=f"admin:merchandising_ruleversion_{page}",
                permission="merchandising.view_ruleversion",
                rank=rank,
            )
            for title, icon, page, rank in lines
        )
    )
