// The month grid: keys, pasting, and saving row by row. Without this file the page is one form that posts whole.
// Every rule (what is a count, what changed, what is unusual, which level) is asked of the server.

import { readCells } from "./grid-paste.js";
import { pasting } from "./grid-pasting.js";
import { inTurn } from "./grid-queue.js";
import { restOfPaste } from "./grid-rest.js";

const ASK_AT_ONCE = 40, WAIT = 120, CLICK_EDITS = 2;

const form = document.getElementById("month-grid");
const status = document.getElementById("grid-status");
const count = document.getElementById("grid-count");
const undoButton = document.getElementById("undo-paste");
const pageReason = document.getElementById("page-reason");
const report = document.getElementById("paste-report");
const head = [...form.querySelectorAll("thead th[data-code]")];
const columns = head.map((th) => ({ code: th.dataset.code, name: th.textContent.trim() }));

// ---- Rows ----

const rows = [...form.querySelectorAll("tbody tr[data-site]")].map((element) => {
  const key = element.dataset.site;
  const field = (name) => form.elements.namedItem(`${key}.${name}`);
  return {
    key, element, name: element.dataset.name, seen: field("seen"), day: field("day"), reason: field("reason"), same: field("unchanged"),
    cells: columns.map((column) => field(column.code)), link: element.querySelector("th a"),
    state: element.querySelector(".state-text"), filed: {}, pasted: false, saving: false, failed: false, refused: null,
  };
});
const open = rows.filter((row) => row.seen);
const rowOf = new Map();
for (const row of open) {
  takeSeen(row, row.seen.value);
  for (const input of [...row.cells, row.day, row.reason]) if (input) rowOf.set(input, row);
}
const elsewhereOnFile = Number(count.dataset.counted) - onFile();
form.classList.add("scripted");
form.querySelectorAll("tr.wrong").forEach((element) => element.remove());

function takeSeen(row, text) {
  row.seen.value = text;
  row.filed = Object.fromEntries(Object.entries(JSON.parse(text)).map(([code, [, quantity]]) => [code, `${quantity}`]));
}

function onFile() { return open.reduce((sum, row) => sum + Object.keys(row.filed).length, 0); }
function filed(row, index) { return row.filed[columns[index].code] ?? ""; }
function typed(row, index) { return row.cells[index] ? row.cells[index].value.trim() : filed(row, index); }
function isTyped(row, index) { return typed(row, index) !== filed(row, index); }
function isDirty(row) { return columns.some((_column, index) => isTyped(row, index)); }
function corrects(row) { return columns.some((column, index) => column.code in row.filed && isTyped(row, index)); }
function lacksReason(row) { return corrects(row) && !row.reason?.value.trim() && !pageReason?.value.trim(); }

function show(row, state, text) {
  row.state.dataset.state = state;
  row.state.textContent = text;
}

function refresh(row) {
  row.cells.forEach((input, index) => input?.classList.toggle("typed", isTyped(row, index)));
  row.reason?.parentElement.classList.toggle("needed", corrects(row));
  if (row.same) row.same.checked = row.cells.some((input) => input?.value === "=");
  if (isDirty(row)) {
    const why = row.failed ? "the server did not answer" : lacksReason(row) ? "a correction needs a reason" : row.pasted ? "pasted" : "";
    if (!row.saving && !row.refused) show(row, "unsaved", why ? `unsaved: ${why}` : "unsaved");
  } else if (row.state.dataset.state !== "saved" && !row.saving) {
    clearNotes(row);
    row.pasted = row.failed = false;
    show(row, "", "");
  }
}

let said = "";
function tell(text = "") {
  const waiting = open.filter(isDirty).length;
  const sum = waiting ? `${waiting} ${waiting === 1 ? "row" : "rows"} unsaved` : anySaved ? "Everything is saved" : "";
  const now = [text, sum].filter(Boolean).join(" · ");
  if (now !== said) status.textContent = said = now;
}
let anySaved = false;

// ---- The history of the active figure ----

const history = document.getElementById("figure-history");

function historyOf(row, index) {
  const held = row.seen && JSON.parse(row.seen.value)[columns[index]?.code];
  if (!held) return "";
  const address = form.dataset.history.replace("/sites/0/", `/sites/${row.key}/`).replace(/[0-9-]{10}\/$/, `${held[0]}/`);
  return address.replace("/COMPONENT/", () => `/${encodeURIComponent(columns[index].code)}/`);
}

