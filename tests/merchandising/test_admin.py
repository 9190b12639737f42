import pytest
from django.test import Client

from apps.access.models import User
from apps.merchandising.models import SynonymSetVersion
from apps.merchandising.selectors import synonyms
from apps.merchandising.services import synonyms_draft_from_lines

pytestmark = pytest.mark.django_db
LIST = "/admin/merchandising/synonymsetversion/"


@pytest.fixture
def merchandiser(client: Client) -> User:
    user = User.objects.create_superuser("mara")
    client.force_login(user)
    return user


def test_synonyms_are_written_as_lines_and_published(client: Client, merchandiser: User) -> None:
    answer = client.post(f"{LIST}add/", {"entries": "Sofa, couch\nnotebook => laptop"})
    assert answer.status_code == 302
    draft = SynonymSetVersion.objects.get()
    assert draft.subject == "default"
    change = f"{LIST}{draft.pk}/change/"
    page = client.get(change).content.decode()
    assert "sofa, couch\nnotebook =&gt; laptop" in page
    assert client.post(change, {"entries": "sofa, couch, settee"}).status_code == 302
    assert client.post(f"{LIST}{draft.pk}/step/publish/", {"reason": "asked"}).status_code == 302
    assert synonyms().expand(("settee",))[0].alternatives == ("sofa", "couch")
    assert "sofa, couch, settee</pre>" in client.get(change).content.decode()
    assert "1 rule<" in client.get(LIST).content.decode()
    # A new draft starts from what is live.
    assert "sofa, couch, settee" in client.get(f"{LIST}add/").content.decode()
    page = client.get(f"{LIST}add/", {"word": "Blue,  settees"}).content.decode()
    assert "sofa, couch, settee\nblue settees =&gt; </textarea>" in page


def test_a_line_that_cannot_be_used_is_named(client: Client, merchandiser: User) -> None:
    answer = client.post(f"{LIST}add/", {"entries": "sofa, couch\nlonely"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Line 2: a two-way entry needs two different terms." in page
    assert "lonely" in page
    assert not SynonymSetVersion.objects.exists()


def test_an_empty_set_is_a_set(client: Client, merchandiser: User) -> None:
    synonyms_draft_from_lines(text="a, b\nc, d", actor=merchandiser)
    assert client.get(f"{LIST}add/").status_code == 200
    assert client.post(f"{LIST}add/", {"entries": ""}).status_code == 302
    assert SynonymSetVersion.objects.order_by("number").last().entries == []  # type: ignore[union-attr]  # just made
    assert "2 rules<" in client.get(LIST).content.decode()
