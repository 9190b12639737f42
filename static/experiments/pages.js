// Everything works without this file: it marks the section in view, and reads charts aloud.

function tabsMark() {
  const links = new Map();
  for (const link of document.querySelectorAll("[data-tabs] a")) {
    const section = document.querySelector(link.hash);
    if (section) {
      links.set(section, link);
    }
  }
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        for (const link of links.values()) {
          link.removeAttribute("aria-current");
        }
        links.get(target).setAttribute("aria-current", "true");
      }
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const section of links.keys()) {
    seen.observe(section);
  }
}

// Arrow keys walk the days of a chart; what stands there is said and written beneath it.
function chartRead(chart) {
  const readout = document.createElement("p");
  readout.className = "readout";
  readout.setAttribute("aria-live", "polite");
  let written = false;
  for (const drawing of chart.querySelectorAll("svg[data-stops]")) {
    const stops = Array.from(drawing.querySelectorAll(".stop"));
    let at = -1;
    const show = (place) => {
      stops[at]?.classList.remove("on");
      at = Math.max(0, Math.min(stops.length - 1, place));
      stops[at].classList.add("on");
      readout.textContent = stops[at].dataset.words;
    };
    drawing.addEventListener("keydown", (pressed) => {
      const places = { ArrowRight: at + 1, ArrowLeft: at < 0 ? stops.length - 1 : at - 1, Home: 0, End: stops.length - 1 };
      if (pressed.key in places) {
        pressed.preventDefault();
        show(places[pressed.key]);
      }
    });
    drawing.addEventListener("pointerover", (over) => {
      const place = stops.indexOf(over.target.closest(".stop"));
      if (place >= 0) {
        show(place);
      }
    });
    if (!written) {
      chart.querySelector(".drawing.narrow")?.after(readout);
      written = true;
    }
  }
}

// A choice that changes the page acts at once; its button stays for those without scripts.
function choicesAct() {
  for (const choice of document.querySelectorAll("form.inline select")) {
    choice.addEventListener("change", () => choice.form.requestSubmit());
  }
}

tabsMark();
document.querySelectorAll("[data-chart]").forEach(chartRead);
choicesAct();