function offerHistory(row, index) {
  const address = historyOf(row, index);
  history.hidden = !address;
  if (!address) return;
  history.href = address;
  history.textContent = `History of ${columns[index].name}, ${row.name}, and dependent documents`;
}

// ---- What typed rows come to: asked of the server ----

const asked = new Set();
let askTimer = 0;

function ask(row) {
  asked.add(row);
  clearTimeout(askTimer);
  askTimer = setTimeout(askNow, WAIT);
}

// A row that is being saved is answered with its figures anyway.
function askNow() {
  const due = [...asked].filter((row) => !row.saving && !row.queued);
  asked.clear();
  for (let start = 0; start < due.length; start += ASK_AT_ONCE) {
    const some = due.slice(start, start + ASK_AT_ONCE);
    inTurn(() => askFor(some), true);
  }
}

async function askFor(some) {
  const address = new URL(form.dataset.figures, location.href);
  const sent = new Map();
  for (const row of some) {
    address.searchParams.append("site", row.key);
    sent.set(row, values(row));
    row.cells.forEach((input) => input && address.searchParams.append(input.name, input.value.trim()));
  }
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const found = (await answer.json()).rows;
    for (const row of some) if (found[row.key] && sent.get(row) === values(row)) showFigures(row, found[row.key]);
  } catch {
    // Changes and levels are a help: without an answer the row only stays without them. Saving tells of its own failures.
  }
}

function values(row) { return row.cells.map((input) => input?.value.trim()).join("\t"); }

function showFigures(row, figures) {
  columns.forEach(({ code }, index) => {
    const cell = row.element.querySelectorAll("td.cell")[index];
    const { change, word, why, title } = figures.cells[code];
    cell.classList.toggle("jump", Boolean(word));
    const says = cell.querySelector(".says");
    says.replaceChildren(change);
    if (word) {
      const mark = document.createElement("b");
      mark.textContent = word;
      mark.title = why;
      says.append(" ", mark);
    }
    if (row.cells[index]) row.cells[index].title = [why, title].filter(Boolean).join(" ");
  });
  const level = row.element.querySelector(".measured");
  const name = document.createElement("span");
  name.className = figures.level ? "level-name" : "level-name muted";
  name.textContent = figures.level ? figures.level.name : "–";
  level.replaceChildren(name);
  if (figures.level?.from) {
    const was = document.createElement("span");
    was.className = "state state-warn";
    was.textContent = `was ${figures.level.from}`;
    level.append(" ", was);
  }
  const says = document.createElement("span");
  says.className = "level-says clause";
  says.textContent = figures.level ? figures.level.says.join(" ") : "";
  level.append(says);
}

// ---- Saving ----

function save(row, asAsked = false) {
  if (!isDirty(row) || row.queued) return;
  if (!asAsked && (row.pasted || lacksReason(row) || row.refused === body(row).toString())) return refresh(row);
  row.queued = true;
  inTurn(async () => {
    row.queued = false;
    if (isDirty(row)) await send(row);
    tell();
  });
}

function body(row) {
  const data = new URLSearchParams();
  for (const input of [...row.cells, row.day, row.reason, row.seen]) if (input) data.append(input.name, input.value.trim());
  data.append("reason", pageReason?.value.trim() ?? "");
  return data;
}

