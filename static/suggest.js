// Suggests what a filter may mean while it is typed: an input names in data-suggest the address that answers ?q=.
document.addEventListener("focusin", suggest);
document.addEventListener("input", suggest);

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

function listOf(input) {
  const id = input.getAttribute("list");
  const found = document.getElementById(id);
  if (found) return found;
  const made = document.createElement("datalist");
  made.id = id;
  input.after(made);
  return made;
}
