import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from apps.recommendations.contracts import Personalisation
from apps.recommendations.domain.personalising import (
    PersonalisationChange,
    PersonalisationInvalid,
    change_words,
    personalisation_allowed,
    personalisation_read,
    personalisation_words,
    personalisation_written,
)
from apps.recommendations.selectors.personalised import personalisation_in_force

_switches = st.none() | st.booleans()
_weights = st.none() | st.floats(0, 1)
_changes = st.builds(PersonalisationChange, _switches, _switches, _weights, _weights)
_wanted = st.builds(
    Personalisation, st.booleans(), st.booleans(), st.floats(0, 1), st.floats(0, 1)
)


@pytest.mark.parametrize(
    "payload", [None, [], {}, {"search": {}}, {"personalisation": None}, {"personalisation": {}}]
)
def test_a_payload_may_say_nothing(payload: object) -> None:
    assert personalisation_read(payload) is None  # type: ignore[arg-type]  # JSON as it comes


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ([], "personalisation"),
        ({"sesion": True}, "personalisation.sesion"),
        ({"history": 1}, "personalisation.history"),
        ({"session": "on"}, "personalisation.session"),
        ({"session_weight": "0.2"}, "personalisation.session_weight"),
        ({"session_weight": True}, "personalisation.session_weight"),
        ({"session_weight": 1.01}, "personalisation.session_weight"),
        ({"session_weight": -0.1}, "personalisation.session_weight"),
        ({"session_weight": float("nan")}, "personalisation.session_weight"),
        ({"revisit_weight": "0.2"}, "personalisation.revisit_weight"),
        ({"revisit_weight": 2}, "personalisation.revisit_weight"),
    ],
)
def test_what_means_nothing_is_named(part: object, field: str) -> None:
    with pytest.raises(PersonalisationInvalid) as refused:
        personalisation_read({"personalisation": part})  # type: ignore[dict-item]  # JSON as it comes

    assert refused.value.field == field
    assert refused.value.message


@given(_changes)
def test_a_change_is_read_as_it_was_written(change: PersonalisationChange) -> None:
    read = personalisation_read({"personalisation": personalisation_written(change)})

    assert (read or PersonalisationChange()) == change


@given(_changes, _wanted)
def test_a_change_changes_what_it_names_and_nothing_else(
    change: PersonalisationChange, before: Personalisation
) -> None:
    after = change.over(before)

    for name in ("history", "session", "session_weight", "revisit_weight"):
        said = getattr(change, name)
        assert getattr(after, name) == (getattr(before, name) if said is None else said)


@given(_wanted, _wanted)
def test_what_is_off_in_the_settings_stays_off(
    wanted: Personalisation, flags: Personalisation
) -> None:
    allowed = personalisation_allowed(wanted, flags)

    assert allowed.history is (wanted.history and flags.history)
    assert allowed.session <= (wanted.session and flags.session)
    # Whoever is without a visit's boost is so in one way only.
    assert allowed.session is (allowed.session_weight > 0)
    # What was seen before is a part of the history.
    assert allowed.revisit_weight == (wanted.revisit_weight if allowed.history else 0.0)


def test_the_settings_flags_win_over_what_is_wanted() -> None:
    wanted = Personalisation(history=True, session=True, session_weight=0.4)

    assert personalisation_in_force(wanted) == wanted
    with override_settings(PERSONALISATION_SESSION=False):
        assert personalisation_in_force(wanted) == Personalisation(True, False, 0.0, 0.2)
    with override_settings(PERSONALISATION_HISTORY=False):
        assert personalisation_in_force(wanted) == Personalisation(False, True, 0.4, 0.0)


def test_changes_and_what_holds_are_told_in_words() -> None:
    assert change_words(PersonalisationChange(False, True, 0.25, 0.5)) == (
        "What shoppers did before does not count. What this visit looked at counts. "
        "This visit's weight is 0.25. The weight of what was seen before is 0.50."
    )
    assert change_words(PersonalisationChange()) == ""
    assert personalisation_words(Personalisation(True, True, 0.15, 0.2)) == (
        "What shoppers did before counts, what they looked at with a weight of 0.20; "
        "what this visit looked at counts with a weight of 0.15."
    )
    assert personalisation_words(Personalisation(False, False, 0.0)) == (
        "What shoppers did before does not count; what this visit looked at does not count."
    )
