from django.apps import AppConfig


class ModelRegistryConfig(AppConfig):
    name = "apps.model_registry"
    label = "model_registry"
    verbose_name = "Model registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.admin_dashboard import dashboard_register
        from apps.common.admin_navigation import NavigationEntry, navigation_register
        from apps.model_registry.dashboard import artifact_cards

        dashboard_register(artifact_cards)
        navigation_register(
            NavigationEntry(
                section="Operations",
                title="Artifacts",
                icon="deployed_code",
                url_name="admin:model_registry_artifactversion_changelist",
                permission="model_registry.view_artifactversion",
            )
        )
