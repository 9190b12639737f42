import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.access.domain.keys import (
    KeyParts,
    key_new,
    key_parse,
    secret_hash,
    secret_matches,
)

B64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PARTS = st.builds(
    lambda mark, prefix, secret: KeyParts(f"{mark}_{prefix}", secret),
    st.sampled_from(["pk", "sk"]),
    st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=12, max_size=12),
    st.text(B64, min_size=43, max_size=43),
)


@given(PARTS)
def test_what_is_joined_parses_back(parts: KeyParts) -> None:
    assert key_parse(parts.joined()) == parts


@given(st.text())
def test_any_text_parses_or_is_none(raw: str) -> None:
    parts = key_parse(raw)
    assert parts is None or parts.joined() == raw


@given(PARTS, st.integers(0, 60), st.characters())
def test_one_other_character_is_another_key_or_none(
    parts: KeyParts, at: int, character: str
) -> None:
    raw = parts.joined()
    at %= len(raw)
    bent = raw[:at] + character + raw[at + 1 :]
    assert bent == raw or key_parse(bent) != parts


@given(PARTS, st.sampled_from(["\n", " ", ".", "\x00", "=", "…"]))
def test_nothing_may_follow_or_precede(parts: KeyParts, extra: str) -> None:
    assert key_parse(parts.joined() + extra) is None
    assert key_parse(extra + parts.joined()) is None


@pytest.mark.parametrize("public", [True, False])
def test_new_keys_parse_and_say_their_kind(public: bool) -> None:
    parts = key_new(public=public)
    assert key_parse(parts.joined()) == parts
    assert parts.public is public


def test_new_keys_differ() -> None:
    made = [key_new(public=False) for _ in range(200)]
    assert len({parts.prefix for parts in made}) == 200
    assert len({parts.secret for parts in made}) == 200


@given(PARTS)
def test_the_hash_is_never_the_secret(parts: KeyParts) -> None:
    stored = secret_hash(parts.secret)
    assert stored == hashlib.sha256(parts.secret.encode()).digest()
    assert parts.secret.encode() not in stored
    assert secret_matches(parts.secret, stored)
    assert not secret_matches(parts.secret[::-1] + "x", stored)


def test_secrets_stay_out_of_reprs() -> None:
    parts = key_new(public=False)
    assert parts.secret not in repr(parts)


def test_an_endless_key_is_no_key() -> None:
    assert key_parse("sk_" + "a" * 10_000_000) is None
