// The visual merchandiser. The rule's content lives here until it is kept; every change asks the
// server for the board anew, so that what is shown is what the pipeline would do. Dragging,
// buttons and keys all end in `change`.
const work = document.getElementById("work");
const BOOST = 50;
const BURY = -50;

const by = (id) => document.getElementById(id);
const state = work ? JSON.parse(by("working").textContent) : null;
const past = [];
const future = [];
let asked = 0;

function consequences() {
  return structuredClone(state.content.consequences);
}

// A consequence of this product alone, or one of a list that it is taken out of.
function without(list, product, kinds) {
  return list.flatMap((each) => {
    if (!kinds.includes(each.do)) {
      return [each];
    }
    if (each.do === "pin") {
      return each.product === product ? [] : [each];
    }
    const products = (each.products ?? []).filter((one) => one !== product);
    const gone = each.products?.length && !products.length;
    return gone ? [] : [{ ...each, ...(each.products?.length ? { products } : {}) }];
  });
}

// Whoever was pinned there already moves one place down, and so on.
function pinned(list, product, position) {
  const others = without(list, product, ["pin"]);
  const taken = new Map(others.filter((each) => each.do === "pin").map((each) => [each.position, each]));
  let place = position;
  let moving = taken.get(place);
  while (moving) {
    place += 1;
    const next = taken.get(place);
    moving.position = place;
    moving = next;
  }
  return [...others, { do: "pin", product, position }];
}

function weighed(list, product, factor) {
  const others = without(list, product, ["boost", "bury"]);
  if (!factor) {
    return others;
  }
  return [...others, { do: factor > 0 ? "boost" : "bury", products: [product], factor }];
}

function hidden(list, product) {
  const rest = without(list, product, ["pin", "boost", "bury", "hide"]);
  const own = rest.find((each) => each.do === "hide" && each.products?.length);
  if (own) {
    own.products.push(product);
    return rest;
  }
  return [...rest, { do: "hide", products: [product] }];
}

const DEEDS = {
  pin: (list, card) => pinned(list, card.product, card.position),
  unpin: (list, card) => without(list, card.product, ["pin"]),
  up: (list, card) => pinned(list, card.product, Math.max(1, card.position - 1)),
  down: (list, card) => pinned(list, card.product, card.position + 1),
  place: (list, card, value) => pinned(list, card.product, value),
  boost: (list, card) => weighed(list, card.product, BOOST),
  bury: (list, card) => weighed(list, card.product, BURY),
  plain: (list, card) => weighed(list, card.product, 0),
  factor: (list, card, value) => weighed(list, card.product, value),
  hide: (list, card) => hidden(list, card.product),
  show: (list, card) => without(list, card.product, ["hide"]),
};
const SAID = {
  pin: "pinned", unpin: "no longer pinned", up: "moved up", down: "moved down", place: "pinned",
  boost: "boosted", bury: "buried", plain: "neither boosted nor buried", factor: "weighed",
  hide: "hidden", show: "shown again",
};

function cardOf(element) {
  const card = element.closest("[data-product]");
  return card && {
    product: card.dataset.product,
    position: Number(card.dataset.position),
    title: card.dataset.title,
  };
}

async function change(deed, card, value) {
  const before = state.content.consequences;
  state.content.consequences = DEEDS[deed](consequences(), card, value);
  if (await shown()) {
    past.push(before);
    future.length = 0;
    buttons();
    by("live").textContent = `${card.title} ${SAID[deed]}.`;
    focusOn(card.product, deed);
  } else {
    state.content.consequences = before;
  }
}

async function step(from, to, word) {
  if (!from.length) {
    return;
  }
  const now = state.content.consequences;
  state.content.consequences = from.pop();
  if (await shown()) {
    to.push(now);
    by("live").textContent = word;
  } else {
    from.push(state.content.consequences);
    state.content.consequences = now;
  }
  buttons();
}

function buttons() {
  by("undo").disabled = !past.length;
  by("redo").disabled = !future.length;
  by("save").disabled = !past.length || !state.content.consequences.length;
}

function said(message) {
  by("said").textContent = message;
  by("said").hidden = !message;
}

