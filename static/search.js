// "/" leads to the search box of the head, unless something is being typed.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const box = document.getElementById("search");
  if (!box || event.target.closest("input, select, textarea, [contenteditable]")) return;
  event.preventDefault();
  box.focus();
  box.select();
});
