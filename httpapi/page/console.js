import { byId, call, clock, demo, forgetKey, h, hasKey, listen, moment, Refused, useKey, words } from "./api.js";

const api = "/api/v1";
const states = ["scheduled", "queued", "in_progress", "awaiting_response", "completed", "failed", "cancelled", "expired", "suppressed"];
const icons = { ivr: "☎", whatsapp: "✆", sms: "✉", email: "@" };

let items = [];
let cursor = "";
let open = location.hash.slice(1); // id of the row that shows its details

function say(err) {
  const banner = byId("banner");
  banner.hidden = !err;
  banner.textContent = err ? err.message : "";
}

// guard runs fn and shows what went wrong; a refused key is asked for again.
async function guard(fn) {
  try {
    const out = await fn();
    say(null);
    return out;
  } catch (err) {
    if (err instanceof Refused && err.status === 401 && !demo) {
      forgetKey();
      askKey();
    }
    say(err);
  }
}

function query(more) {
  const q = new URLSearchParams({ limit: "50" });
  if (byId("q").value.trim()) q.set("q", byId("q").value.trim());
  if (byId("state").value) q.set("state", byId("state").value);
  if (more) q.set("cursor", cursor);
  return q;
}

async function load(more) {
  const page = await call("GET", `${api}/activities?${query(more)}`);
  items = more ? items.concat(page.items) : page.items;
  cursor = page.next || "";
  drawRows();
}

async function loadTiles() {
  const week = 7 * 24 * 3600 * 1000;
  const now = new Date((window.curlewNow || Date.now()) + 1000);
  const q = new URLSearchParams({ from: new Date(now - week).toISOString(), to: now.toISOString() });
  const stats = await call("GET", `${api}/stats?${q}`);
  const tiles = states.filter((s) => stats.states[s] || ["queued", "in_progress", "awaiting_response", "completed", "failed"].includes(s));
  byId("tiles").replaceChildren(...tiles.map((s) =>
    h("button", { class: `tile s-${s}`, onclick: () => pick(s) }, h("b", {}, String(stats.states[s] || 0)), h("small", {}, words(s)))));
}

function pick(state) {
  const select = byId("state");
  select.value = select.value === state ? "" : state;
  guard(() => load());
}

function chip(a, ended) {
  const busy = !ended && a.state !== "ended";
  const good = ["answered", "delivered", "accepted"].includes(a.disposition);
  const text = `${icons[a.channel] || ""} ${words(a.disposition || a.state)}`;
  return h("span", { class: `chip${busy ? " busy" : ""}${good ? " good" : ""}`, title: [a.cause, a.gateway].filter(Boolean).join(" · ") }, text);
}

function row(a) {
  const answer = a.response ? `${words(a.response.action)} by ${a.response.channel}${a.response.late ? " (late)" : ""}` : "";
  const when = a.ended_at ? `ended ${moment(a.ended_at)}` : a.next_at ? `next ${moment(a.next_at)}` : "";
  const li = h("li", { class: "row", "data-id": a.id },
    h("button", { "aria-expanded": String(open === a.id), onclick: () => toggle(a.id) },
      h("span", {}, h("span", { class: `pill s-${a.state}` }, words(a.state))),
      h("span", { class: "name" }, a.configuration, h("span", { class: "sub" }, `${a.subject_id} · ${a.recipient.id} · ${a.recipient.phone_masked}`)),
      h("span", {}, answer || words(a.reason) || (a.state === "in_progress" ? "under way" : ""), h("span", { class: "sub" }, when)),
      h("span", { class: "chips" }, a.attempts.map((at) => chip(at, Boolean(a.ended_at))))));
  if (open === a.id) {
    const box = h("div", { class: "detail" }, h("p", { class: "soft" }, "…"));
    li.append(box);
    guard(() => detail(a.id, box));
  }
  return li;
}

function drawRows() {
  const focus = document.activeElement?.closest?.(".row")?.dataset.id;
  const kept = byId("rows").querySelector(".detail");
  const rows = items.map(row);
  if (kept) {
    const box = rows.find((r) => r.dataset.id === open)?.querySelector(".detail");
    box?.replaceChildren(...kept.childNodes); // until the new one has come
  }
  byId("rows").replaceChildren(...rows);
  byId("more").hidden = !cursor;
  const empty = byId("empty");
  empty.hidden = items.length > 0;
  empty.textContent = demo ? "Nothing yet. Fire an event." : "Nothing here.";
  if (focus) byId("rows").querySelector(`[data-id="${focus}"] button`)?.focus();
}

