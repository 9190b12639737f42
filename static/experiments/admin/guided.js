"use strict";
// The guided form works without this: buttons then post the form and come back with it filled.
(() => {
  const form = document.getElementById("guided");
  if (!form) return;

  function rowAdd(name) {
    const total = form.elements[`${name}-TOTAL_FORMS`];
    const place = Number(total.value);
    const template = form.querySelector(`template[data-empty="${name}"]`);
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", String(place));
    const row = holder.firstElementChild;
    form.querySelector(`[data-rows="${name}"]`).append(row);
    total.value = String(place + 1);
    surfaceShow();
    row.querySelector("input, select, textarea")?.focus();
  }

  // Only the payload fields of the chosen surface are asked for.
  function surfaceShow() {
    const surface = form.elements.surface.value;
    for (const part of form.querySelectorAll("[data-surface]")) part.hidden = part.dataset.surface !== surface;
    for (const part of form.querySelectorAll(".xa-payload-json")) if (surface === "any") part.open = true;
    for (const part of form.querySelectorAll("[data-kind]")) part.hidden = part.dataset.kind !== form.elements.kind.value;
  }

  const weights = () => [...form.querySelectorAll("[data-rows=variants] [data-row]")]
    .filter((row) => !row.querySelector("[name$=-DELETE]")?.checked)
    .map((row) => row.querySelector("[name$=-weight]"));

  function sumShow() {
    const sum = weights().reduce((total, input) => total + (Number.parseFloat(input.value) || 0), 0);
    const output = form.querySelector("[data-weight-sum]");
    output.textContent = `shares sum to ${Number(sum.toFixed(2))} %`;
    output.classList.toggle("xa-off", Math.abs(sum - 100) > 0.1);
  }

  function sharesEqual() {
    const inputs = weights();
    const share = Math.floor(10000 / inputs.length) / 100;
    inputs.forEach((input, place) => {
      const rest = place === 0 ? 100 - share * inputs.length : 0;
      input.value = String(Number((share + rest).toFixed(2)));
    });
    sumShow();
    planSoon();
  }

  const output = form.querySelector("[data-plan]");
  let timer = 0;
  let asked = 0;

  async function planShow() {
    asked += 1;
    const mine = asked;
    try {
      const answer = await fetch(form.dataset.planUrl, { method: "POST", body: new FormData(form), credentials: "same-origin" });
      if (!answer.ok || mine !== asked) return;
      output.innerHTML = (await answer.json()).html;
    } catch {
      // The page was left, or the network is gone: the button still works.
    }
  }

  function planSoon() {
    clearTimeout(timer);
    timer = setTimeout(planShow, 400);
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.name === "add_row") rowAdd(button.value);
    else if ("suggest" in button.dataset) {
      const [layer, low, high] = button.value.split("|");
      form.elements.layer.value = layer;
      form.elements.layer_low.value = low;
      form.elements.layer_high.value = high;
    } else if ("calculate" in button.dataset) planShow();
    else if ("equal" in button.dataset) sharesEqual();
    else return;
    event.preventDefault();
  });
  form.addEventListener("input", () => { sumShow(); planSoon(); });
  form.addEventListener("change", () => { surfaceShow(); sumShow(); });
  const key = form.elements.key;
  if (key) {
    let typed = key.value !== "";
    key.addEventListener("input", () => { typed = true; });
    form.elements.name.addEventListener("input", () => {
      if (!typed) key.value = form.elements.name.value.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 100);
    });
  }
  form.querySelector("[data-equal]").hidden = false;
  surfaceShow();
  sumShow();
  planShow();
  if (form.dataset.jump) document.getElementById(form.dataset.jump)?.scrollIntoView();
})();
