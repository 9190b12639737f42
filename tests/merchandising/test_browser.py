from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.access.models import User
from apps.catalog.models import Category, Product
from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.services.catalogue import catalogue_store
from apps.demo.services.rules import rules_store
from apps.merchandising.models import RuleVersion
from apps.merchandising.services_rules import rule_create, rule_edit, rule_retire
from tests.browser import ChromiumPages
from tests.merchandising.rule_content import content, published

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/admin/merchandising/ruleversion/"
PINS = [{"do": "pin", "product": "TV-2", "position": 1}]


@pytest.fixture
def mara() -> User:
    top = Category.objects.create(name="Electronics", slug="electronics", path="electronics")
    below = Category.objects.create(
        name="Televisions", slug="televisions", path="electronics/televisions", parent=top
    )
    for number, title in enumerate(("Oled 55 inch", "Oled 65 inch", "Qled 55 inch"), start=1):
        Product.objects.create(
            product_id=f"TV-{number}", title=f"Sony {title} television", price=900,
            brand="Sony", category=below,
        )  # fmt: skip
    return User.objects.create_superuser("mara")


@pytest.fixture
def planned(mara: User) -> dict[str, int]:
    """A live rule, two campaigns, what is over and what is drafted; their rows by key."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)

    def window(first: int, last: int) -> dict[str, object]:
        ends = [(today + timedelta(days=day)).isoformat() for day in (first, last)]
        return {"starts_at": ends[0], "ends_at": ends[1], "time_zone": "Europe/Berlin"}

    made = {
        "tv": published("tv", mara, title="Our own TVs first"),
        "friday": published(
            "friday", mara, campaign="black-friday", title="Black Friday deals", priority=20,
            conditions=window(4, 9), consequences=PINS,
        ),
        "banner": published(
            "banner", mara, campaign="black-friday", title="Black Friday banner",
            conditions=window(-3, 9),
            consequences=[{"do": "banner", "slot": "top", "payload": {"title": "Soon"}}],
        ),
        "cyber": published(
            "cyber", mara, campaign="cyber-monday", title="Cyber Monday", priority=10,
            conditions=window(8, 11),
        ),
        "autumn": published("autumn", mara, title="Autumn", conditions=window(-40, -6)),
    }  # fmt: skip
    published("gone", mara, title="Sold out")
    rule_retire(key="gone", actor=mara, reason="over")
    rule_create(
        key="advent", actor=mara,
        content=content(title="Advent calendar", conditions=window(10, 33)),
    )  # fmt: skip
    more = [*PINS, {"do": "boost", "filters": {"brand": ["Sony"]}, "factor": 50}]
    rule_edit(key="friday", content=content(title="Deals", consequences=more), actor=mara)
    return {key: version.id for key, version in made.items()}


def shots(pages: ChromiumPages, page: Page, name: str) -> None:
    """Wide, on a phone, and dark."""
    pages.screenshot(page, f"rules-{name}", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{name} scrolls sideways by {over} pixels on a phone"
    pages.screenshot(page, f"rules-{name}-phone", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("localStorage.setItem('adminTheme', JSON.stringify('dark'))")
    page.reload()
    expect(page.locator("html.dark")).to_be_attached()
    pages.screenshot(page, f"rules-{name}-dark", full_page=True)
    page.evaluate("localStorage.setItem('adminTheme', JSON.stringify('light'))")
    page.reload()


def test_a_rule_is_written_with_the_product_picker(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User
) -> None:
    page = chromium_page(signed_in=mara, base_url=live_server.url)
    page.goto(f"{LIST}add/")
    page.locator("#id_key").fill("tv")
    page.locator("#id_title").fill("Our own TVs first")
    page.locator("#id_queries-0-text").fill("TV")
    page.get_by_role("button", name="Another query").click()
    expect(page.locator("#id_queries-1-match")).to_be_focused()
    page.locator("#id_queries-1-match").select_option("pattern")
    page.locator("#id_queries-1-text").fill("best * tv ...")
    first = page.locator("#id_consequences-0-products")
    expect(first).to_be_hidden()
    page.locator("#id_consequences-0-do").select_option("pin")
    expect(first).to_be_visible()
    expect(page.locator("#id_consequences-0-url")).to_be_hidden()
    first.press_sequentially("oled 65")
    expect(page.locator("#id_consequences-0-products_found li")).to_have_count(1)
    chromium_page.screenshot(page, "rules-picker")
    first.press("Enter")
    expect(first).to_have_value("TV-2")
    page.locator("#id_consequences-0-position").fill("1")
    page.get_by_role("button", name="Another consequence").click()
    page.locator("#id_consequences-1-do").select_option("boost")
    page.locator("#id_consequences-1-factor").fill("50")
    page.locator("#id_consequences-1-brand").fill("Sony")
    page.get_by_role("button", name="Check").click()
    told = page.get_by_role("region", name="In words")
    expect(told).to_contain_text("boost brand Sony by +50 (doubles)")
    chromium_page.screenshot(page, "rules-checked", full_page=True)
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_url("**/change/")
    assert [each["do"] for each in RuleVersion.objects.get().consequences] == ["pin", "boost"]


def test_without_javascript_the_form_still_writes_a_rule(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User
) -> None:
    page = chromium_page(java_script=False, signed_in=mara, base_url=live_server.url)
    page.goto(f"{LIST}add/")
    page.locator("#id_key").fill("tv")
    page.locator("#id_title").fill("TVs")
    page.locator("#id_consequences-0-do").select_option("redirect")
    page.locator("#id_consequences-0-url").fill("//elsewhere")
    page.get_by_role("button", name="Another consequence").click()
    page.locator("#id_consequences-1-do").select_option("hide")
    page.locator("#id_consequences-1-products").fill("TV-3")
    page.get_by_role("button", name="Save the draft").click()
    wrong = page.locator('[data-cell="url"] .xa-error')
    expect(wrong).to_have_text("This is a path of the shop (/sale) or an https address.")
    page.locator("#id_consequences-0-url").fill("/televisions")
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_url("**/change/")
    assert RuleVersion.objects.get().consequences[1] == {"do": "hide", "products": ["TV-3"]}


def test_the_calendar_is_walked_by_keyboard(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User, planned: dict[str, int]
) -> None:
    page = chromium_page(signed_in=mara, base_url=live_server.url)
    page.goto(f"{LIST}calendar/")
    page.get_by_role("link", name="Later").focus()
    # One month, then each entry of the timeline, campaigns among them.
    for _ in range(12):
        page.keyboard.press("Tab")
        if "Black Friday deals" in page.evaluate("document.activeElement.textContent"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{planned['friday']}/change/")


def test_every_page_is_seen(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User, planned: dict[str, int]
) -> None:
    """No page logs an error, in light or dark; what they look like is kept as pictures."""
    page = chromium_page(signed_in=mara, base_url=live_server.url)
    draft = RuleVersion.objects.get(subject="friday", status="draft").pk
    for name, path in {
        "list": "",
        "calendar": "calendar/",
        "quarter": "calendar/?months=3",
        "version": f"{planned['friday']}/change/",
        "diff": f"{draft}/diff/",
        "edit": "rule/friday/edit/",
        "retire": "rule/tv/retire/",
        "import": "import/",
    }.items():
        page.goto(f"{LIST}{path}")
        shots(chromium_page, page, name)


def test_the_demos_rules_are_seen(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User
) -> None:
    """The pictures of docs/merchandising.md; `make screenshots` takes them of a whole demo."""
    User.objects.create_user("merchandiser")
    catalogue_store(catalogue_generate(seed=5, count_wanted=80, as_of=timezone.now()))
    rules_store()
    page = chromium_page(signed_in=mara, base_url=live_server.url, height=860)
    page.goto(f"{LIST}rule/black-friday-headphones/edit/")
    chromium_page.screenshot(page, "rules-demo-edit")
    page.goto(f"{LIST}calendar/")
    chromium_page.screenshot(page, "rules-demo-calendar")
    page.goto(f"{LIST}?q=black-friday-headphones&state=scheduled")
    page.get_by_role("link", name="black-friday-headphones").first.click()
    expect(page.get_by_role("heading", name="Conflicts with published rules")).to_be_visible()
    chromium_page.screenshot(page, "rules-demo-version")
