from apps.common.models import VersionCounter


def version_numbers() -> dict[str, int]:
    """Every counter's number, one statement."""
    return dict(VersionCounter.objects.values_list("name", "number"))


def version_number(name: str) -> int:
    """One counter's number; 0 before its first bump."""
    found = VersionCounter.objects.filter(name=name).values_list("number", flat=True).first()
    return found or 0
