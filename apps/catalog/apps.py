from django.apps import AppConfig

from apps.common.admin_navigation import NavigationEntry, navigation_register


class CatalogConfig(AppConfig):
    name = "apps.catalog"
    label = "catalog"
    verbose_name = "Catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        lines = (
            ("Products", "inventory_2", "catalog_product_changelist", "view_product"),
            ("Categories", "account_tree", "catalog_category_changelist", "view_category"),
            ("Import and export", "upload_file", "catalog_product_import", "add_product"),
        )
        navigation_register(
            *(
                NavigationEntry(
                    "Catalogue", title, icon, f"admin:{name}", f"catalog.{permission}", rank
                )
                for rank, (title, icon, name, permission) in enumerate(lines)
            )
        )