async function send(row) {
  const data = body(row);
  const sent = row.cells.map((input) => input?.value.trim());
  row.saving = true;
  row.failed = false;
  show(row, "saving", "saving");
  let answer, said;
  try {
    const address = form.dataset.row.replace("/sites/0/", `/sites/${row.key}/`);
    const headers = { Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    answer = await fetch(address, { method: "POST", headers, body: data });
    if (answer.redirected) throw new Error("signed out");
    if (answer.ok || [409, 422].includes(answer.status)) said = await answer.json();
  } catch (error) {
    row.saving = false;
    row.failed = true;
    show(row, "unsaved", error.message === "signed out"
      ? "unsaved: you are signed out. Sign in in another tab, then save again."
      : "unsaved: the server did not answer. It is tried again once you are online.");
    tell("A row could not be saved.");
    return;
  }
  row.saving = false;
  if (!said) {
    row.refused = data.toString();
    show(row, "refused", `refused: ${answer.status === 403 ? "you may not enter counts here; sign in again if you could before" : "the server could not save it. Save again"}.`);
    tell(`${row.name} was not saved.`);
  } else if (answer.ok) {
    saved(row, said.row, sent);
  } else {
    refused(row, said, data.toString());
  }
}

function saved(row, figures, sent) {
  clearNotes(row);
  row.refused = null;
  takeSeen(row, figures.seen);
  row.cells.forEach((input, index) => {
    if (input && input.value.trim() === sent[index]) input.value = filed(row, index);
  });
  if (row.reason) row.reason.value = "";
  pasted.keep(row);
  row.pasted = false;
  anySaved = true;
  showOnFile();
  const now = new Date();
  const time = `${now.getHours()}:${String(now.getMinutes()).padStart(2, "0")}`;
  show(row, "saved", `saved ${time}`);
  showFigures(row, figures);
  refresh(row);
  if (isDirty(row)) ask(row);
  tell(`${row.name}: saved ${time}`);
}

// The head counts the whole month; what this page lacks stands at its link.
function showOnFile() {
  count.textContent = `${elsewhereOnFile + onFile()} of ${count.dataset.expected} on file`;
  const lacks = document.querySelector(".month-pages [aria-current] .lacks");
  if (!lacks) return;
  const lacking = open.reduce((sum, row) => sum + columns.filter(({ code }, index) => !(code in row.filed) && !isMarked(row, index)).length, 0);
  lacks.textContent = lacking ? `${lacking} to count` : "nothing to count";
}

function isMarked(row, index) { return Boolean(row.element.querySelectorAll("td.cell")[index].querySelector(".marked-missing")); }

function refused(row, said, sentBody) {
  clearNotes(row);
  row.refused = sentBody;
  showFigures(row, said.row);
  const list = notes(row);
  const mark = (input) => {
    input?.setAttribute("aria-invalid", "true");
    input?.setAttribute("aria-describedby", `wrong-${row.key}`);
  };
  for (const conflict of said.conflicts) {
    const index = columns.findIndex(({ code }) => code === conflict.code);
    const item = document.createElement("li");
    item.append(conflict.says, button(`Keep mine: ${conflict.typed || "none"}`, () => settle(row, said.row.seen, index, conflict.typed)));
    item.append(button(`Take theirs: ${conflict.stored || "none"}`, () => settle(row, said.row.seen, index, conflict.stored)));
    list.append(item);
    mark(row.cells[index]);
  }
  const shown = new Set(said.conflicts.map(({ says }) => says));
  for (const { place, says } of said.errors) {
    if (shown.has(says)) continue;
    shown.add(says);
    const item = document.createElement("li");
    item.textContent = says;
    list.append(item);
    const at = { day: row.day, counted_on: row.day, reason: row.reason }[place];
    mark(at ?? row.cells[columns.findIndex(({ code }) => code === place)]);
    if (place === "reason") row.reason?.parentElement.classList.add("needed");
  }
  show(row, "refused", said.conflicts.length ? "refused: somebody else saved first" : "refused: see below");
  tell(`${row.name} was refused: ${list.firstElementChild.firstChild.textContent}`);
}

function settle(row, seenText, index, value) {
  const { code } = columns[index];
  const seen = JSON.parse(row.seen.value);
  const fresh = JSON.parse(seenText);
  if (code in fresh) seen[code] = fresh[code]; else delete seen[code];
  takeSeen(row, JSON.stringify(seen));
  row.cells[index].value = value;
  row.cells[index].removeAttribute("aria-invalid");
  const item = document.activeElement.closest("li");
  item?.remove();
  row.refused = null;
  if (!row.element.nextElementSibling?.querySelector("li")) clearNotes(row);
  row.state.dataset.state = "";
  refresh(row);
  ask(row);
  tell();
  (corrects(row) && lacksReason(row) ? row.reason : row.cells[index]).focus();
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-sm btn-outline-primary";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function notes(row) {
  const line = document.createElement("tr");
  line.className = "wrong";
  line.id = `wrong-${row.key}`;
  const cell = line.insertCell();
  cell.colSpan = columns.length + 4;
  const list = document.createElement("ul");
  list.className = "errorlist";
  cell.append(list);
  row.element.after(line);
  return list;
}

function clearNotes(row) {
  document.getElementById(`wrong-${row.key}`)?.remove();
  for (const input of [...row.cells, row.day, row.reason]) {
    input?.removeAttribute("aria-invalid");
    input?.removeAttribute("aria-describedby");
  }
}

function saveAll() {
  const waiting = open.filter(isDirty);
  if (!waiting.length) return tell("Nothing to save.");
  waiting.forEach((row) => save(row, true));
  tell();
}

// The page is left once all of it is saved; a row that was refused keeps it.
function saveAndGoOn(number) {
  open.filter(isDirty).forEach((row) => save(row, true));
  tell();
  inTurn(async () => {
    if (open.some(isDirty)) return tell("This page is not saved yet: see the rows that are marked.");
    location.assign(document.querySelector(`.month-pages a[data-page="${number}"]`).href);
  });
}

form.addEventListener("submit", (event) => { event.preventDefault(); saveAll(); });
form.addEventListener("change", (event) => {
  const row = event.target.type === "checkbox" && open.find((one) => one.same === event.target);
  if (!row) return;
  row.cells.forEach((input, index) => {
    const was = input?.parentElement.querySelector(".was").textContent;
    if (input && was !== "–" && !filed(row, index) && input.value === (row.same.checked ? "" : "=")) input.value = row.same.checked ? "=" : "";
  });
  refresh(row);
  tell();
});
window.addEventListener("online", () => open.filter((row) => row.failed).forEach((row) => save(row, true)));
window.addEventListener("beforeunload", (event) => { if (open.some((row) => isDirty(row) || row.saving || row.queued)) event.preventDefault(); });
pageReason?.addEventListener("change", () => open.filter(isDirty).forEach((row) => save(row)));

// ---- Moving and typing ----

let editing = false, entered = "";

const line = (row) => [row.link, ...row.cells, row.day];
const nearest = (row) => row.cells.filter(Boolean);

function go(input) {
  if (!input) return false;
  input.focus();
  return true;
}

function position(target) {
  const row = rowOf.get(target) ?? open.find((one) => one.link === target);
  return row ? { row, at: line(row).indexOf(target) } : null;
}

function moveDown(row, at, step) {
  for (let next = open.indexOf(row) + step; open[next]; next += step) if (line(open[next])[at]) return go(line(open[next])[at]);
  return false;
}

function moveAcross(row, at, step) {
  for (let next = at + step; next >= 0 && next < line(row).length; next += step) if (line(row)[next]) return go(line(row)[next]);
  return false;
}

function tabTo(row, target, back) {
  const needsReason = row.reason?.parentElement.classList.contains("needed");
  const stops = [...nearest(row), ...(needsReason ? [row.reason] : [])];
  const at = stops.indexOf(target);
  const inRow = at < 0 ? undefined : stops[at + (back ? -1 : 1)];
  if (inRow) return go(inRow);
  if (at < 0 && back) return go(stops.at(-1));
  const step = back ? -1 : 1;
  for (let next = open.indexOf(row) + step; open[next]; next += step) {
    const other = nearest(open[next]);
    if (other.length) return go(back ? other.at(-1) : other[0]);
  }
  return false;
}

form.addEventListener("focusin", (event) => {
  const row = rowOf.get(event.target);
  if (!row) return;
  editing = event.target === row.reason;
  offerHistory(row, row.cells.indexOf(event.target));
  entered = event.target.value;
  if (!editing) event.target.select();
});

form.addEventListener("mouseup", (event) => { if (rowOf.has(event.target) && event.detail >= CLICK_EDITS) editing = true; });

form.addEventListener("input", (event) => {
  const row = rowOf.get(event.target);
  if (!row) return event.target === pageReason ? open.filter(isDirty).forEach(refresh) : undefined;
  if (row.state.dataset.state === "saved" || row.refused) {
    row.state.dataset.state = "";
    row.refused = null;
  }
  refresh(row);
  tell();
});

form.addEventListener("change", (event) => {
  const row = rowOf.get(event.target);
  if (row && row.cells.includes(event.target)) ask(row);
});

form.addEventListener("focusout", (event) => {
  const row = rowOf.get(event.target);
  if (!row) return;
  if (row.cells.includes(event.target) && event.target.value !== entered) ask(row);
  const to = event.relatedTarget;
  if (!to || (rowOf.get(to) !== row && !to.closest(`#wrong-${row.key}`))) save(row);
});

form.addEventListener("keydown", (event) => {
  const place = position(event.target);
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === "s") { event.preventDefault(); return saveAll(); }
  if (control && event.key.toLowerCase() === "z" && pasted.waits() && event.target.value === entered) { event.preventDefault(); return pasted.undo(); }
  if (control && event.key === "Enter" && place && !history.hidden) { event.preventDefault(); return history.click(); }
  if (!place || event.altKey) return;
  if (press(event, place, control)) event.preventDefault();
});

