"""Search settings as a published version holds them, and in words."""

from collections.abc import Mapping

from apps.recommendations.contracts import Personalisation
from apps.recommendations.domain.personalising import personalisation_words
from apps.search.contracts import FusionMethod
from apps.search.domain.fusion import Fusion
from apps.search.domain.overrides import SearchSettings

SETTINGS_SUBJECT = "default"
_METHODS = {
    FusionMethod.RRF: "by their ranks in both lists",
    FusionMethod.MAX: "by the better of both scores",
}


def settings_content(settings: SearchSettings) -> Mapping[str, str | float | bool]:
    """The content fields of a version that means these settings."""
    return {
        "fusion": settings.fusion.method.value,
        "keyword_weight": settings.fusion.keyword_weight,
        "semantic": settings.semantic,
        "synonyms": settings.synonyms,
        "understanding": settings.understanding,
        "spelling": settings.spelling,
        "history": settings.personalisation.history,
        "session": settings.personalisation.session,
        "session_weight": settings.personalisation.session_weight,
        "revisit_weight": settings.personalisation.revisit_weight,
    }


def settings_of(
    *,
    fusion: str,
    keyword_weight: float,
    semantic: bool,
    synonyms: bool,
    understanding: bool,
    spelling: bool,
    history: bool,
    session: bool,
    session_weight: float,
    revisit_weight: float,
    number: int = 0,
) -> SearchSettings:
    """What a version's content means."""
    return SearchSettings(
        Fusion(FusionMethod(fusion), keyword_weight),
        semantic=semantic,
        synonyms=synonyms,
        understanding=understanding,
        spelling=spelling,
        number=number,
        personalisation=Personalisation(history, session, session_weight, revisit_weight),
    )


def settings_words(settings: SearchSettings) -> str:
    """The settings in plain sentences."""
    widened = " ".join(on if is_on else off for is_on, on, off in _switches(settings))
    widened = f"{widened} {personalisation_words(settings.personalisation)}"
    if not settings.semantic:
        return f"Products are found by words alone. {widened}"
    found = f"Products are found by words and by meaning, put together {fused_words(settings)}."
    return f"{found} {widened}"


def _switches(settings: SearchSettings) -> tuple[tuple[bool, str, str], ...]:
    return (
        (settings.synonyms, "Synonyms widen the query.", "Synonyms are off."),
        (
            settings.understanding,
            "Brands, categories and prices are read out of it.",
            "Nothing but words is read out of it.",
        ),
        (settings.spelling, "Its spelling is corrected.", "Its spelling is left as it is."),
    )


def fused_words(settings: SearchSettings) -> str:
    """How the two lists become one."""
    fusion = settings.fusion
    if fusion.method is FusionMethod.WEIGHTED:
        return (
            f"by their scores, {fusion.keyword_weight:.0%} words and "
            f"{1 - fusion.keyword_weight:.0%} meaning"
        )
    return _METHODS[fusion.method]
