// select2 draws its own box beside a hidden select; without this the box has no name for a screen reader.
"use strict";
(function ($) {
  function nameBoxes() {
    document.querySelectorAll("select.admin-autocomplete").forEach(function (select) {
      const box = select.nextElementSibling && select.nextElementSibling.querySelector(".select2-selection");
      const label = document.querySelector("label[for='" + select.id + "']");
      const name = select.getAttribute("aria-label") || (label ? label.textContent.replace(/[:\s]+$/, "") : "");
      if (box && name) {
        const value = box.querySelector(".select2-selection__rendered");
        const text = value && value.title ? name + ": " + value.title : name;
        box.removeAttribute("aria-labelledby");
        box.setAttribute("aria-label", text);
        if (value) { value.setAttribute("aria-label", text); }
      }
    });
  }
  $(nameBoxes);
  $(document).on("change", "select.admin-autocomplete", nameBoxes);
  $(document).on("select2:open", function () {
    document.querySelectorAll(".select2-search__field").forEach(function (input) {
      input.setAttribute("aria-label", "Search");
    });
    document.querySelectorAll(".select2-results__options").forEach(function (list) {
      list.setAttribute("aria-label", "Found");
    });
    document.querySelectorAll(".select2-selection[aria-owns]").forEach(function (box) {
      box.setAttribute("aria-controls", box.getAttribute("aria-owns"));
    });
  });
  document.addEventListener("formset:added", function () { setTimeout(nameBoxes); });
})(django.jQuery);
