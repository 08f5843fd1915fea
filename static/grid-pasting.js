// Laying a copied rectangle down in the month grid: what was left out is listed, and the last paste can be taken back.

import { isCount, plan, whyNot } from "./grid-paste.js";

// `changed` is told of every row that got other figures, `done` once they all stand there.
export function pasting({ rows, open, columns, undoButton, report, changed, done, tell }) {
  let last = [];

  function lay(lines, firstRow, firstColumn) {
    const { body, shift, bySite, strange, names, columnOf, rowsOf } = plan(lines, { columns, rows, open, firstRow, firstColumn });
    const left = strange.map((text) => `The column “${text}” is no component here.`);
    const laid = [];
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
      cells.forEach((text, index) => {
        if (index < shift || (names && columnOf(index) < 0)) return;
        if (!text) { empty += 1; return; }
        const at = columnOf(index);
        const input = row.cells[at];
        if (!columns[at]) left.push(`${where}, ${row.name}: there is no column left for ${text}.`);
        else if (!input) left.push(`${row.name}, ${columns[at].name}: you may not change this figure (${text}).`);
        else if (!isCount(text)) left.push(`${row.name}, ${columns[at].name}: “${text}” ${whyNot(text)}.`);
        else laid.push({ row, input, before: input.value, after: String(Number(text)) });
      });
    });
    layDown(laid);
    showReport(laid.length, left, empty);
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
    done();
    showUndo();
  }

  function showReport(number, left, empty) {
    const [summary, list] = [report.querySelector("p"), report.querySelector("ul")];
    const parts = [`${number} ${number === 1 ? "figure" : "figures"} pasted.`];
    if (empty) parts.push(`${empty} empty ${empty === 1 ? "cell" : "cells"} changed nothing.`);
    if (left.length) parts.push(`${left.length} left out:`);
    summary.textContent = parts.join(" ");
    list.replaceChildren(...left.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    report.hidden = !left.length;
    tell(parts.join(" "));
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
    last = [];
    done();
    showUndo();
    report.hidden = true;
    tell(`The paste of ${undone} figures is undone.${kept.length ? ` ${kept.length} were changed since and stay.` : ""}`);
  }

  // A row that is saved is no longer taken back with the others.
  function keep(row) {
    last = last.filter((one) => one.row !== row);
    showUndo();
  }

  return { lay, undo, keep, waits: () => last.length > 0 };
}

function noRow(cells, found, bySite) {
  if (!found.length) return bySite ? `“${cells[0]}” is no site of this month` : "there is no row left for it";
  if (found.length > 1) return `“${cells[0]}” names more than one site`;
  return found[0].seen ? null : `${found[0].name} cannot be counted yet`;
}
