"""What of experiments is published: designs, metrics, flags, the global holdout."""

SNAPSHOT_VERSION = "experiments"


def kinds_register() -> None:
    """Make the kinds known to publishing."""
    from apps.experiments.models import (
        ExperimentVersion,
        FlagVersion,
        HoldoutVersion,
        MetricVersion,
    )
    from apps.publishing.bases import PublishKind, publish_kind_register

    kinds = (
        ("experiment", ExperimentVersion, "Experiment designs"),
        ("experiment_metric", MetricVersion, "Metrics"),
        ("flag", FlagVersion, "Flags"),
        ("experiment_holdout", HoldoutVersion, "Global holdout"),
    )
    for name, model, title in kinds:
        # Designs have a setting of their own: the brief wants two people for a start by default.
        required = _review_required if model is ExperimentVersion else None
        publish_kind_register(
            PublishKind(
                name=name,
                model=model,
                bumps=(SNAPSHOT_VERSION,),
                title=title,
                review_required=required,
            )
        )


def _review_required() -> bool:
    from django.conf import settings

    return bool(settings.EXPERIMENT_REVIEW_REQUIRED)