function press(event, { row, at }, control) {
  const input = event.target;
  const isReason = input === row.reason;
  switch (event.key) {
    case "Enter":
      if (input === row.link) return false;
      if (isReason) return moveDown(row, 1 + row.cells.findIndex(Boolean), event.shiftKey ? -1 : 1);
      if (!moveDown(row, at, event.shiftKey ? -1 : 1)) leaveAndReturn(row, input);
      return true;
    case "Tab": return tabTo(row, input, event.shiftKey);
    case "ArrowUp": return isReason ? false : (moveDown(row, at, -1), true);
    case "ArrowDown": return isReason ? false : (moveDown(row, at, 1), true);
    case "ArrowLeft": return editing || event.shiftKey ? false : (moveAcross(row, at, -1), true);
    case "ArrowRight": return editing || event.shiftKey ? false : (moveAcross(row, at, 1), true);
    case "Home": case "End": {
      if (editing || event.shiftKey) return false;
      const last = event.key === "End";
      const target = control ? open.filter((one) => nearest(one).length).at(last ? -1 : 0) : row;
      return go(nearest(target).at(last ? -1 : 0));
    }
    case "F2":
      if (input === row.link) return false;
      editing = true;
      input.setSelectionRange(input.value.length, input.value.length);
      return true;
    case "Escape":
      if (input === row.link) return false;
      input.value = entered;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      editing = isReason;
      input.select();
      return true;
    case "Delete":
      if (editing || input === row.link) return false;
      input.value = "";
      input.dispatchEvent(new Event("input", { bubbles: true }));
      return true;
    default: return false;
  }
}

