from django.apps import AppConfig


class EmbeddingsConfig(AppConfig):
    name = "apps.embeddings"
    label = "embeddings"
    verbose_name = "Embeddings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.health import health_check_register
        from apps.embeddings.health import product_index_check, query_encoder_check
        from apps.embeddings.tasks import EMBED_PRODUCTS, EXPORT_QUERY_ENCODER
        from apps.jobs.contracts import job_register

        job_register(EMBED_PRODUCTS)
        job_register(EXPORT_QUERY_ENCODER)
        health_check_register("product_index", product_index_check)
        health_check_register("query_encoder", query_encoder_check)
