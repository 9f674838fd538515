"use strict";
// The large-type switch: remembered in this browser only; without script the button stays hidden.
(function () {
  var button = document.getElementById("larger");
  if (!button) return;
  function remembered() { try { return localStorage.getItem("larger") === "yes"; } catch (_) { return false; } }
  function show(on) {
    document.documentElement.classList.toggle("larger", on);
    button.setAttribute("aria-pressed", on ? "true" : "false");
  }
  show(remembered());
  button.hidden = false;
  button.addEventListener("click", function () {
    var on = !document.documentElement.classList.contains("larger");
    try { localStorage.setItem("larger", on ? "yes" : "no"); } catch (_) { /* private browsing: not remembered */ }
    show(on);
  });
})();
