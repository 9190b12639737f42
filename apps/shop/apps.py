from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "apps.shop"
    label = "shop"
    verbose_name = "Shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.search.services.warm import shape_register
        from apps.shop.warming import SHOP_SHAPE

        shape_register(SHOP_SHAPE)
