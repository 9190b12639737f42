"""The README's pictures, of a running `make demo`: `make screenshots`.

Needs Chromium on the machine. ENDCAP_URL names the demo when it is not at its usual address.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
BASE = os.environ.get("ENDCAP_URL", "http://127.0.0.1:8000")
VAR = Path(os.environ.get("ENDCAP_VAR", ROOT / "var"))
IMAGES = ROOT / "docs" / "images"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def main() -> int:
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        print("No Chromium on this machine.", file=sys.stderr)
        return 1
    password = json.loads((VAR / "demo" / "credentials.json").read_text())["passwords"]
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        shop(page)
        shelves(page)
        admin(page, "merchandiser", password["merchandiser"])
        rules(page)
        placements(page)
        explanations(page)
        relevance(page)
        browser.close()
    return 0


def shop(page: Page) -> None:
    page.goto(f"{BASE}/?q=wireless+headphones")
    page.wait_for_load_state("networkidle")
    save(page, "shop-search")
    page.get_by_role("link", name="Why this?").first.click()
    page.wait_for_timeout(800)
    save(page, "shop-why")


def shelves(page: Page) -> None:
    """Three products are looked at; the front page then recommends, and says why."""
    page.goto(f"{BASE}/?q=running+shoes")
    found = page.locator("ol.grid .card-link").all()[:3]
    for link in [card.get_attribute("href") for card in found]:
        # The next page knows of a view that was acknowledged.
        with page.expect_response("**/api/v1/events"):
            page.goto(f"{BASE}{link}")
    page.locator("section.shelf").first.evaluate(
        "shelf => shelf.scrollIntoView({block: 'end', behavior: 'instant'})"
    )
    save(page, "shop-product")
    page.goto(BASE)
    page.wait_for_load_state("networkidle")
    save(page, "shop-shelves")


def admin(page: Page, username: str, password: str) -> None:
    page.goto(f"{BASE}/admin/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.click("[type=submit]")
    page.goto(f"{BASE}/admin/ranking_weights/weightsetversion/")
    page.wait_for_load_state("networkidle")
    save(page, "admin-weights")
    # A draft, when there is one, has something to show.
    drafts = page.locator("tr", has_text="draft").get_by_role("link", name="Compare")
    compare = drafts if drafts.count() else page.get_by_role("link", name="Compare")
    target = compare.first.get_attribute("href")
    page.goto(f"{BASE}{target}&q=headphones")
    page.wait_for_load_state("networkidle")
    save(page, "admin-preview")
    page.goto(f"{BASE}/experiments/")
    save(page, "experiments-list")
    page.goto(f"{BASE}/experiments/category-weights/")
    page.wait_for_load_state("networkidle")
    save(page, "experiment-results")
    page.goto(f"{BASE}/experiments/search-follows-shoppers/")
    page.wait_for_load_state("networkidle")
    save(page, "experiment-personalisation")
    page.goto(f"{BASE}/admin/experiments/experiment/")
    page.wait_for_load_state("networkidle")
    save(page, "admin-experiments")


def relevance(page: Page) -> None:
    """Lists, the rating screen, evaluations and their comparison; a draft with its NDCG."""
    page.goto(f"{BASE}/admin/relevance/lists/")
    page.get_by_role("link", name="Demo shoppers").first.click()
    save(page, "relevance-list")
    page.get_by_role("link", name="Rate", exact=True).click()
    page.wait_for_load_state("networkidle")
    save(page, "relevance-rate")
    page.goto(f"{BASE}/admin/relevance/runs/")
    save(page, "relevance-runs")
    page.locator("[name=before]").last.check()
    page.locator("[name=after]").first.check()
    page.get_by_role("button", name="Compare the two").click()
    save(page, "relevance-compare")
    page.goto(f"{BASE}/admin/ranking_weights/weightsetversion/")
    drafts = page.locator("tr", has_text="draft").get_by_role("link", name="Compare")
    if drafts.count():
        page.goto(f"{BASE}{drafts.first.get_attribute('href')}&q=headphones")
        page.wait_for_load_state("networkidle")
        save(page, "relevance-preview")


def rules(page: Page) -> None:
    listed = f"{BASE}/admin/merchandising/ruleversion/"
    for name, path in {
        "rules-edit": "rule/black-friday-headphones/edit/",
        "rules-calendar": "calendar/",
        "rules-version": "?q=black-friday-headphones&state=scheduled",
    }.items():
        page.goto(listed + path)
        if name == "rules-version":
            page.get_by_role("link", name="black-friday-headphones").first.click()
        page.wait_for_load_state("networkidle")
        save(page, name)
    merchandiser(page)


def merchandiser(page: Page) -> None:
    """A rule in the making: the third hit pinned first, the next one boosted."""
    page.goto(f"{BASE}/admin/search/merchandiser/?q=headphones")
    cards = page.locator("#proposed .card")
    for place, button in ((2, "Pin to position"), (3, "Boost")):
        card = cards.nth(place)
        if button == "Boost":
            card.get_by_role("button", name=button).click()
        else:
            card.get_by_label(button).fill("1")
            card.get_by_label(button).press("Tab")
        # The server answers every change with the whole board.
        page.wait_for_timeout(300)
        page.locator("#board:not([aria-busy])").wait_for()
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(300)
    save(page, "merchandiser")
    page.once("dialog", lambda dialog: dialog.accept())


def placements(page: Page) -> None:
    """The product page's shelf in the making: cheaper products, more alike."""
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.goto(f"{BASE}/admin/recommendations/placementversion/placement/product/edit/")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Similar products: up").click()
    page.locator("[name=price_to]").fill("1.5")
    page.locator("[name=price_to]").press("Tab")
    # The preview follows a moment after the last change.
    page.wait_for_timeout(600)
    page.locator("[data-board-here][aria-busy=false]").wait_for()
    page.evaluate("scrollTo(0, 0)")
    save(page, "placements")
    page.set_viewport_size({"width": 1280, "height": 860})
    page.goto(f"{BASE}/admin/recommendations/recommender/")
    page.wait_for_load_state("networkidle")
    save(page, "recommender")


def explanations(page: Page) -> None:
    asked = f"{BASE}/admin/debug/?q=wireless+headphones&a.weights=global"
    page.goto(asked)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "debug-compare.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 1500})
    page.emulate_media(color_scheme="dark")
    page.goto(asked)
    save(page, "debug-compare-phone")
    page.set_viewport_size({"width": 1280, "height": 860})
    page.emulate_media(color_scheme="light")


def save(page: Page, name: str) -> None:
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
