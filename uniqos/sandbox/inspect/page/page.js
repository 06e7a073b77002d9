"use strict";

const MOST_ROWS = 200;
const at = (id) => document.getElementById(id);
const access = { key: "" };
const shownRules = new Map();
let states = [];
let drawn = "";
let running = null;
let refreshing = null;
let lastNumber = 0;

function made(name, text = "", className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function row(...cells) {
  const element = document.createElement("tr");
  element.append(...cells.map((cell) => (cell instanceof Node ? cell : made("td", cell))));
  return element;
}

const clockOf = (instant) => instant.slice(11, 19);
const dayOf = (instant) => instant.slice(5, 10);

// --- the admin routes -----------------------------------------------------------------------------------------------

async function get(path) {
  const response = await fetch(`/_sandbox${path}`);
  if (!response.ok) throw new Error(`GET ${path}: HTTP ${response.status}`);
  return response.json();
}

async function change(method, path, body) {
  const options = { method };
  if (body !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const response = await fetch(`/_sandbox${path}`, options);
  if (!response.ok) {
    const { detail } = await response.json().catch(() => ({}));
    throw new Error(detail?.map?.((one) => one.msg).join("; ") ?? detail ?? `HTTP ${response.status}`);
  }
}

async function act(what, work) {
  try {
    await work();
    at("said").textContent = what;
  } catch (error) {
    at("said").textContent = `That failed: ${error.message}`;
  }
  await refresh();
}

// --- requests -------------------------------------------------------------------------------------------------------

function statusOf(status) {
  if (status === 0) return "✕ closed";
  return status < 400 ? String(status) : `✕ ${status} error`;
}

function rowOf(entry) {
  const request = made("td", `${entry.method} ${entry.path}`);
  if (entry.rule) request.append(made("small", `rule: ${entry.rule}`));
  const attempt = made("td", String(entry.attempt));
  if (entry.replayed) attempt.append(made("small", "replayed"));
  const element = row(clockOf(entry.at), request, statusOf(entry.status), entry.ms.toFixed(1), attempt);
  if (entry.status === 0 || entry.status >= 400) element.className = "failed";
  return element;
}

function addRequest(entry) {
  if (entry.number <= lastNumber) return;
  lastNumber = entry.number;
  at("requests").prepend(rowOf(entry));
  at("requests").children[MOST_ROWS]?.remove();
  at("no-requests").hidden = true;
  at("billed").textContent = entry.turns_billed;
  refreshSoon();
}

async function loadRequests() {
  const { requests } = await get("/journal");
  for (const entry of requests.slice(0, MOST_ROWS).reverse()) addRequest(entry);
}

function listen() {
  const source = new EventSource("/_sandbox/journal/live");
  source.addEventListener("open", () => {
    at("connection").textContent = "connected";
    loadRequests().catch(() => {}); // what came before, or while the connection was down
  });
  source.addEventListener("error", () => { at("connection").textContent = "interrupted"; });
  source.addEventListener("request", (event) => addRequest(JSON.parse(event.data)));
}

// --- state, time and faults -----------------------------------------------------------------------------------------

async function showState() {
  const state = await get("/state");
  at("now").textContent = `${state.now.slice(0, 10)} ${clockOf(state.now)} UTC`;
  at("now").dateTime = state.now;
  at("frozen").textContent = state.frozen ? "(standing still)" : "";
  at("freeze").disabled = state.frozen;
  at("resume").disabled = !state.frozen;
  at("billed").textContent = state.turns_billed;
  if (!at("code").options.length) {
    at("code").append(...Object.entries(state.magic.CODE).map(([code, kind]) => new Option(`${code} (${kind})`, code)));
    at("code").value = "service_unavailable";
  }
  showRules(state.rules);
}

function textOf(rule) {
  const what = rule.code ?? (rule.latency && `${rule.latency.ms} ms longer`)
    ?? (rule.truncate !== undefined ? `cut after ${rule.truncate} bytes` : null) ?? (rule.drop ? "connection closed" : "changed");
  const often = rule.times ? `, ${rule.times} time(s)` : "";
  return `${rule.method ?? "any"} ${rule.path ?? "*"}: ${what}${often}; applied ${rule.used}`;
}

// Kept by id, so that a button does not lose the focus when a number beside it changes.
function showRules(rules) {
  for (const [id, item] of shownRules) {
    if (rules.some((rule) => rule.id === id)) continue;
    if (item.contains(document.activeElement)) at("add").focus();
    item.remove();
    shownRules.delete(id);
  }
  for (const rule of rules) {
    if (!shownRules.has(rule.id)) {
      const item = made("li");
      const remove = made("button", "Remove");
      remove.type = "button";
      remove.addEventListener("click", () => act("The fault is switched off.", () => change("DELETE", `/rules/${rule.id}`)));
      item.append(made("span"), remove);
      at("rules").append(item);
      shownRules.set(rule.id, item);
    }
    const [text, remove] = shownRules.get(rule.id).children;
    text.textContent = textOf(rule);
    remove.setAttribute("aria-label", `Remove ${textOf(rule)}`);
  }
  at("no-rules").hidden = rules.length > 0;
}

function ruleOf() {
  const rule = { path: at("path").value.trim() };
  if (at("method").value) rule.method = at("method").value;
  if (at("times").value) rule.times = Number(at("times").value);
  const kind = at("kind").value;
  if (kind === "code") rule.code = at("code").value;
  if (kind === "latency") rule.latency = { ms: Number(at("ms").value) };
  if (kind === "truncate") rule.truncate = Number(at("bytes").value);
  if (kind === "drop") rule.drop = true;
  return rule;
}

function showKind() {
  for (const label of document.querySelectorAll("[data-kind]")) {
    label.hidden = label.dataset.kind !== at("kind").value;
    label.querySelector("select, input").disabled = label.hidden;
  }
}

// --- relationships --------------------------------------------------------------------------------------------------

function fill(select, options) {
  const wanted = options.map(([text, value]) => `${text}\n${value}`).join("\n\n");
  if (select.dataset.filled === wanted) return;
  const chosen = select.value;
  select.replaceChildren(...options.map(([text, value]) => new Option(text, value)));
  if (options.some(([, value]) => value === chosen)) select.value = chosen;
  select.dataset.filled = wanted;
}

async function showPeople() {
  const { data } = await get("/relationships");
  fill(at("relationship"), data.map((one) => [`${one.user_id} and ${one.personality_id} (${one.id})`, one.id]));
  at("relationship").disabled = !data.length;
  at("person").hidden = !data.length;
  at("nobody").hidden = data.length > 0;
  if (data.length) showPerson(await get(`/relationships/${encodeURIComponent(at("relationship").value)}`));
}

function showPerson(one) {
  if (JSON.stringify(one) === drawn) return;
  drawn = JSON.stringify(one);
  states = one.emotional_states;
  draw();
  at("turns").replaceChildren(...states.toReversed().map((state) =>
    row(`${dayOf(state.created_at)} ${clockOf(state.created_at)}`, state.primary_emotion, String(state.valence), String(state.arousal))));
  const { summary, metrics, significant_moments: moments } = one.memory;
  at("summary").textContent = summary ?? "Nothing is remembered.";
  at("topics").textContent = metrics.topics.join(", ") || "none";
  at("moments").replaceChildren(...(moments.length ? moments.map((moment) => `${moment.emotion} (${moment.interaction_id})`) : ["none"])
    .map((text) => made("li", text)));
}

function tag(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

// Drawn in the pixels of the page, so that its text stays readable in a narrow one.
function draw() {
  const width = at("chart").clientWidth;
  if (!width) return;
  at("chart").setAttribute("viewBox", `0 0 ${width} 220`);
  const [left, right] = [26, width - 78];
  const step = (right - left) / Math.max(states.length - 1, 1);
  const x = (index) => Math.round((left + index * step) * 10) / 10;
  const y = (value) => Math.round((94 - Math.max(-1, Math.min(1, value)) * 80) * 10) / 10;
  const parts = [1, 0, -1].flatMap((mark) => [
    tag("line", { class: "axis", x1: left, x2: right, y1: y(mark), y2: y(mark) }),
    tag("text", { x: left - 8, y: y(mark) + 4, "text-anchor": "end" }, String(mark)),
  ]);
  for (const name of ["arousal", "valence"]) {
    const points = states.map((state, index) => [x(index), y(state[name])]);
    parts.push(tag("polyline", { class: name, points: points.map((point) => point.join()).join(" ") }));
    points.forEach(([cx, cy], index) => {
      const point = name === "valence"
        ? tag("circle", { class: name, cx, cy, r: 4 }) : tag("rect", { class: name, x: cx - 3.5, y: cy - 3.5, width: 7, height: 7 });
      const state = states[index];
      point.append(tag("title", {}, `${dayOf(state.created_at)} ${clockOf(state.created_at)}, ${state.primary_emotion}: ${name} ${state[name]}`));
      parts.push(point);
    });
  }
  parts.push(...endLabels(right + 10, y), ...turnLabels(x, step));
  at("chart").replaceChildren(...parts);
  const last = states.at(-1);
  at("chart-text").textContent = last
    ? `${states.length} turn(s); the last one ${last.primary_emotion}, valence ${last.valence}, arousal ${last.arousal}.` : "No turns.";
}

function endLabels(x, y) {
  const last = states.at(-1);
  if (!last) return [];
  const heights = { valence: y(last.valence), arousal: y(last.arousal) };
  const gap = heights.valence - heights.arousal;
  if (Math.abs(gap) < 14) heights.valence += gap < 0 ? -14 - gap : 14 - gap;
  return Object.entries(heights).map(([name, height]) => tag("text", { class: name, x, y: height + 4 }, `${name === "valence" ? "●" : "■"} ${name}`));
}

// Counted from the last turn, as many as there is room for.
function turnLabels(x, step) {
  const every = Math.max(1, Math.ceil(72 / step));
  return states.flatMap((state, index) => (states.length - 1 - index) % every || x(index) < 34 && states.length > 1 && index > 0 ? [] : [
    tag("text", { x: x(index), y: 196, "text-anchor": index ? "middle" : "start" }, state.primary_emotion),
    tag("text", { x: x(index), y: 211, "text-anchor": index ? "middle" : "start" },
      index && dayOf(state.created_at) === dayOf(states[Math.max(0, index - every)].created_at)
        ? clockOf(state.created_at) : dayOf(state.created_at)),
  ]);
}

// --- chat -----------------------------------------------------------------------------------------------------------

function add(kind, text) {
  const item = made("li", "", kind);
  item.append(made("span", text));
  at("log").append(item);
  down();
  return item;
}

function note(item, text) {
  item.append(made("small", text));
  down();
}

function down() {
  at("log").scrollTop = at("log").scrollHeight;
}

// Server-sent events of a POST: EventSource can only GET.
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const name = /^event: ?(.*)$/m.exec(block)?.[1];
      const data = /^data: ?(.+)$/m.exec(block)?.[1];
      if (name && data) yield [name, JSON.parse(data)];
    }
  }
}

