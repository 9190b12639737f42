// Tells the shop's own API what happened on the page. Nothing is sent without a key.
const page = document.documentElement.dataset;
const MOST_AT_ONCE = 100;
let waiting = [];
let timer = 0;

// RFC 9562: 48 bits of time, so that ids sort by time; a repeated request stores nothing twice.
function uuid7(now) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let at = 0; at < 6; at += 1) {
    bytes[at] = Math.floor(now / 2 ** (8 * (5 - at))) % 256;
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function event(type, fields) {
  const now = Date.now();
  const item = {
    type,
    event_id: uuid7(now),
    occurred_at: new Date(now).toISOString(),
    client_id: page.clientId,
    session_id: page.sessionId,
    ...fields,
  };
  for (const name of Object.keys(item)) {
    if (item[name] === "" || item[name] === undefined || item[name] === null || item[name] === 0) {
      delete item[name];
    }
  }
  return item;
}

export function send(items) {
  if (!page.apiKey || items.length === 0) {
    return Promise.resolve();
  }
  // keepalive outlives the page, and unlike sendBeacon it can carry the key.
  return fetch("/api/v1/events", {
    method: "POST",
    keepalive: true,
    credentials: "omit",
    headers: { "Content-Type": "application/json", "X-API-Key": page.apiKey },
    body: JSON.stringify(items),
  }).catch(() => undefined);
}

export function later(item) {
  waiting.push(item);
  window.clearTimeout(timer);
  if (waiting.length >= MOST_AT_ONCE) {
    flush();
  } else {
    timer = window.setTimeout(flush, 600);
  }
}

export function flush() {
  const items = waiting;
  waiting = [];
  return send(items);
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") {
    flush();
  }
});
window.addEventListener("pagehide", flush);
