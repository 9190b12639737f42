"use strict";
// Sliders that keep their sum at 1. The number inputs carry the form; without this script they
// are all there is, and the server checks the sum.
(() => {
  const WHOLE = 10000; // weights are kept as whole ten-thousandths, so that sums are exact

  function toParts(text) {
    const value = Number.parseFloat(text);
    return Number.isFinite(value) ? Math.min(WHOLE, Math.max(0, Math.round(value * WHOLE))) : 0;
  }

  // Share `rest` out over `parts` in their own proportions (equally when all are zero);
  // the largest remainders get what rounding left over.
  function shareOut(rest, parts) {
    const total = parts.reduce((sum, part) => sum + part, 0);
    const exact = parts.map((part) => (total > 0 ? (rest * part) / total : rest / parts.length));
    const shares = exact.map(Math.floor);
    const left = rest - shares.reduce((sum, share) => sum + share, 0);
    exact
      .map((value, place) => [value - shares[place], place])
      .sort((one, other) => other[0] - one[0] || one[1] - other[1])
      .slice(0, left)
      .forEach(([, place]) => { shares[place] += 1; });
    return shares;
  }

  function start(group) {
    const rows = [...group.querySelectorAll(".weight-slider")].map((row) => ({
      range: row.querySelector("input[type=range]"),
      number: row.querySelector("input[type=number]"),
      parts: 0,
    }));
    const output = group.querySelector("[data-weights-sum]");

    function show(typing) {
      for (const row of rows) {
        row.range.value = row.parts / WHOLE;
        row.range.setAttribute("aria-valuetext", (row.parts / WHOLE).toFixed(2));
        if (row.number !== typing) row.number.value = String(row.parts / WHOLE);
      }
      const sum = rows.reduce((total, row) => total + row.parts, 0) / WHOLE;
      output.textContent = sum.toFixed(2);
      output.classList.toggle("is-off", sum !== 1);
    }

    function change(moved, text, typing) {
      moved.parts = toParts(text);
      const others = rows.filter((row) => row !== moved);
      const shares = shareOut(WHOLE - moved.parts, others.map((row) => row.parts));
      others.forEach((row, place) => { row.parts = shares[place]; });
      show(typing);
    }

    for (const row of rows) {
      row.parts = toParts(row.number.value);
      row.range.hidden = false;
      row.range.addEventListener("input", () => change(row, row.range.value, null));
      row.number.addEventListener("input", () => change(row, row.number.value, row.number));
      row.number.addEventListener("change", () => show(null));
    }
    // What the server sent is shown as it is: a sum that is off must be seen, not mended.
    show(null);
  }

  document.querySelectorAll("[data-weight-sliders]").forEach(start);
})();
