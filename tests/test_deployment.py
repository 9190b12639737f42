"""docker-compose.yml and the Dockerfile say what the plan asks of them.

No Docker engine runs on the machines of this project, so the files are checked for what they
declare; the processes they start are the ones that tests/stack starts for real.
"""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_every_lasting_service_has_a_health_check() -> None:
    lasting = set(COMPOSE["services"]) - {"migrate"}
    assert lasting == {"postgres", "valkey", "web", "worker", "beat"}
    for name in lasting:
        assert COMPOSE["services"][name]["healthcheck"]["test"], name


def test_stores_keep_their_data_in_volumes_at_the_agreed_versions() -> None:
    assert COMPOSE["services"]["postgres"]["image"] == "postgres:18"
    assert COMPOSE["services"]["valkey"]["image"].startswith("valkey/valkey:9")
    assert set(COMPOSE["volumes"]) == {"postgres", "valkey", "artifacts", "metrics"}
    command = COMPOSE["services"]["valkey"]["command"]
    assert command[command.index("--appendfsync") + 1] == "everysec"


def test_every_setting_reaches_every_process_and_its_counters_come_back() -> None:
    for name in ("migrate", "web", "worker", "beat"):
        service = COMPOSE["services"][name]
        assert service["env_file"] == [{"path": ".env", "required": False}], name
        assert "metrics:/metrics" in service["volumes"], name
    folders = {
        name: COMPOSE["services"][name]["environment"]["PROMETHEUS_MULTIPROC_DIR"]
        for name in ("web", "worker", "beat")
    }
    # Process numbers repeat between containers: a shared folder would mix their files.
    assert len(set(folders.values())) == 3
    peers = COMPOSE["services"]["web"]["environment"]["METRICS_PEERS"].split(",")
    assert {folders["web"], *peers} == set(folders.values())
    migrate = " ".join(COMPOSE["services"]["migrate"]["command"])
    assert all(folder in migrate for folder in folders.values()), "made before anybody writes"


def test_no_secret_is_written_down() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "ARTIFACT_SIGNING_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD"):
        assert re.search(rf"\$\{{{name}:\?", text), f"{name} must be asked for"
        assert re.search(
            rf"^{name}=$", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE
        )
    assert not re.search(r"(SECRET|PASSWORD|KEY)\s*=\s*\S", DOCKERFILE)


def test_the_image_is_built_in_stages_and_runs_as_nobody_special() -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE, re.MULTILINE)
    assert {"build", "web", "worker"} <= set(stages)
    for stage in ("web", "worker"):
        body = DOCKERFILE.split(f" AS {stage}\n")[1].split("\nFROM ")[0]
        assert "USER endcap" in body, stage


def test_the_web_image_has_no_torch() -> None:
    for name in ("base", "production"):
        pinned = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert not re.search(
            r"^(torch|sentence-transformers|transformers)==", pinned, re.MULTILINE
        )
    assert re.search(
        r"^torch==2\.13\.0\s", (ROOT / "requirements" / "worker.txt").read_text(), re.MULTILINE
    )


def test_every_requirement_is_pinned_and_names_no_host() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        for line in file.read_text().splitlines():
            if line and not line.startswith("#"):
                assert re.match(r"^[a-z0-9._-]+(\[[a-z,]+\])?==\S+", line, re.IGNORECASE), line
        assert "://" not in file.read_text()
