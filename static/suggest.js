// Suggests what a filter may mean while it is typed: an input names in data-suggest the address that answers ?q=.
// Where data-adds names check boxes, what was suggested and chosen is one more of them, and the input is free again.
document.addEventListener("focusin", suggest);
document.addEventListener("input", suggest);
document.addEventListener("input", (event) => {
  if (!event.inputType || event.inputType === "insertReplacementText") add(event); // chosen, not typed
});
document.addEventListener("change", add);

const asked = new Map(); // what was asked for each input, so that a slow answer does not replace a later one

async function suggest(event) {
  const input = event.target;
  if (!input.dataset?.suggest || asked.get(input) === input.value) return;
  const text = input.value;
  asked.set(input, text);
  await new Promise((resolve) => setTimeout(resolve, 150)); // wait for the next letter
  if (asked.get(input) !== text) return;
  const response = await fetch(`${input.dataset.suggest}?${new URLSearchParams({ q: text })}`);
  if (!response.ok || asked.get(input) !== text) return;
  const rows = await response.json();
  listOf(input).replaceChildren(...rows.map(({ value, label }) => new Option(label, value)));
}

function add({ target: input }) {
  const boxes = input.dataset?.adds && document.getElementById(`id_${input.dataset.adds}`);
  const chosen = boxes && [...listOf(input).options].find(({ value }) => value === input.value);
  if (!chosen) return;
  for (const box of boxes.querySelectorAll("[value=all]")) box.checked = false;
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: input.name, value: chosen.value });
  const [row, label] = [document.createElement("div"), document.createElement("label")];
  box.checked = true;
  label.append(box, ` ${chosen.value}, ${chosen.label}`);
  row.append(label);
  boxes.append(row);
  input.value = "";
}

function listOf(input) {
  const id = input.getAttribute("list");
  const found = document.getElementById(id);
  if (found) return found;
  const made = document.createElement("datalist");
  made.id = id;
  input.after(made);
  return made;
}
