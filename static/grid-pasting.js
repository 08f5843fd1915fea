// Laying a copied rectangle down in the month grid: what was left out is listed, and the last paste can be taken back.
// Lines for sites of other pages go to `rest`, which offers them there.

import { isCount, plan, whyNot } from "./grid-paste.js";

// `changed` is told of every row that got other figures, `done` once they all stand there.
export function pasting({ rows, open, columns, rest, undoButton, report, changed, done, tell }) {
  let last = [], restBefore = null;

  function lay(lines, firstRow, firstColumn) {
    const { body, shift, bySite, strange, names, columnOf, rowsOf } = plan(lines, { columns, rows, open, firstRow, firstColumn });
    const left = strange.map((text) => `The column “${text}” is no component here.`);
    const laid = [];
    const elsewhere = [];
    const taken = new Set();
    let empty = 0;
    body.forEach((cells, number) => {
      const where = `Line ${number + (names ? 2 : 1)}`;
      if (cells.every((text) => !text)) { empty += cells.length; return; }
      const found = rowsOf(cells, number);
      const row = found[0];
      const why = noRow(cells, found, bySite) ?? (taken.has(row) ? `${row.name} stands there for the second time` : "");
      if (why) { left.push(`${where}: ${why} (${cells.slice(shift).filter(Boolean).join(", ") || "no figure"}).`); return; }
      taken.add(row);
      const figures = {}, beyond = [];
      cells.forEach((text, index) => {
        if (index < shift || (names && columnOf(index) < 0)) return;
        if (!text) { empty += 1; return; }
        const column = columns[columnOf(index)];
        if (column) figures[column.code] = text;
        else beyond.push(`${where}, ${row.name}: there is no column left for ${text}.`);
      });
      if (!row.page) laid.push(...figuresOf(row, figures, left));
      else if (Object.keys(figures).length) elsewhere.push({ key: row.key, name: row.name, figures });
      left.push(...beyond);
    });
    const before = rest.lines();
    if (elsewhere.length && !rest.add(elsewhere)) {
      left.push(...elsewhere.map(({ name }) => `${name} is on another page, and this browser keeps nothing for it: paste it there.`));
      elsewhere.length = 0;
    }
    layDown(laid);
    restBefore = elsewhere.length ? before : null;
    showReport(laid.length, left, empty, elsewhere.length);
  }

  function figuresOf(row, figures, left) {
    const laid = [];
    for (const [code, text] of Object.entries(figures)) {
      const at = columns.findIndex((column) => column.code === code);
      const input = row.cells[at];
      if (at < 0) left.push(`${row.name}: ${code} is no component of this month any more (${text}).`);
      else if (!input) left.push(`${row.name}, ${columns[at].name}: you may not change this figure (${text}).`);
      else if (!isCount(text)) left.push(`${row.name}, ${columns[at].name}: “${text}” ${whyNot(text)}.`);
      else laid.push({ row, input, before: input.value, after: String(Number(text)) });
    }
    return laid;
  }

  // What was pasted on another page for rows of this one; a row with nothing to save then waits no longer.
  function fillIn() {
    const left = [], laid = [];
    const lines = rest.offered();
    for (const { key, name, figures } of lines) {
      const row = rows.find((one) => one.key === key);
      if (row.seen) laid.push(...figuresOf(row, figures, left));
      else left.push(`${name} cannot be counted yet (${Object.values(figures).join(", ")}).`);
    }
    layDown(laid);
    rest.filled(lines.map(({ key }) => key), new Set(laid.filter((one) => one.before !== one.after).map((one) => one.row.key)));
    showReport(laid.length, left, 0, 0);
    laid[0]?.input.focus();
  }

  function layDown(laid) {
    for (const one of laid) {
      one.wasPasted = one.row.pasted;
      one.input.value = one.after;
    }
    for (const row of new Set(laid.map((one) => one.row))) {
      row.pasted = true;
      row.refused = null;
      if (row.state.dataset.state === "saved") row.state.dataset.state = "";
      changed(row);
    }
    last = laid;
    restBefore = null;
    done();
    showUndo();
  }

  function showReport(number, left, empty, elsewhere) {
    const [summary, list] = [report.querySelector("p"), report.querySelector("ul")];
    const parts = [`${number} ${number === 1 ? "figure" : "figures"} pasted.`];
    if (empty) parts.push(`${empty} empty ${empty === 1 ? "cell" : "cells"} changed nothing.`);
    if (elsewhere) parts.push(`${elsewhere} ${elsewhere === 1 ? "row belongs" : "rows belong"} on other pages.`);
    if (left.length) parts.push(`${left.length} left out:`);
    summary.textContent = parts.join(" ");
    list.replaceChildren(...left.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    report.hidden = !left.length;
    tell(parts.join(" "));
  }

  function tellLost(lines) {
    const texts = lines.map(({ name, figures }) => `${name} is no site of this month any more (${Object.values(figures).join(", ")}).`);
    if (texts.length) showReport(0, texts, 0, 0);
  }

  function showUndo() {
    undoButton.hidden = !last.length;
    undoButton.textContent = `Undo the paste of ${last.length} ${last.length === 1 ? "figure" : "figures"}`;
  }

  function undo() {
    const kept = last.filter((one) => one.input.value !== one.after);
    for (const one of last.filter((each) => !kept.includes(each))) one.input.value = one.before;
    for (const row of new Set(last.map((one) => one.row))) {
      row.pasted = last.some((one) => one.row === row && one.wasPasted);
      changed(row);
    }
    const undone = last.length - kept.length;
    rest.takenBack(last.map((one) => one.row.key), restBefore);
    last = [];
    restBefore = null;
    done();
    showUndo();
    report.hidden = true;
    tell(`The paste of ${undone} figures is undone.${kept.length ? ` ${kept.length} were changed since and stay.` : ""}`);
  }

  // A row that is saved is no longer taken back with the others.
  function keep(row) {
    last = last.filter((one) => one.row !== row);
    rest.saved(row.key);
    showUndo();
  }

  return { lay, fillIn, tellLost, undo, keep, waits: () => last.length > 0 };
}

function noRow(cells, found, bySite) {
  if (!found.length) return bySite ? `“${cells[0]}” is no site of this month` : "there is no row left for it";
  if (found.length > 1) return `“${cells[0]}” names more than one site`;
  return found[0].seen ? null : `${found[0].name} cannot be counted yet`;
}