function toggle(id) {
  open = open === id ? "" : id;
  history.replaceState(null, "", open ? `#${open}` : location.pathname);
  drawRows();
}

async function detail(id, box) {
  const [a, why, logs] = await Promise.all([
    call("GET", `${api}/activities/${id}`),
    call("GET", `${api}/activities/${id}/why`),
    call("GET", `${api}/logs?transaction=${id}&limit=100`),
  ]);
  const ended = ["completed", "failed", "cancelled", "expired", "suppressed"].includes(a.state);
  const act = (verb) => () => guard(async () => {
    await call("POST", `${api}/activities/${id}/${verb}`);
    await load();
  });
  box.replaceChildren(
    h("p", { class: "why" }, h("b", {}, ended ? `Ended: ${words(a.reason)}` : "Why not yet?"), why.rule, why.next_at ? ` Next at ${moment(why.next_at)}.` : ""),
    h("p", { class: "soft" }, `Due ${moment(a.due_at)} · gives up ${moment(a.expires_at)} · generation ${a.generation}`),
    attempts(a.attempts),
    ended ? "" : h("div", { class: "actions" },
      h("button", { onclick: act("retry"), disabled: a.state === "in_progress" }, "Make it due now"),
      h("button", { class: "stop", onclick: act("cancel") }, "Cancel")),
    h("ol", { class: "log", "aria-label": "Log" }, logs.items.map((l) =>
      h("li", {}, h("time", {}, clock(l.at)), ` ${words(l.kind)} `, h("span", { class: "soft" }, facts(l.data))))));
}

const facts = (data) => Object.entries(data || {}).filter(([, v]) => v !== "").map(([k, v]) => `${k}=${typeof v === "object" ? JSON.stringify(v) : v}`).join(" ");

function attempts(list) {
  if (list.length === 0) return "";
  const cells = (tag, values) => h("tr", {}, values.map((v) => h(tag, {}, v || "")));
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, cells("th", ["Attempt", "Through", "State", "Came to", "Cause", "Started", "Keys"])),
    h("tbody", {}, list.map((a) => cells("td", [
      `${a.channel} ${a.step + 1}.${a.try}`, [a.pbx, a.gateway].filter(Boolean).join("/"), a.state, words(a.disposition),
      [a.cause, a.sip_status || ""].join(" ").trim(), clock(a.started_at), a.digits])))));
}

let due = 0;

// refresh reads the lists anew, at most three times a second.
function refresh() {
  if (due) return;
  due = setTimeout(() => {
    due = 0;
    guard(() => Promise.all([load(), loadTiles(), loadPauses()]));
  }, 300);
}

async function loadPauses() {
  const pauses = await call("GET", `${api}/pauses`);
  const all = pauses.items.some((p) => p.kind === "all");
  const button = byId("pause");
  button.hidden = false;
  button.textContent = all ? "Resume all" : "Pause all";
  button.onclick = () => guard(async () => {
    await call("POST", all ? `${api}/resume` : `${api}/pause`, JSON.stringify({ kind: "all" }));
    refresh();
  });
}

function live(status) {
  const el = byId("live");
  el.classList.toggle("on", status === "on");
  el.textContent = { on: "live", off: "reconnecting", refused: "no access" }[status];
  if (status === "on") refresh();
}

function askKey() {
  const dialog = byId("ask");
  if (!dialog.open) dialog.showModal();
}

function start() {
  refresh();
  listen(`${api}/stream`, refresh, live);
}

byId("ask").addEventListener("close", () => {
  useKey(byId("key").value);
  byId("key").value = "";
  start();
});
byId("q").addEventListener("input", refresh);
byId("state").addEventListener("change", refresh);
byId("more").addEventListener("click", () => guard(() => load(true)));

if (hasKey()) start();
else askKey();
if (demo) import("./phone.js").then((m) => m.start(guard, refresh));
