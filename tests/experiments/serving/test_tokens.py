from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.contracts.serving import QaOverride
from apps.experiments.domain.serving.qa_tokens import QaTokenInvalid, qa_token_make, qa_token_read
from apps.experiments.domain.serving.signing import SignatureWrong, claim_open, claim_seal
from apps.experiments.domain.serving.sticky_tokens import (
    MOST_ENTRIES,
    StickyEntry,
    StickyTokenInvalid,
    entries_of,
    sticky_token_make,
    sticky_token_read,
    unit_digest,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SECRET, OLD = b"new", b"old"
TEXTS = st.text(max_size=20)


@given(st.lists(st.one_of(TEXTS, st.integers(), st.none(), st.booleans()), max_size=5))
def test_a_claim_opens_as_it_was_sealed(claim: list[str | int | bool | None]) -> None:
    token = claim_seal(SECRET, b"p", list(claim))
    assert claim_open([OLD, SECRET], b"p", token) == claim


@pytest.mark.parametrize("token", ["", ".", "a", "a.b", "é.é", "a.b.c", "=.=", "\ud800.\ud800"])
def test_what_was_not_sealed_does_not_open(token: str) -> None:
    with pytest.raises(SignatureWrong):
        claim_open([SECRET], b"p", token)


def test_a_claim_is_for_one_purpose_and_secret() -> None:
    token = claim_seal(SECRET, b"p", 1)
    for secrets, purpose in (([OLD], b"p"), ([SECRET], b"q"), ([], b"p")):
        with pytest.raises(SignatureWrong):
            claim_open(secrets, purpose, token)


@given(TEXTS, TEXTS)
def test_a_qa_token_says_its_override_until_it_ends(experiment: str, variant: str) -> None:
    override = QaOverride(experiment, variant, NOW + timedelta(hours=1))
    token = qa_token_make(secret=OLD, override=override)
    assert qa_token_read(secrets=[SECRET, OLD], token=token, as_of=NOW) == override
    with pytest.raises(QaTokenInvalid, match="ended"):
        qa_token_read(secrets=[OLD], token=token, as_of=override.expires_at)


@pytest.mark.parametrize("claim", [["a", "b"], ["a", "b", "c"], 7, {"a": 1}])
def test_a_signed_claim_of_another_form_is_no_override(claim: object) -> None:
    token = claim_seal(SECRET, b"endcap:experiments:qa", claim)  # type: ignore[arg-type]  # any JSON
    with pytest.raises(QaTokenInvalid, match="cannot be read"):
        qa_token_read(secrets=[SECRET], token=token, as_of=NOW)


def test_a_sticky_token_is_worth_something_on_its_units_only() -> None:
    entries = [
        StickyEntry("a__0", "b", unit_digest("user_id", "u1")),
        StickyEntry("c__0", "d", unit_digest("client_id", "c1")),
    ]
    token = sticky_token_make(secret=SECRET, entries=entries)
    read = sticky_token_read(secrets=[SECRET], token=token)
    assert read == tuple(entries)
    assert entries_of(read, {"user_id": "u1", "client_id": "c1"}) == {"a__0": "b", "c__0": "d"}
    assert entries_of(read, {"user_id": "u1"}) == {"a__0": "b"}
    assert entries_of(read, {"user_id": "c1", "client_id": "u1"}) == {}
    with pytest.raises(StickyTokenInvalid):
        sticky_token_read(secrets=[OLD], token=token)


def test_a_sticky_token_stays_small_and_forgets_the_oldest() -> None:
    entries = [StickyEntry(f"e{n}__0", "b", "u") for n in range(MOST_ENTRIES + 5)]
    token = sticky_token_make(secret=SECRET, entries=entries)
    assert sticky_token_read(secrets=[SECRET], token=token) == tuple(entries[5:])
    assert len(token) < 4000


@pytest.mark.parametrize("claim", [7, [7], [["a"]], [["a", "b", 1]], {}])
def test_odd_claims_hold_no_entries(claim: object) -> None:
    token = claim_seal(SECRET, b"endcap:experiments:sticky", claim)  # type: ignore[arg-type]  # any JSON
    assert sticky_token_read(secrets=[SECRET], token=token) == ()
