import { drawerPrepare } from "./drawer.js";
import { event, flush, later, send } from "./events.js";
import { suggestPrepare } from "./suggest.js";

const page = document.documentElement.dataset;
page.scripted = "yes";

function number(text) {
  return text ? Number(text) : undefined;
}

// A shelf's cards are of its own answer, all others of the page's.
function queryOf(card) {
  return (card.closest("[data-query]")?.dataset ?? { query: page.queryId }).query;
}

// An impression is at least half a card on the screen, once a page.
function impressionsWatch() {
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((one) => one.isIntersecting)) {
        seen.unobserve(entry.target);
        const { product, position } = entry.target.dataset;
        later(event("impression", {
          product_id: product, position: number(position), query_id: queryOf(entry.target),
        }));
      }
    },
    { threshold: 0.5 },
  );
  for (const card of document.querySelectorAll(".card[data-position]")) {
    seen.observe(card);
  }
}

function clicksWatch() {
  document.addEventListener("click", (pressed) => {
    const card = pressed.target.closest(".card-link")?.closest(".card[data-position]");
    if (card) {
      later(event("click", {
        product_id: card.dataset.product,
        position: number(card.dataset.position),
        query_id: queryOf(card),
      }));
      flush();
    }
  });
}

function viewTell() {
  const product = document.querySelector("[data-view]");
  if (product) {
    send([event("view", {
      product_id: product.dataset.view,
      position: number(product.dataset.position),
      query_id: page.queryId,
    })]);
  }
}

function cartLines() {
  return Array.from(document.querySelectorAll("[data-line]"), (line) => event("purchase", {
    product_id: line.dataset.line,
    quantity: number(line.dataset.quantity),
    value: number(line.dataset.total),
    currency: line.dataset.currency,
    query_id: line.dataset.query,
    position: number(line.dataset.position),
  }));
}

function cartEvent(form) {
  const quantity = number(form.elements.namedItem("quantity")?.value);
  return event(form.dataset.event, {
    product_id: form.dataset.product,
    position: number(form.dataset.position),
    query_id: page.queryId,
    quantity,
    value: form.dataset.value ? Number((form.dataset.value * quantity).toFixed(2)) : undefined,
    currency: form.dataset.currency,
  });
}

function formsWatch() {
  document.addEventListener("submit", (sent) => {
    const { target } = sent;
    if (target.dataset.event) {
      send(target.dataset.event === "purchase" ? cartLines() : [cartEvent(target)]);
    }
  });
}

// Filters and sorting act at once; without this script their buttons do.
function filtersWatch() {
  const form = document.getElementById("filters");
  if (!form) {
    return;
  }
  const fold = form.querySelector(".filters-fold");
  fold.open = window.matchMedia("(min-width: 60rem)").matches;
  document.addEventListener("change", (changed) => {
    const { target } = changed;
    const narrow = !window.matchMedia("(min-width: 60rem)").matches;
    if (target.form === form && (target.id === "sort" || !narrow)) {
      form.requestSubmit();
    }
  });
  form.addEventListener("formdata", (made) => {
    for (const [name, value] of Array.from(made.formData)) {
      if (value === "" || (name === "sort" && value === "relevance")) {
        made.formData.delete(name);
      }
    }
  });
}

impressionsWatch();
clicksWatch();
viewTell();
formsWatch();
filtersWatch();
suggestPrepare();
drawerPrepare();
