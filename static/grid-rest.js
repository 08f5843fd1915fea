// What was pasted for sites of other pages of the month: this tab keeps each line until its row is saved, or it is dropped.

const listed = (numbers) => new Intl.ListFormat("en-GB").format(numbers.map(String));
const pagesOf = (numbers) => `${numbers.length === 1 ? "page" : "pages"} ${listed(numbers)}`;
const inOrder = (numbers) => [...new Set(numbers)].sort((one, other) => one - other);
const rowsOf = (number) => `${number} ${number === 1 ? "row" : "rows"}`;

// `pageOf` gives the page of a site by its key, `page` is this one, and `goOn` saves it and leads to another.
export function restOfPaste({ address, page, pageOf, section, fillIn, goOn, tell }) {
  let kept = read();
  const laid = new Set(), saved = new Set();

  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(address)) ?? [];
    } catch {
      return [];
    }
  }

  function put(lines) {
    try {
      if (lines.length) sessionStorage.setItem(address, JSON.stringify(lines));
      else sessionStorage.removeItem(address);
    } catch {
      return false;
    }
    kept = lines;
    show();
    return true;
  }

  const offered = () => kept.filter((line) => pageOf(line.key) === page && !laid.has(line.key));
  const elsewhere = () => kept.filter((line) => ![undefined, page].includes(pageOf(line.key)));
  const without = (lines) => kept.filter((line) => !lines.includes(line));

  function add(lines) {
    const keys = new Set(lines.map(({ key }) => key));
    return put([...kept.filter((line) => !keys.has(line.key)), ...lines.map((line) => ({ ...line, from: page }))]);
  }

  function show() {
    const [here, others] = [offered(), elsewhere()];
    const lines = here.length ? here : others;
    section.hidden = !lines.length;
    if (!lines.length) return;
    const pages = inOrder(others.map((line) => pageOf(line.key)));
    const next = pages.find((number) => number > page) ?? pages[0];
    const pasted = `of what was pasted on ${pagesOf(inOrder(lines.map((line) => line.from)))}`;
    const where = here.length ? "this page" : pagesOf(pages);
    section.querySelector("p").textContent = `${rowsOf(lines.length)} ${pasted} ${lines.length === 1 ? "belongs" : "belong"} on ${where}.`;
    const [act, drop] = section.querySelectorAll("button");
    act.textContent = here.length ? `Fill in the ${rowsOf(here.length)}` : `Save and go on to page ${next}`;
    act.onclick = here.length ? fillIn : () => goOn(next);
    drop.textContent = lines.length === 1 ? "Drop it" : "Drop them";
    drop.onclick = () => { put(without(lines)); tell(`${rowsOf(lines.length)} ${pasted} ${lines.length === 1 ? "is" : "are"} dropped.`); };
  }

  // Also where Back shows the page as it was left, and another one has saved some of it since.
  window.addEventListener("pageshow", () => { kept = read(); show(); });

  return {
    add, offered,
    lines: () => kept,
    // Rows that were filled in and differ wait until they are saved; the others have nothing to wait for.
    filled(keys, differing) {
      keys.forEach((key) => laid.add(key));
      put(kept.filter((line) => !keys.includes(line.key) || differing.has(line.key)));
    },
    takenBack(keys, before) {
      keys.forEach((key) => laid.delete(key));
      put((before ?? kept).filter(({ key }) => !saved.has(key)));
    },
    saved(key) {
      if (!laid.has(key)) return;
      saved.add(key);
      put(kept.filter((line) => line.key !== key));
    },
    // Sites that left the month since: what was pasted for them has no page any more.
    lost() {
      const gone = kept.filter((line) => pageOf(line.key) === undefined);
      if (gone.length) put(without(gone));
      return gone;
    },
  };
}
