"""Signature, waits between attempts, and the words of a report."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.domain.report_retry import ATTEMPTS_AT_MOST, next_attempt
from apps.experiments.domain.report_signing import signature_header, signature_valid

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DOCS = Path(__file__).resolve().parents[3] / "docs" / "experiments-reports.md"


@given(st.text(min_size=1), st.binary(), st.integers(0, 2**40))
def test_what_is_signed_is_valid_and_nothing_else(secret: str, body: bytes, at: int) -> None:
    header = signature_header(secret, timestamp=at, body=body)
    assert signature_valid(secret, header, body, now=at + 299)
    assert not signature_valid(secret, header, body, now=at + 301)
    assert not signature_valid(secret, header, body + b"!", now=at)
    assert not signature_valid(secret + "!", header, body, now=at)
    moved = header.replace(f"t={at}", f"t={at + 1}")
    assert not signature_valid(secret, moved, body, now=at)


@pytest.mark.parametrize("header", ["", "t=1", "v1=ab", "t=x,v1=ab", "t=1,v1=ä"])
def test_what_is_no_signature_is_not_valid(header: str) -> None:
    assert not signature_valid("s", header, b"", now=1)


def test_the_signature_is_the_published_algorithm() -> None:
    # openssl: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
    import hashlib
    import hmac

    wanted = hmac.new(b"secret", b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
    header = signature_header("secret", timestamp=1_700_000_000, body=b'{"a":1}')
    assert header == f"t=1700000000,v1={wanted}"


def test_the_snippet_of_the_documentation_verifies() -> None:
    snippet = re.search(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert snippet is not None
    names: dict[str, object] = {}
    exec(snippet.group(1), names)  # noqa: S102 - our own documentation
    verify = names["verify"]
    assert callable(verify)
    header = signature_header("secret", timestamp=1000, body=b"{}")
    assert verify("secret", header, b"{}", now=1100)
    assert not verify("secret", header, b"{} ", now=1100)
    assert not verify("secret", header, b"{}", now=2000)


def test_waits_double_and_end() -> None:
    waits = []
    for attempts in range(1, ATTEMPTS_AT_MOST):
        again = next_attempt(NOW, attempts)
        assert again is not None
        waits.append((again - NOW).total_seconds())
    assert waits == [30, 60, 120, 240, 480, 960, 1920]
    assert next_attempt(NOW, ATTEMPTS_AT_MOST) is None
    assert timedelta(seconds=sum(waits)) == timedelta(minutes=63, seconds=30)
