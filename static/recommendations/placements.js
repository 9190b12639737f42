"use strict";
// The form works without this: buttons then post it and come back with the rows moved, and
// "Show" answers with the preview. Here rows move in place, and the preview follows every change.
(() => {
  const form = document.getElementById("placement");
  if (!form) return;
  const list = form.querySelector("[data-strategies]");
  const board = form.querySelector("[data-board-here]");
  const said = form.querySelector("[data-said]");
  const adding = form.elements.adding;
  const add = form.querySelector("button[value=add]");
  const rows = () => [...list.children];

  function settle() {
    const all = rows();
    all.forEach((row, at) => {
      row.querySelector("button[value^=up]").disabled = at === 0;
      row.querySelector("button[value^=down]").disabled = at === all.length - 1;
    });
    add.disabled = adding.options.length === 0;
  }

  function placeOf(row) {
    return `${row.dataset.title} is ${rows().indexOf(row) + 1} of ${list.children.length}.`;
  }

  function move(row, step) {
    const other = rows()[rows().indexOf(row) + step];
    if (!other) return;
    if (step < 0) other.before(row); else other.after(row);
    settle();
    said.textContent = placeOf(row);
  }

  function remove(row) {
    const near = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    adding.add(new Option(row.dataset.title, row.dataset.name));
    spare.set(row.dataset.name, row);
    settle();
    said.textContent = `${row.dataset.title} is removed.`;
    (near ? near.querySelector("button[value^=remove]") : adding).focus();
  }

  function append() {
    const name = adding.value;
    const row = spare.get(name) || form.querySelector(`template[data-strategy="${name}"]`)?.content.firstElementChild.cloneNode(true);
    if (!row) return;
    spare.delete(name);
    adding.remove(adding.selectedIndex);
    list.append(row);
    settle();
    said.textContent = placeOf(row);
    row.querySelector("input[type=number]").focus();
  }

  // A removed row keeps its weight, should it come back.
  const spare = new Map();

  function act(button) {
    const [deed] = button.value.split(":");
    if (deed === "add") return append();
    const row = button.closest("li");
    if (deed === "remove") return remove(row);
    move(row, deed === "up" ? -1 : 1);
    // At an end the button that was pressed rests; its neighbour goes on.
    (button.disabled ? button.parentElement.querySelector("button:not(:disabled)") : button).focus();
    return undefined;
  }

  let timer = 0;
  let asked = 0;
  async function show() {
    asked += 1;
    const mine = asked;
    board.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.board, { method: "POST", body: new FormData(form), credentials: "same-origin" });
      const text = await answer.text();
      if (mine !== asked) return;
      if (answer.ok) board.innerHTML = text;
    } finally {
      if (mine === asked) board.setAttribute("aria-busy", "false");
    }
  }
  function showSoon() {
    clearTimeout(timer);
    timer = setTimeout(show, 250);
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !["row", "preview"].includes(button.name)) return;
    event.preventDefault();
    if (button.name === "row") act(button);
    showSoon();
  });
  form.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-strategies] > li");
    if (!row || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const held = document.activeElement;
    move(row, event.key === "ArrowUp" ? -1 : 1);
    held.focus();
    showSoon();
  });
  form.addEventListener("input", showSoon);

  const own = form.querySelector("[data-own-weights]");
  const whose = form.elements.whose_weights;
  const ownShow = () => { own.hidden = whose.value !== "own" && !own.querySelector(".xa-error"); };
  whose.addEventListener("change", ownShow);

  // What is typed as a product is looked up; the last part after a bar, where there are several.
  const products = form.elements.as_products;
  if (products) {
    products.addEventListener("input", async () => {
      const before = products.value.split("|").slice(0, -1).map((part) => `${part.trim()} | `).join("");
      const text = products.value.split("|").pop().trim();
      if (!text) return;
      const answer = await fetch(`${form.dataset.products}?q=${encodeURIComponent(text)}`, { credentials: "same-origin" });
      if (!answer.ok) return;
      const found = (await answer.json()).results;
      document.getElementById("products").replaceChildren(...found.map((each) => new Option(each.title, before + each.id)));
    });
  }

  ownShow();
  settle();
})();