// The last row has none below it: Enter there keeps the cell and saves what was typed.
function leaveAndReturn(row, input) {
  ask(row);
  save(row);
  entered = input.value;
  input.select();
}

// ---- Pasting ----

// The sites of the month in its order: the rows of this page, and in their places those of the other pages.
const month = monthOf(JSON.parse(document.getElementById("grid-places")?.textContent ?? "[]"));
const openOfMonth = month.filter((row) => row.seen);

function monthOf(places) {
  if (!places.length) return rows;
  const rowsByKey = new Map(rows.map((row) => [row.key, row]));
  const page = (place) => Math.floor(place / form.dataset.rowsAPage) + 1;
  return places.map(([key, name, seen], place) => rowsByKey.get(`${key}`) ?? { key: `${key}`, name, seen, page: page(place) });
}

const thisPage = Number(form.dataset.page);
const pageOfSite = new Map(month.map((row) => [row.key, row.page ?? thisPage]));
const rest = restOfPaste({
  address: `paste ${location.pathname} ${new URLSearchParams(location.search).get("after") ?? ""}`,
  page: thisPage,
  pageOf: (key) => pageOfSite.get(key),
  section: document.getElementById("paste-rest"),
  fillIn() { pasted.fillIn(); },
  goOn: saveAndGoOn,
  tell,
});

const pasted = pasting({
  rows: month, open: openOfMonth, columns, rest, undoButton, report, tell,
  changed(row) { refresh(row); ask(row); },
  done() { entered = document.activeElement.value; },
});

form.addEventListener("paste", (event) => {
  const place = position(event.target);
  if (!place || event.target === place.row.reason || event.target === place.row.day || event.target === place.row.link) return;
  const text = event.clipboardData.getData("text/plain");
  const lines = readCells(text);
  if (editing && lines.length === 1 && lines[0].length === 1) return;
  event.preventDefault();
  pasted.lay(lines, openOfMonth.indexOf(place.row), place.at - 1);
  document.activeElement.select?.();
});

undoButton.addEventListener("click", () => { pasted.undo(); nearest(open[0])[0]?.focus(); });
report.querySelector("button").addEventListener("click", () => { report.hidden = true; });

open.forEach(refresh);
tell();
pasted.tellLost(rest.lost());
nearest(open.find((row) => nearest(row).some((input) => !input.value)) ?? open[0] ?? { cells: [] })[0]?.focus({ preventScroll: true });
