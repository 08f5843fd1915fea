// A form is sent once: after the first click its buttons are off, until somebody comes back to the page.
const sent = new Map();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  const buttons = [...form.elements].filter((element) => element.type === "submit" && !element.disabled);
  sent.set(form, buttons);
  setTimeout(() => buttons.forEach(turnOff)); // not before the form is on its way: a button that is off is not in it
});

// The browser's own copy of the page comes back as it was left, with its buttons off.
window.addEventListener("pageshow", () => {
  [...sent.values()].flat().forEach((button) => (button.disabled = false));
  sent.clear();
});

function turnOff(button) {
  button.autocomplete = "off"; // Firefox would keep it off even where the page is loaded again
  button.disabled = true;
}