async function sent(address) {
  const response = await fetch(address, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": work.querySelector("[name=csrfmiddlewaretoken]").value,
    },
    body: JSON.stringify({
      key: state.key, content: state.content, query: state.query, category: state.category,
      device: state.device, segment: state.segment, is_new: state.is_new,
    }),
  });
  if (response.ok) {
    return response;
  }
  const isJson = response.headers.get("Content-Type")?.includes("json");
  const refusal = isJson ? await response.json() : {};
  throw new Error(refusal.message
    ? `${refusal.field ? `${refusal.field}: ` : ""}${refusal.message}`
    : `The server answered ${response.status}; the change was not made.`);
}

// The board as the server has it for the rule on this page; false when it refused.
async function shown() {
  asked += 1;
  const mine = asked;
  const board = by("board");
  board.setAttribute("aria-busy", "true");
  try {
    const html = await (await sent(work.dataset.board)).text();
    if (mine === asked) {
      board.innerHTML = html;
    }
    said("");
    return true;
  } catch (error) {
    said(error.message);
    return false;
  } finally {
    if (mine === asked) {
      board.removeAttribute("aria-busy");
    }
  }
}

function focusOn(product, deed) {
  const card = by("board").querySelector(`[data-product="${CSS.escape(product)}"]`);
  const button = card?.querySelector(`[data-do="${deed}"]:not(:disabled)`);
  (button ?? card ?? by("board")).focus({ preventScroll: false });
}

async function kept() {
  state.key = by("key").value.trim();
  state.content.title = by("title").value.trim();
  try {
    const { url } = await (await sent(work.dataset.save)).json();
    state.is_new = false;
    by("key").readOnly = true;
    past.length = 0;
    future.length = 0;
    buttons();
    said("");
    const link = document.createElement("a");
    link.href = url;
    link.textContent = "Kept as a draft: review and publish";
    by("after").replaceChildren(link);
    link.focus();
  } catch (error) {
    said(error.message);
  }
}

function listen() {
  const board = by("board");
  board.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (button) {
      change(button.dataset.do, cardOf(button));
    }
  });
  board.addEventListener("change", (event) => {
    const { target } = event;
    const value = Number(target.value);
    if (target.dataset.do && Number.isInteger(value) && (target.type === "range" || value > 0)) {
      change(target.dataset.do, cardOf(target), value);
    }
  });
  board.addEventListener("keydown", (event) => {
    const card = event.target.matches("[data-product]") ? cardOf(event.target) : null;
    const keys = { p: "pin", b: "boost", d: "bury", h: "hide" };
    const arrows = { ArrowUp: "up", ArrowDown: "down" };
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const deed = event.altKey ? arrows[event.key] : plain && keys[event.key.toLowerCase()];
    if (card && deed) {
      event.preventDefault();
      change(deed, card);
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select, textarea");
    if (!typing && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      event.preventDefault();
      step(...(event.shiftKey ? [future, past, "Done again."] : [past, future, "Taken back."]));
    }
  });
  dragging(board);
  by("undo").addEventListener("click", () => step(past, future, "Taken back."));
  by("redo").addEventListener("click", () => step(future, past, "Done again."));
  by("save").addEventListener("click", kept);
  window.addEventListener("beforeunload", (event) => {
    if (past.length) {
      event.preventDefault();
    }
  });
}

function dragging(board) {
  let held = null;
  const over = (event) => event.target.closest?.("#proposed .card[data-product]");
  const clear = () => board.querySelectorAll(".target, .dragged").forEach(
    (each) => each.classList.remove("target", "dragged"),
  );
  board.addEventListener("dragstart", (event) => {
    const card = over(event);
    if (card) {
      held = cardOf(card);
      card.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", held.product);
    }
  });
  board.addEventListener("dragover", (event) => {
    const card = over(event);
    if (held && card) {
      event.preventDefault();
      board.querySelectorAll(".target").forEach((each) => each.classList.remove("target"));
      card.classList.add("target");
    }
  });
  board.addEventListener("drop", (event) => {
    const card = over(event);
    if (held && card) {
      event.preventDefault();
      const place = Number(card.dataset.position);
      const moved = held;
      held = null;
      clear();
      change("place", moved, place);
    }
  });
  board.addEventListener("dragend", () => {
    held = null;
    clear();
  });
}

if (work && by("save")) {
  listen();
}
