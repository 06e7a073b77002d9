"use strict";

const at = (id) => document.getElementById(id);
const states = [];
const KNOWN = new Set(["metadata", "text", "guardrail_modulation", "completion", "error"]);
let running = null;

function add(kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  item.append(document.createElement("span"));
  item.firstChild.textContent = text;
  at("log").append(item);
  item.scrollIntoView({ block: "nearest" });
  return item;
}

function note(item, text) {
  const small = document.createElement("small");
  small.textContent = text;
  item.append(small);
}

// Server-sent events of a POST: EventSource can only GET.
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value.replaceAll("\r\n", "\n");
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = { event: "message", data: [] };
      for (const line of block.split("\n")) {
        const [, name, text] = /^([^:]*):? ?(.*)$/s.exec(line);
        if (name === "event") fields.event = text;
        if (name === "data") fields.data.push(text);
      }
      // An event of an unknown name is skipped, since its data may not be JSON.
      if (fields.data.length && KNOWN.has(fields.event)) yield [fields.event, JSON.parse(fields.data.join("\n"))];
    }
  }
}

function refusalOf(status, body, headers) {
  const error = body.error ?? { message: body.detail?.map?.((one) => one.msg).join("; ") ?? `HTTP ${status}` };
  const wait = headers.get("retry-after");
  return error.message + (wait ? ` Try again in ${wait} s.` : "");
}

async function send(message) {
  running = new AbortController();
  busy(true);
  add("mine", message);
  const item = add("theirs busy", "");
  const fail = (text) => { item.classList.add("failed"); note(item, text); };
  try {
    const response = await fetch("/api/turns", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ personality_id: at("personality").value, message }),
      signal: running.signal,
    });
    if (!response.ok) {
      fail(refusalOf(response.status, await response.json().catch(() => ({})), response.headers));
      return;
    }
    for await (const [name, data] of eventsOf(response)) {
      if (name === "metadata") remember(data.inferred_emotional_state);
      if (name === "text") item.firstChild.textContent += data.delta;
      if (name === "guardrail_modulation") note(item, `Changed by a guardrail: ${data.modulation_summary}`);
      if (name === "completion") note(item, `${data.latency_ms} ms`);
      if (name === "error") fail(data.message ?? `The answer ended early (${data.code}).`);
      item.scrollIntoView({ block: "nearest" });
    }
  } catch (error) {
    fail(error.name === "AbortError" ? "Stopped." : `The connection broke: ${error.message}`);
  } finally {
    item.classList.remove("busy");
    busy(false);
    history();
  }
}

function busy(yes) {
  at("send").disabled = yes;
  at("stop").hidden = !yes;
}

function remember(state) {
  if (!state) return;
  states.push(state);
  draw();
}

// Valence and arousal from -1 to 1, one point for each turn.
function draw() {
  const shown = states.slice(-12);
  const x = (index) => 30 + index * (270 / Math.max(shown.length - 1, 1));
  const y = (value) => 90 - Math.max(-1, Math.min(1, value)) * 70;
  const parts = [1, 0, -1].map((mark) => tag("line", { class: "axis", x1: 30, x2: 300, y1: y(mark), y2: y(mark) }));
  parts.push(...[1, 0, -1].map((mark) => tag("text", { x: 4, y: y(mark) + 3 }, String(mark))));
  for (const name of ["valence", "arousal"]) {
    const points = shown.map((state, index) => [x(index), y(state[name] ?? 0)]);
    parts.push(tag("polyline", { class: name, points: points.map((point) => point.join()).join(" ") }));
    parts.push(...points.map(([cx, cy]) => tag("circle", { class: name, cx, cy, r: 3 })));
  }
  parts.push(...shown.map((state, index) => tag("text", { x: x(index), y: 175, "text-anchor": "middle" }, state.primary ?? "")));
  at("chart").replaceChildren(...parts);
  const last = shown.at(-1);
  at("mood-text").textContent = `Last turn: ${last.primary ?? "unknown"}, intensity ${last.intensity ?? "unknown"}.`;
}

function tag(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

async function get(path) {
  const response = await fetch(path);
  return response.ok ? response.json() : null;
}

// The API does not document an interaction's fields. These names are the sandbox's, and may be missing.
async function history() {
  const page = await get("/api/history");
  at("history").replaceChildren(...(page?.data ?? []).map((turn) => {
    const row = document.createElement("tr");
    for (const text of [turn.created_at?.slice(11, 19), turn.primary_emotion, turn.latency_ms && `${turn.latency_ms} ms`]) {
      row.append(Object.assign(document.createElement("td"), { textContent: text ?? "-" }));
    }
    return row;
  }));
}

async function inbox() {
  const found = await get("/api/inbox");
  at("try").hidden = !found?.can_try;
  at("inbox").replaceChildren(...(found?.events ?? []).map((event) =>
    Object.assign(document.createElement("li"), { textContent: `${event.type} ${JSON.stringify(event.data)}` })));
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const message = at("message").value.trim();
  if (!message || at("send").disabled) return;
  at("message").value = "";
  send(message);
});
at("message").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("form").requestSubmit();
  }
});
at("stop").addEventListener("click", () => running?.abort());
at("try").addEventListener("click", async () => {
  await fetch("/api/inbox/try", { method: "POST" });
  inbox();
});

get("/api/personalities").then((page) => {
  at("personality").append(...(page?.data ?? []).map((one) => new Option(one.name ?? one.id, one.id)));
});
history();
inbox();
setInterval(inbox, 5000);
