// What is taken back: a line that is selected, or whose amount is changed, chooses the lines; the sum runs along.
const credit = document.querySelector(".credit-sum");

if (credit) {
  const form = credit.closest("form");
  const [whole, chosen] = form.querySelectorAll('input[name="extent"]');
  const places = (credit.dataset.left.split(".")[1] || "").length;

  const amountOf = (box) => {
    const field = form.elements[box.name.replace("take", "amount")];
    const text = field && field.value.trim() ? field.value : box.dataset.left;
    return Number(text.replaceAll(",", ""));
  };

  const add = () => {
    const lines = [...form.querySelectorAll('input[name^="take-"]:checked')];
    const sum = whole.checked ? Number(credit.dataset.left) : lines.reduce((all, box) => all + amountOf(box), 0);
    const shape = { minimumFractionDigits: places, maximumFractionDigits: places };
    credit.querySelector("output").value = Number.isNaN(sum) ? "–" : sum.toLocaleString("en-US", shape);
  };

  form.addEventListener("input", ({ target }) => {
    const line = target.name.match(/^(take|amount)-\d+$/);
    if (line && line[1] === "amount") form.elements[target.name.replace("amount", "take")].checked = true;
    if (line && (line[1] === "amount" || target.checked)) chosen.checked = true;
    if (target === whole) form.querySelectorAll('input[name^="take-"]').forEach((box) => (box.checked = false));
    add();
  });
  credit.hidden = false;
  add();
}
