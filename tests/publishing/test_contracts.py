from collections.abc import Sequence

import pytest

from apps.publishing.bases import UnknownKind, immutability_sql, publish_kind
from apps.publishing.contracts import (
    Finding,
    VersionView,
    publish_check_register,
    publish_check_unregister,
    publish_checks,
)


def _check(_version: VersionView) -> Sequence[Finding]:
    return ()


def test_a_check_registered_twice_is_asked_once() -> None:
    publish_check_register("some_kind", _check)
    publish_check_register("some_kind", _check)
    assert publish_checks("some_kind") == (_check,)
    publish_check_unregister("some_kind", _check)
    assert publish_checks("some_kind") == ()
    assert publish_checks("no_kind") == ()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownKind):
        publish_kind("nothing_of_this_name")


def test_the_guard_names_the_table_both_ways() -> None:
    forward, backward = immutability_sql("some_table")
    assert 'ON "some_table"' in forward
    assert '"some_table_immutable"' in backward
