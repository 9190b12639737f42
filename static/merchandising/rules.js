"use strict";
// The form works without this: buttons then post it and come back with another row, and every
// cell of a consequence is shown.
(() => {
  const form = document.getElementById("rule");
  if (!form) return;

  const targets = ["products", "brand", "category", "price_from", "price_to", "availability", "others"];
  const cells = {
    "": [], pin: ["products", "position"], boost: ["factor", ...targets], bury: ["factor", ...targets],
    hide: targets, keep: targets, redirect: ["url"], banner: ["slot", "payload"], rewrite: ["find", "replace"],
  };

  // Only the cells that count for what happens; a cell with an error is never hidden.
  function consequenceShow(row) {
    const doing = row.querySelector("[name$=-do]").value;
    for (const cell of row.querySelectorAll("[data-cell]")) {
      const name = cell.dataset.cell;
      cell.hidden = name !== "do" && !cells[doing].includes(name) && !cell.querySelector(".xa-error");
    }
  }

  function rowSettle(row) {
    const remove = row.querySelector("[name$=-DELETE]");
    remove.addEventListener("change", () => {
      for (const cell of row.querySelectorAll("[data-cell]")) cell.style.opacity = remove.checked ? ".35" : "";
    });
    if (row.dataset.consequence !== undefined) {
      row.querySelector("[name$=-do]").addEventListener("change", () => consequenceShow(row));
      consequenceShow(row);
      picker(row.querySelector("[data-products]"));
    }
  }

  function rowAdd(name) {
    const total = form.elements[`${name}-TOTAL_FORMS`];
    const place = Number(total.value);
    const holder = document.createElement("div");
    holder.innerHTML = form.querySelector(`template[data-empty="${name}"]`).innerHTML.replaceAll("__prefix__", String(place));
    const row = holder.firstElementChild;
    form.querySelector(`[data-rows="${name}"]`).append(row);
    total.value = String(place + 1);
    rowSettle(row);
    row.querySelector("input, select, textarea").focus();
  }

  // The last part after a bar is what is looked for; choosing one puts its id in its place.
  function picker(input) {
    const holder = document.createElement("div");
    holder.className = "mr-picker";
    input.before(holder);
    holder.append(input);
    const list = document.createElement("ul");
    list.className = "mr-found";
    list.id = `${input.id}_found`;
    list.setAttribute("role", "listbox");
    list.hidden = true;
    holder.append(list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
    let timer = 0;
    let asked = 0;
    let chosen = -1;

    const show = (open) => { list.hidden = !open; input.setAttribute("aria-expanded", String(open)); };
    const last = () => input.value.split("|").pop().trim();

    function choose(id) {
      const before = input.value.split("|").slice(0, -1).map((part) => part.trim()).filter(Boolean);
      input.value = [...before, id.replaceAll("\\", "\\\\").replaceAll("|", "\\|")].join(" | ");
      show(false);
      input.focus();
    }

    function mark(place) {
      const items = [...list.children];
      chosen = items.length ? (place + items.length) % items.length : -1;
      items.forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
      if (chosen >= 0) {
        input.setAttribute("aria-activedescendant", items[chosen].id);
        items[chosen].scrollIntoView({ block: "nearest" });
      }
    }

    async function look() {
      asked += 1;
      const mine = asked;
      const text = last();
      if (!text) return show(false);
      const answer = await fetch(`${form.dataset.productsUrl}?q=${encodeURIComponent(text)}`, { credentials: "same-origin" });
      if (!answer.ok || mine !== asked) return undefined;
      const found = (await answer.json()).results;
      list.replaceChildren(...found.map((each, at) => {
        const item = document.createElement("li");
        item.id = `${list.id}_${at}`;
        item.setAttribute("role", "option");
        const id = document.createElement("strong");
        id.textContent = each.id;
        const about = document.createElement("small");
        about.textContent = [each.brand, each.active ? "" : "not active"].filter(Boolean).join(", ");
        item.append(id, ` ${each.title} `, about);
        item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(each.id); });
        return item;
      }));
      mark(-1 + 1);
      return show(found.length > 0);
    }

    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 150); });
    input.addEventListener("blur", () => show(false));
    input.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); mark(chosen + (event.key === "ArrowDown" ? 1 : -1)); }
      if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); choose(list.children[chosen].querySelector("strong").textContent); }
      if (event.key === "Escape") show(false);
    });
  }

  for (const row of form.querySelectorAll("[data-rows] > [data-row]")) rowSettle(row);
  for (const button of form.querySelectorAll("button[name=add_row]")) {
    button.addEventListener("click", (event) => { event.preventDefault(); rowAdd(button.value); });
  }
})();
