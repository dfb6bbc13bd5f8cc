// The demo's side: the clock, the form that fires events, and the patient's phone.
import { byId, call, clock, h, listen, moment, useZone, words } from "./api.js";

let world = { phones: [], events: [] };
let chosen = "";
let guard;
let refresh;

export function start(guardFn, refreshFn) {
  guard = guardFn;
  refresh = refreshFn;
  byId("who").addEventListener("change", (e) => {
    chosen = e.target.value;
    drawPhone();
  });
  byId("sample").addEventListener("change", loadSample);
  byId("fire").addEventListener("click", () => guard(fire));
  byId("dry").addEventListener("click", () => guard(dryRun));
  byId("jump-next").addEventListener("click", () => guard(() => call("POST", "/demo/clock/jump")));
  byId("jump-hour").addEventListener("click", () => guard(() => call("POST", "/demo/clock/jump?by=PT1H")));
  listen("/demo/stream", (name, state) => name === "state" && show(state), () => {});
  setInterval(tick, 1000);
}

let base = 0; // the demo's time when the last state came
let came = 0;

function tick() {
  if (!base) return;
  const now = base + (Date.now() - came);
  window.curlewNow = now;
  byId("clock").textContent = `${moment(new Date(now).toISOString()).replace(/,? \d\d:\d\d$/, "")} ${clock(new Date(now).toISOString())}`;
}

function show(state) {
  const first = world.phones.length === 0;
  world = state;
  base = Date.parse(state.now);
  came = Date.now();
  useZone(state.time_zone);
  tick();
  byId("next").textContent = state.next_at ? `next ${moment(state.next_at)}` : "";
  byId("jump-next").disabled = !state.next_at;
  if (first) {
    refresh();
    byId("sample").replaceChildren(...world.events.map((e, i) => h("option", { value: i }, e.title)));
    loadSample();
  } else if (byId("body").value === loaded) {
    loadSample(); // with a fresh id
  }
  drawWho();
  drawPhone();
}

const pretty = (body) => JSON.stringify(JSON.parse(body), null, 2);

let loaded = ""; // the sample as it was put into the form

function loadSample() {
  const sample = world.events[byId("sample").value];
  if (!sample) return;
  loaded = pretty(sample.body);
  byId("body").value = loaded;
}

// busiest is the phone to look at while nobody has chosen one: it rings, talks, or got the newest message.
function busiest() {
  const active = world.phones.find((p) => p.state === "ringing" || p.state === "talking");
  if (active) return active;
  const last = (p) => p.messages.at(-1)?.at || "";
  return [...world.phones].sort((a, b) => (last(a) < last(b) ? 1 : -1))[0];
}

function drawWho() {
  const mark = { ringing: "🔔 ", talking: "☎ " };
  const select = byId("who");
  const options = [h("option", { value: "" }, "Whoever is called"), ...world.phones.map((p) =>
    h("option", { value: p.number }, `${mark[p.state] || ""}${p.name} · …${p.number.slice(-4)} · ${p.behaviour}`))];
  select.replaceChildren(...options);
  select.value = chosen;
}

function drawPhone() {
  const p = world.phones.find((x) => x.number === chosen) || busiest();
  const phone = byId("phone");
  if (!p) {
    phone.replaceChildren(h("p", { class: "empty soft" }, "No phone rings yet."));
    return;
  }
  const head = h("div", { class: "who" }, h("b", {}, p.name), h("span", { class: "soft" }, p.number));
  const body = p.state === "ringing" ? ringing(p) : p.state === "talking" ? talking(p) : inbox(p);
  phone.replaceChildren(head, ...[body].flat());
  const said = phone.querySelector(".said, .screen");
  if (said) said.scrollTop = said.scrollHeight;
}

const act = (p, what) => () => guard(() => call("POST", `/demo/phone/${encodeURIComponent(p.number)}/${what}`));

function ringing(p) {
  return h("div", { class: "call ringing", role: "status" },
    h("p", { class: "grow" }, ""), h("div", { class: "ring", "aria-hidden": true }, "☎"),
    h("div", { class: "big" }, "Ringing"), h("div", {}, p.caller_id), h("p", { class: "grow" }, ""),
    p.by_hand ? h("div", { class: "actions" },
      h("button", { class: "no", onclick: act(p, "hangup") }, "Decline"),
      h("button", { class: "yes", onclick: act(p, "answer") }, "Answer")) : h("div", {}, p.behaviour));
}

function talking(p) {
  const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
  return h("div", { class: "call" },
    h("div", {}, `In a call · ${p.caller_id || ""}`, p.pressed ? ` · pressed ${p.pressed}` : ""),
    h("div", { class: "said", role: "log", "aria-label": "What is being said" }, (p.spoken || []).map((s) => h("p", { dir: "auto" }, s))),
    h("div", { class: "pad" }, keys.map((k) => h("button", { "aria-label": `key ${k}`, onclick: act(p, `press?digits=${encodeURIComponent(k)}`) }, k))),
    h("div", { class: "actions" }, h("button", { class: "no", onclick: act(p, "hangup") }, "Hang up")));
}

function inbox(p) {
  const messages = p.messages.map((m) => h("div", { class: `msg${m.out ? " out" : ""}`, dir: "auto" },
    h("small", {}, `${words(m.channel)} · ${moment(m.at)}`), m.subject ? h("b", {}, m.subject) : "", m.text,
    m.link ? h("div", {}, h("a", { class: "tap", href: safeLink(m.link), target: "_blank", rel: "noopener noreferrer" }, "Open the link")) : "",
    m.buttons?.length ? h("div", { class: "chips" }, m.buttons.map((b) => h("span", { class: "chip" }, b))) : ""));
  return [h("div", { class: "screen" }, messages.length ? messages : h("p", { class: "empty soft" }, "No messages yet.")),
    h("div", { class: "foot" }, h("button", { onclick: act(p, "ring") }, "Call back"), h("span", { class: "soft" }, ` born in ${p.birth_year}`))];
}

// safeLink opens response pages of this server only, whatever a message says.
function safeLink(link) {
  const at = new URL(link, location.href);
  return /^\/(.*\/)?r\/[A-Za-z0-9_-]+$/.test(at.pathname) ? at.pathname : "#";
}

async function fire() {
  const out = byId("outcome");
  try {
    const r = await call("POST", "/demo/fire", byId("body").value);
    out.replaceChildren(r.duplicate ? "Came before: nothing was done." : `Taken: ${r.transactions.length} transaction(s).`);
  } catch (err) {
    out.replaceChildren(trouble(err));
  }
}

async function dryRun() {
  const out = byId("outcome");
  try {
    const r = await call("POST", "/api/v1/dry-run", byId("body").value);
    const lines = r.timeline.map((e) => h("li", {}, h("b", {}, `${moment(e.at)} · ${words(e.kind)} ${e.channel || ""} ${e.gateway || ""}`),
      ` ${words(e.reason)} ${e.note || ""}`, Object.entries(e.texts || {}).map(([lang, t]) => h("q", { lang, dir: "auto" }, t.join(" ")))));
    out.replaceChildren(h("p", {}, "If nobody ever answered:"), h("ol", {}, lines));
  } catch (err) {
    out.replaceChildren(trouble(err));
  }
}

function trouble(err) {
  return h("div", { class: "bad" }, err.message, h("ul", {}, (err.errors || []).map((e) => h("li", {}, `${e.pointer || ""} ${e.detail} ${e.hint || ""}`))));
}
