"use strict";
// Reading sentence by sentence: a click or the Enter key on a sentence opens the remark on it. Without script the same
// sentences stand in a list.
(function () {
  var text = document.querySelector("[data-sentences]"), list = document.getElementById("sentence");
  if (!text || !list) return;
  var all = Array.from(text.querySelectorAll("[data-sentence]"));
  var shown = document.getElementById("picked"), words = document.getElementById("text");
  document.getElementById("how-to-pick").hidden = false;
  function stop(sentence) {
    all.forEach(function (each) { each.tabIndex = each === sentence ? 0 : -1; });
  }
  function show(key) {
    var sentence = all.find(function (each) { return each.dataset.sentence === key; });
    all.forEach(function (each) {
      each.classList.toggle("picked", each === sentence);
      each.setAttribute("aria-pressed", each === sentence ? "true" : "false");
    });
    shown.hidden = !sentence;
    shown.textContent = sentence ? sentence.textContent : "";
    if (sentence) stop(sentence);
  }
  function pick(sentence) {
    list.value = sentence.dataset.sentence;
    show(list.value);
    words.focus();
  }
  all.forEach(function (sentence, place) {
    sentence.setAttribute("role", "button");
    sentence.setAttribute("aria-pressed", "false");
    sentence.tabIndex = place === 0 ? 0 : -1;
    sentence.addEventListener("click", function () {
      if (!String(window.getSelection())) pick(sentence);
    });
    sentence.addEventListener("keydown", function (event) {
      var step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        pick(sentence);
      } else if (step) {
        var next = all[place + step];
        if (!next) return;
        event.preventDefault();
        stop(next);
        next.focus();
      }
    });
  });
  list.addEventListener("change", function () { show(list.value); });
  if (list.value) show(list.value);
})();
