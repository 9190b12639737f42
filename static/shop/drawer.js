// "Why this?" in a drawer. Without this script the same link opens the same answer in the page.
const dialog = document.createElement("dialog");
dialog.className = "drawer";
dialog.setAttribute("aria-label", "Why this product stands here");

function closeButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "drawer-close";
  button.setAttribute("aria-label", "Close");
  button.textContent = "×";
  button.addEventListener("click", () => dialog.close());
  return button;
}

async function open(link) {
  const url = new URL(link.href);
  url.hash = "";
  url.searchParams.set("fragment", "1");
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok) {
    window.location.assign(link.href);
    return;
  }
  const body = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  dialog.replaceChildren(closeButton(), ...body.childNodes);
  dialog.showModal();
  dialog.scrollTop = 0;
}

export function drawerPrepare() {
  document.body.append(dialog);
  dialog.addEventListener("click", (pressed) => {
    if (pressed.target === dialog) {
      dialog.close();
    }
  });
  document.addEventListener("click", (pressed) => {
    const link = pressed.target.closest("a[data-why]");
    if (link && !pressed.ctrlKey && !pressed.metaKey && !pressed.shiftKey) {
      pressed.preventDefault();
      open(link).catch(() => window.location.assign(link.href));
    }
  });
}
