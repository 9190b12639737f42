import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def _file(tmp_path: Path, text: str, name: str = "feed") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_command_speaks_by_exit_code(tmp_path: Path, capsys: Any) -> None:
    good = _file(tmp_path, "id,title,price\n1,A,5\n1,A,5\n")
    call_command("import_catalog", str(good), "--format", "csv", "--dry-run")
    out = capsys.readouterr().out
    assert "1 would be created" in out
    assert "the last wins" in out
    bad = _file(tmp_path, "id,title,price\n1,A,5\n2,,5\n", "bad")
    with pytest.raises(SystemExit) as one:
        call_command("import_catalog", str(bad), "--format", "csv")
    assert one.value.code == 1
    assert "line 3: 2: title: is required" in capsys.readouterr().out
    with pytest.raises(SystemExit) as again:
        call_command("import_catalog", str(bad), "--format", "csv", "--json")
    assert again.value.code == 1
    assert json.loads(capsys.readouterr().out)["unchanged"] == 1
    with pytest.raises(SystemExit) as two:
        call_command("import_catalog", str(tmp_path / "nowhere"), "--format", "csv")
    assert two.value.code == 2
    capsys.readouterr()
    call_command("export_catalog", str(tmp_path / "out.tsv"))
    assert "1 products written" in capsys.readouterr().out
    call_command("catalog_stats", "--json")
    assert json.loads(capsys.readouterr().out)["products"] == 1
    call_command("catalog_stats")
    assert "attribute keys" in capsys.readouterr().out
