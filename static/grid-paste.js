// A rectangle copied from a spreadsheet: its cells, and the rows and columns of the month grid where they belong.

export const isCount = (text) => /^[0-9]{1,9}$/.test(text);

export function whyNot(text) {
  if (/^[0-9]{1,3}([,.'\s][0-9]{3})+$/.test(text)) return `has a thousands separator: it would be ${text.replace(/\D/g, "")}`;
  return "is no count: a whole number from 0 to 999999999";
}

const plain = (text) => text.toLowerCase().replace(/[\s,.]+/g, " ").trim();

export function readCells(text) {
  const lines = [[]];
  let cell = "", quoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "");
  for (let at = 0; at < source.length; at += 1) {
    const sign = source[at];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (source[at + 1] === '"') { cell += '"'; at += 1; }
      else quoted = false;
    } else if (sign === '"' && !cell) quoted = true;
    else if (sign === "\t") { lines.at(-1).push(cell); cell = ""; }
    else if (sign === "\n") { lines.at(-1).push(cell); cell = ""; lines.push([]); }
    else cell += sign;
  }
  lines.at(-1).push(cell);
  return lines.map((cells) => cells.map((one) => one.trim()));
}


// Where each line and cell of a paste goes: by the names that came with it, else counted from the active cell on.
export function plan(lines, { columns, rows, open, firstRow, firstColumn }) {
  const columnNamed = (text) => columns.findIndex(({ code, name }) => [plain(code), plain(name)].includes(plain(text)));
  const named = new Map();
  for (const row of rows) {
    for (const name of new Set([plain(row.name), plain(row.name.split(",")[0])])) named.set(name, [...(named.get(name) ?? []), row]);
  }
  const rowsNamed = (text) => (text && named.get(plain(text))) || [];
  const body = [...lines];
  const names = body[0].some((text) => columnNamed(text) >= 0) && !body[0].some(isCount) ? body.shift() : null;
  const bySite = body.some((cells) => rowsNamed(cells[0]).length) && body.every((cells) => !isCount(cells[0]));
  const shift = bySite ? 1 : 0;
  const strange = (names ?? []).slice(shift).filter((text) => text && columnNamed(text) < 0);
  const columnOf = (index) => {
    if (names) return columnNamed(names[index] ?? "");
    return bySite ? index - 1 : firstColumn + index;
  };
  const rowsOf = (cells, index) => (bySite ? rowsNamed(cells[0]) : [open[firstRow + index]].filter(Boolean));
  return { body, shift, bySite, strange, names, columnOf, rowsOf };
}
