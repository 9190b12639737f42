import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import SHARED

ORACLE = SHARED / "oracles" / "statistics.json"
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "statistics.json"


def _command(text: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    call_command("experiment_stats", stdout=out)
    return json.loads(out.getvalue())


def _apart(expected: Any, answer: Any) -> Iterator[float]:
    if isinstance(expected, list):
        assert len(expected) == len(answer)
        for one, other in zip(expected, answer, strict=True):
            yield from _apart(one, other)
    elif expected is None:
        assert answer is None
    else:
        yield abs(expected - answer)


def _agree(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_text()
    cases = json.loads(text)["cases"]
    answers = _command(text, monkeypatch)
    assert [answer["name"] for answer in answers] == [case["name"] for case in cases]
    for case, answer in zip(cases, answers, strict=True):
        assert case["source"]
        for key, expected in case["expected"].items():
            for apart in _apart(expected, answer["result"][key]):
                assert apart <= case.get("tolerance", 1e-5), (case["name"], key)


@pytest.mark.skipif(
    not ORACLE.exists() and os.environ.get("CI") != "true",
    reason="../shared/oracles/statistics.json is not on this machine",
)
def test_every_oracle_case_agrees_through_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    _agree(ORACLE, monkeypatch)


def test_every_published_case_agrees_through_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    _agree(GOLDEN, monkeypatch)


def test_the_command_takes_one_case_or_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    case = {"name": "one", "method": "holm", "inputs": {"p_values": [0.01, 0.5]}}
    alone = _command(json.dumps(case), monkeypatch)
    assert alone == [{"name": "one", "result": {"adjusted": [0.02, 0.5]}}]
    assert _command(json.dumps([case, case]), monkeypatch) == alone * 2


@pytest.mark.parametrize("text", ["{", '"case"', "3", "[3]"])
def test_the_command_refuses_what_are_no_cases(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="Cannot read the cases"):
        _command(text, monkeypatch)
