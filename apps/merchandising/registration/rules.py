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
