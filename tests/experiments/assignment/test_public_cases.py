"""The public specification's own case files, where they are: the oracle, and the full one."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from apps.experiments.domain.assignment.buckets import bucket_ranges, in_namespace
from apps.experiments.domain.assignment.evaluation import FeatureSet
from apps.experiments.domain.assignment.hashing import bucket
from tests.experiments.assignment.public_cases import CHECKS, cases_of, context_of, main

ORACLE = Path(__file__).resolve().parents[4] / "shared" / "oracles" / "assignment.json"
Oracle = dict[str, Any]  # the shape differs by section
FULL = "ENDCAP_ASSIGNMENT_CASES"


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    if not ORACLE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("the oracle must be there in CI")
        pytest.skip(f"no {ORACLE.name} beside the project")
    found: Oracle = json.loads(ORACLE.read_text())
    return found


def test_the_oracles_hashes(oracle: Oracle) -> None:
    for seed, value, version, expected in oracle["hash"]:
        assert bucket(seed, value, version) == expected


def test_the_oracles_ranges(oracle: Oracle) -> None:
    for count, coverage, weights, expected in oracle["bucket_ranges"]:
        found = bucket_ranges(count, coverage, weights)
        assert len(found) == len(expected)
        for (low, high), (start, end) in zip(found, expected, strict=True):
            assert (low, high) == pytest.approx((start, end), abs=1e-12)


def test_the_oracles_namespaces(oracle: Oracle) -> None:
    for unit, (name, low, high), expected in oracle["namespace"]:
        assert in_namespace(unit, name, low, high) is expected


def test_the_oracles_run(oracle: Oracle) -> None:
    run = oracle["run"]
    experiment = {
        "key": run["key"],
        "seed": run["seed"],
        "hashVersion": run["hash_version"],
        "variations": [0, 1],
    }
    for unit, expected in zip(run["units"], run["variant"], strict=True):
        context = context_of({"attributes": {"id": unit}})
        assert FeatureSet().run(experiment, context).index == expected


def test_the_full_public_file() -> None:
    named = os.environ.get(FULL)
    if not named:
        pytest.skip(f"{FULL} names no case file of the public specification")
    failed = [
        (section, case[0])
        for name in named.split(os.pathsep)
        for section, case in cases_of(Path(name))
        if not CHECKS[section](case)
    ]
    assert not failed


def test_the_command_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"hash": [["", "a", 1, 0.22], ["", "a", 1, 0.5]]}))
    monkeypatch.setattr("sys.argv", ["public_cases", str(path)])
    assert main() == 1
    assert "1 of 2 pass" in capsys.readouterr().out
