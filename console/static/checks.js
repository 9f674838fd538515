"use strict";
// What the checks found, in the form: the words concerned, why, and a button that puts the proposal in their place. A comfort:
// without it the finding stands in the form as a sentence, and the sheet has the same buttons.
(function () {
  var form = document.getElementById("disclosure-form");
  var stops = /[。！？；：…）]$/;
  function sentence(text) { return !text || stops.test(text) ? text : text + "。"; }
  function escaped(text) { return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"); }

  // The words in a text. Personal data is told by its mask alone, so each star stands for one character, however it is grouped.
  function pattern(issue) {
    if ((issue.rule || "").indexOf("private.") !== 0) return issue.quote ? new RegExp(escaped(issue.quote), "g") : null;
    if (!issue.mask) return null;
    var parts = Array.from(issue.mask).map(function (character) {
      return character === "*" ? "[0-9A-Za-z０-９Ｘｘ一-鿿]" : escaped(character);
    });
    return new RegExp(parts.join("[ \\-－—–]?"), "g");
  }
  function field(issue) { return form ? form.elements[issue.field] : null; }

  function find(issue) {
    var input = field(issue), words = pattern(issue);
    if (!input || !words || typeof input.value !== "string") return;
    var found = words.exec(input.value);
    input.focus();
    if (!found || !input.setSelectionRange) return;
    input.setSelectionRange(found.index, found.index + found[0].length);
    // An editor that stands in the field's place selects the same words where they are read.
    input.dispatchEvent(new Event("select", { bubbles: true }));
  }
  function put(issue) {
    var input = field(issue), words = pattern(issue);
    if (!input || !words) return;
    var changed = input.value.replace(words, function () { return issue.mask; });
    if (changed === input.value) return;
    input.value = changed;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // One finding as a line of the form. ``write.js`` asks for it while somebody types.
  window.mingbaiFinding = function (issue, place) {
    var line = document.createElement("div"), said = document.createElement("p"), ways = document.createElement("div");
    line.className = "finding-line finding-" + (issue.blocks ? "override" : "warn");
    said.className = issue.blocks ? "wrong" : "hint-warn";
    ways.className = "finding-ways";
    said.textContent = [place + issue.message, issue.passed ? "已放行：" + issue.passed : issue.remedy].filter(Boolean).map(sentence).join(" ");
    var input = field(issue), mine = (issue.rule || "").indexOf("private.") === 0;
    if (input && !mine && issue.quote && input.value && input.value.indexOf(issue.quote) >= 0) {
      ways.append(button("找到它", function () { find(issue); }));
    }
    if (input && issue.mask && input.value && pattern(issue).test(input.value)) {
      ways.append(button((mine ? "遮盖为 " : "改为 ") + issue.mask, function () { put(issue); }));
    }
    if (issue.why) {
      var more = document.createElement("details"), head = document.createElement("summary"), why = document.createElement("p");
      head.textContent = "为什么";
      why.className = "why";
      why.textContent = sentence(issue.why);
      more.append(head, why);
      ways.append(more);
    }
    line.append(said, ways);
    return line;
  };
  function button(text, act) {
    var made = document.createElement("button");
    made.type = "button";
    made.className = "quiet small";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  // From the sheet's “去修改”: the words are selected in the field that the address names.
  var wanted = new URLSearchParams(window.location.search).get("find"), name = window.location.hash.slice(1);
  if (form && wanted && name) {
    window.addEventListener("load", function () { find({ field: name, quote: wanted, rule: "" }); });
  }
})();
