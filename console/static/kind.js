"use strict";
// The office's form of a kind: units and choices show only where the type has them. Without script everything shows.
(function () {
  var rows = document.getElementById("rows");
  if (!rows) return;
  function arrange(row) {
    var type = row.querySelector("[data-type]").value;
    var choices = row.querySelector(".wide[data-for]"), unit = row.querySelector("input[data-for]");
    choices.hidden = type !== "choice";
    unit.disabled = unit.dataset.for.split(" ").indexOf(type) < 0;
  }
  rows.querySelectorAll(".kind-row").forEach(arrange);
  rows.addEventListener("change", function (event) {
    if (event.target.matches("[data-type]")) arrange(event.target.closest(".kind-row"));
  });
})();