async function send(message) {
  running = new AbortController();
  busy(true);
  add("mine", message);
  const item = add("theirs busy", "");
  const fail = (text) => { item.classList.add("failed"); note(item, `✕ ${text}`); };
  const user = at("user").value.trim();
  const turn = { personality_id: at("personality").value, message, stream: true, ...(user ? { user_id: user, mode: "stateful" } : { mode: "stateless" }) };
  let complete = false;
  try {
    const response = await fetch("/v1/respond", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${access.key}` },
      body: JSON.stringify(turn),
      signal: running.signal,
    });
    if (!response.ok) {
      const body = await response.json().catch(() => ({}));
      fail(`${response.status} ${body.error?.code ?? ""}: ${body.error?.message ?? "no JSON"}`);
      return;
    }
    for await (const [name, data] of eventsOf(response)) {
      if (name === "text") item.firstChild.textContent += data.delta;
      if (name === "metadata" && data.inferred_emotional_state) note(item, `read as ${data.inferred_emotional_state.primary}`);
      if (name === "guardrail_modulation") note(item, `changed by a guardrail: ${data.modulation_summary}`);
      if (name === "completion") note(item, `${data.usage.turns_consumed} turn billed, ${data.latency_ms} ms`);
      if (name === "error") fail(`${data.code}: ${data.message}`);
      complete ||= name === "completion" || name === "error";
      down();
    }
    if (!complete) fail("The stream ended without its completion.");
  } catch (error) {
    fail(error.name === "AbortError" ? "Stopped." : `The connection broke: ${error.message}`);
  } finally {
    item.classList.remove("busy");
    busy(false);
    await refresh();
    if (user) await choose(user, turn.personality_id);
  }
}

async function choose(user, personality) {
  const { data } = await get("/relationships");
  const met = data.find((one) => one.user_id === user && one.personality_id === personality);
  if (!met) return;
  at("relationship").value = met.id;
  await refresh();
}

function busy(yes) {
  at("send").disabled = yes;
  at("stop").hidden = !yes;
}

// --- all of it ------------------------------------------------------------------------------------------------------

async function refresh() {
  try {
    const { api_key: key, personalities } = await get("/access");
    access.key = key;
    fill(at("personality"), personalities.map((one) => [one.name, one.id]));
    await showState();
    await showPeople();
  } catch {
    at("connection").textContent = "interrupted"; // the next look may find it again
  }
}

function refreshSoon() {
  refreshing ??= setTimeout(() => { refreshing = null; refresh(); }, 150);
}

at("chat").addEventListener("submit", (event) => {
  event.preventDefault();
  const message = at("message").value.trim();
  if (!message || at("send").disabled) return;
  at("message").value = "";
  send(message);
});
at("message").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("chat").requestSubmit();
  }
});
at("stop").addEventListener("click", () => running?.abort());
at("kind").addEventListener("change", showKind);
at("fault").addEventListener("submit", (event) => {
  event.preventDefault();
  act("The fault is switched on.", () => change("POST", "/rules", ruleOf()));
});
for (const button of document.querySelectorAll("[data-seconds]")) {
  button.addEventListener("click", () =>
    act("The time has moved on.", () => change("POST", "/clock", { advance_seconds: Number(button.dataset.seconds) })));
}
at("freeze").addEventListener("click", () => act("The time stands still.", () => change("POST", "/clock", { freeze: true })));
at("resume").addEventListener("click", () => act("The time goes on.", () => change("POST", "/clock", { freeze: false })));
at("reset").addEventListener("click", () => {
  if (!confirm("Forget all that the sandbox keeps?")) return;
  act("All is as at the start.", async () => {
    await change("POST", "/reset", {});
    at("requests").replaceChildren();
    at("log").replaceChildren();
    at("no-requests").hidden = false;
  });
});
at("relationship").addEventListener("change", refresh);
new ResizeObserver(draw).observe(at("chart"));
showKind();
refresh();
listen();
setInterval(() => { if (!document.hidden) showState().catch(() => {}); }, 1000);
