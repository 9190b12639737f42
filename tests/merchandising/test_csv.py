import io
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.access.models import User
from apps.common.errors import InvalidInput
from apps.merchandising.models import RuleVersion, SynonymSetVersion
from apps.merchandising.selectors import rule_book
from apps.merchandising.services_csv import (
    MOST_BYTES,
    rules_export,
    rules_import,
    synonyms_export,
    synonyms_import,
)
from apps.merchandising.services_rules import (
    rule_create,
    rule_publish,
    rule_retire,
    rule_submit,
)
from apps.publishing.contracts import VersionStatus
from apps.publishing.services import version_publish
from tests.merchandising.rule_content import content, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara() -> User:
    return User.objects.create_user("mara")


def test_what_went_out_comes_in_byte_for_byte(mara: User) -> None:
    first = published("tv", mara, priority=3)
    published("gone", mara)
    rule_retire(key="gone", actor=mara, reason="over")
    drafted = rule_create(key="new", content=content(query="lamp"), actor=mara)
    written = rules_export()
    assert "gone" not in written
    again = rules_import(text=written, actor=mara)
    assert again.unchanged == ("tv",)
    assert [each.content for each in again.drafts] == [drafted.content]
    RuleVersion.objects.filter(status=VersionStatus.DRAFT).delete()
    changed = rules_import(text=written.replace("tv,For tv,3", "tv,For tv,4"), actor=mara)
    assert [each.content for each in changed.drafts][1] == {**first.content, "priority": 4}
    rule_publish(key="tv", actor=mara, reason="now", acknowledge_warnings=True)
    back = rules_import(text=written, actor=mara)
    assert back.drafts[1].content == first.content
    assert rules_export() == written.replace("tv,For tv,3", "tv,For tv,4")


def test_nothing_of_a_file_with_errors_is_stored(mara: User) -> None:
    rule_create(key="waits", content=content(), actor=mara)
    rule_submit(key="waits", actor=mara)
    header = "key,title,do,products,position\n"
    with pytest.raises(InvalidInput) as refused:
        rules_import(text=f"{header}good,G,pin,1,1\nwaits,W,pin,2,1\n", actor=mara)
    assert refused.value.message.startswith("Line 3, key: A version of 'waits' is under review")
    with pytest.raises(InvalidInput) as refused:
        rules_import(text=f"{header}good,G,pin,1,1\nbad,B,pin,1,0\nc,C,fly,,\n", actor=mara)
    assert refused.value.extra["field"] == "csv"
    told = [(each["line"], each["column"]) for each in refused.value.extra["errors"]]
    assert told == [(3, "position"), (4, "do")]
    assert refused.value.message.endswith("(and 1 more)")
    with pytest.raises(InvalidInput, match="at most"):
        rules_import(text="x" * (MOST_BYTES + 1), actor=mara)
    with pytest.raises(InvalidInput, match="at most 9 bytes"):
        rules_import(text="\u00e9" * 5, actor=mara, most_bytes=9)
    assert RuleVersion.objects.count() == 1


def test_synonyms_go_out_and_come_in(mara: User) -> None:
    assert synonyms_export() == "kind,from,terms\n"
    written = "kind,from,terms\ntwo_way,,sofa | couch\none_way,notebook,laptop\n"
    draft = synonyms_import(text=written, actor=mara)
    version_publish(kind="synonyms", version_id=draft.id, actor=mara, reason="now")
    assert synonyms_export() == written
    assert synonyms_import(text=written, actor=mara).content == draft.content
    with pytest.raises(InvalidInput) as refused:
        synonyms_import(text="kind,terms\ntwo_way,lonely\n", actor=mara)
    assert refused.value.extra["line"] == 2
    with pytest.raises(InvalidInput):
        synonyms_import(text="x" * (MOST_BYTES + 1), actor=mara)
    assert SynonymSetVersion.objects.count() == 2


def test_commands_write_and_read_files(
    mara: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published("tv", mara)
    file = tmp_path / "rules.csv"
    call_command("rules_export", str(file))
    call_command("rules_export")
    told = capsys.readouterr().out
    assert told.encode() == file.read_bytes()
    call_command("rules_import", str(file))
    assert "0 rules drafted, 1 unchanged." in capsys.readouterr().out
    call_command("synonyms_export", str(file))
    call_command("synonyms_import", str(file))
    assert "Version 1 of the synonyms is drafted." in capsys.readouterr().out
    assert len(rule_book()) == 1


def test_a_command_tells_every_error_and_exits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Standard:
        buffer = io.BytesIO(b"key,title,do\ntv,TV,fly\nx,,pin\n")

    monkeypatch.setattr(sys, "stdin", Standard())
    with pytest.raises(SystemExit) as ended:
        call_command("rules_import", "-")
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "line 2, do: This is one of pin" in told
    assert "line 3, title:" in told
    assert "Nothing was imported." in told
    with pytest.raises(SystemExit) as ended:
        call_command("rules_import", str(tmp_path / "none.csv"))
    assert ended.value.code == 2
