import pytest
from django.test import Client

from apps.access.models import User
from apps.access.services import user_ensure
from apps.catalog.selectors import category_tree_fresh
from apps.features.contracts import FEATURE_NAMES
from apps.publishing.services import version_publish
from apps.ranking_weights.forms import WeightSetForm, subject_choices
from apps.ranking_weights.models import WeightSetVersion
from apps.ranking_weights.selectors import weights_resolve
from apps.ranking_weights.services import KIND, weight_starters_ensure, weights_draft_create
from tests.features.catalogue import categories_create

pytestmark = pytest.mark.django_db
LIST = "/admin/ranking_weights/weightsetversion/"


@pytest.fixture
def merchandiser(client: Client) -> User:
    categories_create()
    user = User.objects.create_superuser("mara")
    client.force_login(user)
    return user


def posted(subject: str, *weights: float) -> dict[str, object]:
    numbers = {
        f"weights_{name}": weight for name, weight in zip(FEATURE_NAMES, weights, strict=True)
    }
    return {"subject": subject, **numbers}


def test_the_category_picker_shows_the_tree(merchandiser: User) -> None:
    assert subject_choices(category_tree_fresh()) == [
        ("global", "Everything (global)"),
        ("electronics", "Electronics"),
        ("electronics/audio", "\u2003Audio"),
    ]


def test_the_list_shows_what_is_live_and_open_as_bars(client: Client, merchandiser: User) -> None:
    weight_starters_ensure(paths={"electronics": "electronics"}, actor=merchandiser)
    draft = weights_draft_create(
        subject="electronics", weights={"freshness_score": 1.0}, actor=merchandiser
    )
    page = client.get(LIST).content.decode()
    assert page.count('class="weight-bars"') == 3
    assert "Text match 0.30, Collaborative 0.30, Popularity 0.10, Freshness 0.30" in page
    assert f"/admin/search/weights-preview/?version={draft.id}" in page
    version_publish(kind=KIND, version_id=draft.id, actor=merchandiser, reason="new season")
    assert client.get(LIST).content.decode().count('class="weight-bars"') == 2
    everything = client.get(LIST, {"versions": "all"}).content.decode()
    assert everything.count('class="weight-bars"') == 3
    live = client.get(LIST, {"versions": "live"}).content.decode()
    assert live.count('class="weight-bars"') == 2


def test_a_new_draft_starts_from_what_the_category_has_now(
    client: Client, merchandiser: User
) -> None:
    weight_starters_ensure(paths={"electronics": "electronics"}, actor=merchandiser)
    page = client.get(f"{LIST}add/", {"subject": "electronics/audio"}).content.decode()
    assert 'name="weights_freshness_score" value="0.3"' in page
    assert 'value="electronics/audio" selected' in page
    assert "ranking_weights/sliders.js" in page
    assert "ranking_weights/weights.css" in page


def test_a_draft_is_saved_edited_and_published(client: Client, merchandiser: User) -> None:
    answer = client.post(f"{LIST}add/", posted("electronics", 0.1, 0.2, 0.3, 0.4))
    assert answer.status_code == 302
    draft = WeightSetVersion.objects.get()
    assert (draft.subject, draft.number, draft.created_by) == ("electronics", 1, merchandiser)
    assert [draft.weights[name] for name in FEATURE_NAMES] == [0.1, 0.2, 0.3, 0.4]
    change = f"{LIST}{draft.pk}/change/"
    assert ">Compare</a>" in client.get(change).content.decode()
    answer = client.post(change, posted("ignored", 0.0, 0.0, 0.0, 1.0))
    assert answer.status_code == 302
    step = f"{LIST}{draft.pk}/step/publish/"
    assert client.get(step).status_code == 200
    assert client.post(step, {"reason": "new season"}).status_code == 302
    answered = weights_resolve(
        category_path="electronics/audio", available=frozenset(FEATURE_NAMES)
    )
    assert dict(answered.weights)["freshness_score"] == 1.0
    settled = client.get(change).content.decode()
    assert 'class="weight-bars"' in settled
    assert 'type="range"' not in settled


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((0.5, 0.5, 0.5, 0.0), "The weights sum to 1.500000, not to 1."),
        ((1.5, -0.5, 0.0, 0.0), "Ensure this value is"),
    ],
)
def test_weights_that_are_no_set_are_refused(
    client: Client, merchandiser: User, weights: tuple[float, ...], message: str
) -> None:
    answer = client.post(f"{LIST}add/", posted("electronics", *weights))
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not WeightSetVersion.objects.exists()


def test_an_unknown_category_is_refused(merchandiser: User) -> None:
    form = WeightSetForm(posted("no/such", 1.0, 0.0, 0.0, 0.0))
    assert "subject" in form.errors


def test_an_empty_form_asks_for_every_weight(merchandiser: User) -> None:
    form = WeightSetForm({"subject": "global"})
    assert "weights" in form.errors
    assert 'name="weights_cf_score"' in str(WeightSetForm())


@pytest.mark.parametrize(
    ("group", "sees", "drafts", "publishes"),
    [
        ("merchandiser", True, True, True),
        ("analyst", True, False, False),
        ("operator", False, False, False),
        (None, False, False, False),
    ],
)
def test_who_may_do_what(
    client: Client, group: str | None, sees: bool, drafts: bool, publishes: bool
) -> None:
    categories_create()
    user_ensure(username="nele", password="long enough", groups=[group] if group else [])
    user = User.objects.get(username="nele")
    client.force_login(user)
    draft = weights_draft_create(subject="global", weights={"search_score": 1.0}, actor=user)
    assert (client.get(LIST).status_code == 200) is sees
    answer = client.post(f"{LIST}add/", posted("electronics", 1.0, 0.0, 0.0, 0.0))
    assert (answer.status_code == 302) is drafts
    client.post(f"{LIST}{draft.id}/step/publish/", {"reason": "mine"})
    published = WeightSetVersion.objects.get(pk=draft.id).status == "published"
    assert published is publishes


def test_what_differs_is_said_in_the_sliders_words(client: Client, merchandiser: User) -> None:
    weight_starters_ensure(paths={}, actor=merchandiser)
    draft = weights_draft_create(
        subject="global", weights={"freshness_score": 1.0}, actor=merchandiser
    )
    for part in ("diff", "step/publish"):
        page = client.get(f"{LIST}{draft.id}/{part}/").content.decode()
        assert "Freshness</th>" in page
        assert "freshness_score" not in page
    assert "Publish: global version 2</h2>" in page
