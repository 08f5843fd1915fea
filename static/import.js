/* A file dropped anywhere onto an import page is put into the file field and looked through. Without this the field works as any other. */
(function () {
  "use strict";
  const field = document.querySelector("input[type=file][data-drop]");
  if (!field) return;
  const form = field.form;
  let depth = 0;
  const carriesFile = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");

  document.addEventListener("dragenter", (event) => {
    if (!carriesFile(event)) return;
    depth += 1;
    form.classList.add("drop-ready");
  });
  document.addEventListener("dragleave", (event) => {
    if (!carriesFile(event)) return;
    depth = Math.max(depth - 1, 0);
    if (depth === 0) form.classList.remove("drop-ready");
  });
  document.addEventListener("dragover", (event) => {
    if (carriesFile(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    depth = 0;
    form.classList.remove("drop-ready");
    if (event.dataTransfer.files.length === 0) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    field.files = one.files;
    form.requestSubmit();
  });
})();
