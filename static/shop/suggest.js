// Suggestions under the search box: a combobox with a list, by the ARIA pattern. Without this
// script, or without a key for the API, the box is a search form as ever.
const page = document.documentElement.dataset;
const PAUSE_MS = 120;
const LIMIT = 10;
const TITLES = { query: "Searches", category: "Categories", brand: "Brands", product: "Products" };
const ID = "suggestions";

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  made.append(...children);
  return made;
}

// Text with <mark>, and nothing else of what the answer may hold.
function marked(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  return Array.from(body.childNodes, (node) => (
    node.nodeName === "MARK" ? element("mark", "", node.textContent) : node.textContent
  ));
}

function path(text) {
  return text.split("/").map(encodeURIComponent).join("/");
}

function address(item) {
  switch (item.type) {
    case "category": return `/c/${path(item.category)}`;
    case "brand": return `/?${new URLSearchParams({ "filter[brand]": item.brand })}`;
    case "product": return `/p/${encodeURIComponent(item.product_id)}`;
    default: return `/?${new URLSearchParams({ q: item.text })}`;
  }
}

function price(item) {
  const now = item.sale_price ?? item.price;
  return new Intl.NumberFormat("en", { style: "currency", currency: item.currency }).format(now);
}

function picture(item) {
  const image = element("img", "suggest-picture");
  image.src = item.image_link || `/img/${encodeURIComponent(item.product_id)}.svg`;
  image.alt = "";
  image.width = 44;
  image.height = 44;
  return image;
}

function notes(item) {
  switch (item.type) {
    case "product": return price(item);
    case "category": return item.trail.slice(0, -1).join(" › ");
    case "brand": return `${item.products} product${item.products === 1 ? "" : "s"}`;
    default: return "";
  }
}

function option(item, number) {
  const made = element("li", `suggest-option suggest-${item.type}`);
  made.id = `${ID}-${number}`;
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  made.dataset.href = address(item);
  if (item.type === "product") {
    made.append(picture(item));
  }
  made.append(element("span", "suggest-text", ...marked(item.highlighted)));
  const note = notes(item);
  if (note) {
    made.append(" ", element("span", "suggest-note", note));
  }
  return made;
}

function groups(items) {
  const made = [];
  for (const type of Object.keys(TITLES)) {
    const options = items
      .map((item, number) => [item, number])
      .filter(([item]) => item.type === type)
      .map(([item, number]) => option(item, number));
    if (options.length) {
      const title = element("li", "suggest-title", TITLES[type]);
      title.id = `${ID}-${type}`;
      title.setAttribute("role", "presentation");
      const group = element("ul", "suggest-group", title, ...options);
      group.setAttribute("role", "group");
      group.setAttribute("aria-labelledby", title.id);
      made.push(group);
    }
  }
  return made;
}

class Combobox {
  constructor(input) {
    this.input = input;
    this.list = element("div", "suggest");
    this.said = element("p", "hidden");
    this.timer = 0;
    this.asking = null;
    this.active = -1;
    this.list.id = ID;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.said.setAttribute("role", "status");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", ID);
    input.setAttribute("aria-expanded", "false");
    input.form.append(this.list, this.said);
  }

  options() {
    return Array.from(this.list.querySelectorAll("[role=option]"));
  }

  watch() {
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (pressed) => this.pressed(pressed));
    this.input.addEventListener("blur", () => this.close());
    this.input.form.addEventListener("submit", () => this.close());
    // Focus stays in the box, so that its keys go on working.
    this.list.addEventListener("mousedown", (pressed) => pressed.preventDefault());
    this.list.addEventListener("click", (clicked) => {
      const chosen = clicked.target.closest("[role=option]");
      if (chosen) {
        this.choose(chosen);
      }
    });
  }

  later() {
    window.clearTimeout(this.timer);
    this.asking?.abort();
    if (this.input.value.trim()) {
      this.timer = window.setTimeout(() => this.ask(), PAUSE_MS);
    } else {
      this.close();
    }
  }

  async ask() {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    const query = new URLSearchParams({ q: this.input.value, limit: String(LIMIT) });
    try {
      const answer = await fetch(`/api/v1/search/suggest?${query}`, {
        credentials: "omit",
        headers: { "X-API-Key": page.apiKey },
        signal: asking.signal,
      });
      if (answer.ok) {
        const { suggestions } = await answer.json();
        if (this.asking === asking && document.activeElement === this.input) {
          this.show(suggestions);
        }
      }
    } catch (error) {
      // Another letter was typed, or the shop is out of reach: the form works all the same.
      if (error.name !== "AbortError") {
        this.close();
      }
    }
  }

  show(suggestions) {
    this.list.replaceChildren(...groups(suggestions));
    this.move(-1);
    const count = suggestions.length;
    this.open(count > 0);
    this.said.textContent = count
      ? `${count} suggestion${count === 1 ? "" : "s"}, arrow keys to choose.`
      : "No suggestions.";
  }

  open(shown) {
    this.list.hidden = !shown;
    this.input.setAttribute("aria-expanded", String(shown));
  }

  close() {
    window.clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = null;
    this.move(-1);
    this.open(false);
    this.said.textContent = "";
  }

  move(to) {
    const options = this.options();
    this.active = to;
    for (const [number, each] of options.entries()) {
      each.setAttribute("aria-selected", String(number === to));
    }
    if (to < 0) {
      this.input.removeAttribute("aria-activedescendant");
    } else {
      this.input.setAttribute("aria-activedescendant", options[to].id);
      options[to].scrollIntoView({ block: "nearest" });
    }
  }

  // Through the options and, between the last and the first, through the box itself.
  step(by) {
    const places = this.options().length + 1;
    this.move(((this.active + 1 + by + places) % places) - 1);
  }

  pressed(event) {
    // While a word is being composed, its keys are the input method's.
    if (event.isComposing) {
      return;
    }
    const shown = !this.list.hidden;
    const down = event.key === "ArrowDown";
    if (down || event.key === "ArrowUp") {
      event.preventDefault();
      if (shown) {
        this.step(down ? 1 : -1);
      } else {
        this.ask();
      }
    } else if (event.key === "Escape" && shown) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && shown && this.active >= 0) {
      event.preventDefault();
      this.choose(this.options()[this.active]);
    }
  }

  choose(chosen) {
    this.close();
    window.location.assign(chosen.dataset.href);
  }
}

export function suggestPrepare() {
  const input = document.getElementById("q");
  if (input?.form && page.apiKey) {
    new Combobox(input).watch();
  }
}
