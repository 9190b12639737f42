import pytest
from django.db import DatabaseError
from django.test import Client

from apps.access.models import User
from apps.merchandising.contracts import NO_SYNONYMS, TermGroup, words_expand
from apps.merchandising.domain.abbreviations import built_in_entries, built_in_index
from apps.merchandising.domain.synonyms import lines_parse, synonym_index_build
from apps.merchandising.models import AbbreviationSetVersion
from apps.merchandising.selectors import _abbreviations, abbreviations
from apps.merchandising.services import abbreviations_draft_from_lines
from apps.publishing.services import version_publish

pytestmark = pytest.mark.django_db
LIST = "/admin/merchandising/abbreviationsetversion/"


def test_the_built_in_ones_hold_until_others_are_published() -> None:
    assert abbreviations().phrases["tv",] == ("television",)
    assert abbreviations().phrases["bt",] == ("bluetooth",)
    assert ("bluetooth",) not in abbreviations().phrases
    actor = User.objects.create_superuser("mara")
    draft = abbreviations_draft_from_lines(text="oled, organic light", actor=actor)
    version_publish(kind="abbreviations", version_id=draft.id, actor=actor, reason="ours")
    assert abbreviations().phrases == {
        ("oled",): ("organic light",), ("organic", "light"): ("oled",),
    }  # fmt: skip
    none = abbreviations_draft_from_lines(text="", actor=actor)
    version_publish(kind="abbreviations", version_id=none.id, actor=actor, reason="none")
    assert abbreviations().phrases == {}


def test_the_longest_phrase_wins_whoever_knows_it() -> None:
    synonyms = synonym_index_build(lines_parse("drive, disk\ntelly, television, tv"), 1)
    groups = words_expand(("hard", "drive", "telly", "tv", "hdd"), synonyms, built_in_index())
    assert groups == (
        TermGroup(0, 2, (), ("hdd", "hard disk drive")),
        TermGroup(2, 3, ("television", "tv")),
        # What both say is a synonym.
        TermGroup(3, 4, ("telly", "television")),
        TermGroup(4, 5, (), ("hard drive", "hard disk drive")),
    )
    assert words_expand(("tv",), NO_SYNONYMS, NO_SYNONYMS) == (TermGroup(0, 1, ()),)
    assert built_in_entries() is built_in_entries()


def test_a_draft_starts_from_what_holds(client: Client) -> None:
    client.force_login(User.objects.create_superuser("mara"))
    assert "tv, television" in client.get(f"{LIST}add/").content.decode()
    assert client.post(f"{LIST}add/", {"entries": "tv, telly"}).status_code == 302
    draft = AbbreviationSetVersion.objects.get()
    assert draft.subject == "default"
    assert str(draft) == "default version 1 (draft)"
    step = f"{LIST}{draft.pk}/step/publish/"
    assert client.post(step, {"reason": "shorter"}).status_code == 302
    assert abbreviations().phrases == {("tv",): ("telly",), ("telly",): ("tv",)}
    assert "tv, telly" in client.get(f"{LIST}add/").content.decode()


def test_an_empty_list_says_what_holds(client: Client) -> None:
    actor = User.objects.create_superuser("mara")
    client.force_login(actor)
    said = f"{len(built_in_entries())} rules built in, until a version is published."
    assert said in client.get(LIST).content.decode()
    draft = abbreviations_draft_from_lines(text="oled, organic light", actor=actor)
    version_publish(kind="abbreviations", version_id=draft.id, actor=actor, reason="ours")
    assert f"version {draft.number} with 1 rule." in client.get(LIST).content.decode()


@pytest.mark.parametrize("page", ["import", "export"])
def test_files_are_of_synonyms_only(client: Client, page: str) -> None:
    """Who may write abbreviations need not be allowed synonyms."""
    client.force_login(User.objects.create_superuser("mara"))
    answer = client.get(f"{LIST}{page}/", follow=True)
    assert answer.redirect_chain  # Django takes it for the number of a version that is not there
    assert "doesn\N{RIGHT SINGLE QUOTATION MARK}t exist" in answer.content.decode()


def test_with_postgresql_down_the_built_in_ones_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> None:
        raise DatabaseError("gone")

    actor = User.objects.create_superuser("mara")
    draft = abbreviations_draft_from_lines(text="oled, organic light", actor=actor)
    version_publish(kind="abbreviations", version_id=draft.id, actor=actor, reason="ours")
    with monkeypatch.context() as outage:
        outage.setattr(AbbreviationSetVersion._default_manager, "filter", down)
        outage.setattr("apps.merchandising.selectors.connection.close", lambda: None)
        _abbreviations.forget()
        assert abbreviations() is built_in_index()
    assert ("oled",) in abbreviations().phrases
