"use strict";
// What is said about a moment while it is chosen: quiet days, conflicts, the quota, and the next good moments. The same
// rules are asked again when the form is sent; this only says them sooner.
window.advice = (function () {
  function element(name, words, kind) {
    var made = document.createElement(name);
    if (words) made.textContent = words;
    if (kind) made.className = kind;
    return made;
  }
  function issues(notes) {
    var list = element("ul", "", "issues");
    notes.forEach(function (note) {
      var kind = { stop: "blocks", warn: "warns" }[note.weight] || "notes";
      var line = element("li", "", kind), said = element("span", note.message + "。");
      line.append(element("span", { stop: "不能", warn: "请留意" }[note.weight] || "提示", "severity"), said);
      if (note.remedy) said.append(element("span", note.remedy + "。", "remedy"));
      list.append(line);
    });
    return list;
  }
  function show(box, found, choose) {
    box.replaceChildren();
    if (found.quota && box.id === "move-advice") box.append(element("p", found.quota, "tally"));
    if (found.notes.length) box.append(issues(found.notes));
    if (found.moments.length) {
      var line = element("p", "", "advice-moments");
      line.append(element("span", "最近合适的时间："));
      found.moments.forEach(function (each) {
        var button = element("button", each.label, "quiet small");
        button.type = "button";
        button.addEventListener("click", function () { choose(each.at); });
        line.append(button);
      });
      box.append(line);
    }
  }
  // Asks a moment after the last change; an answer that was overtaken is thrown away.
  function asker(address, shown) {
    var turn = 0, waiting = 0;
    return function (query) {
      var mine = ++turn;
      window.clearTimeout(waiting);
      waiting = window.setTimeout(function () {
        fetch(address + "?" + new URLSearchParams(query), {
          credentials: "same-origin", redirect: "error", headers: { Accept: "application/json" }
        }).then(function (answer) { return answer.ok ? answer.json() : null; })
          .then(function (found) { if (found && mine === turn) shown(found); })
          .catch(function () { /* Without advice the form still works: the rules are asked when it is sent. */ });
      }, 250);
    };
  }
  return { show: show, asker: asker };
})();

// The box in which a disclosure is scheduled, or a release is moved.
(function () {
  document.querySelectorAll("[data-advice-for]").forEach(function (box) {
    var form = box.closest("form"), at = form.querySelector("input[name=at]");
    if (!at) return;
    var override = form.querySelector("[data-override]"), confirm = form.querySelector("[data-confirm-quiet]");
    var kept = { override: override && !override.hidden, confirm: confirm && !confirm.hidden };
    function later() {
      var chosen = form.querySelector("input[name=when]:checked");
      return !chosen || chosen.value === "later";
    }
    function choose(moment) {
      var radio = form.querySelector("input[name=when][value=later]");
      if (radio) radio.checked = true;
      at.value = moment;
      look();
      at.focus();
    }
    var ask = window.advice.asker(box.dataset.adviceAt, function (found) {
      window.advice.show(box, found, choose);
      if (override) override.hidden = !found.forbids && !kept.override;
      if (confirm) confirm.hidden = !found.asks && !kept.confirm;
    });
    function look() {
      var query = { at: later() && at.value ? at.value : "now" };
      var channels = Array.from(form.querySelectorAll("input[name=channels]:checked"));
      query[box.dataset.adviceFor] = box.dataset.number;
      if (channels.length) query.channels = channels.map(function (each) { return each.value; }).join(",");
      if (box.dataset.mass) query.mass = box.dataset.mass;
      ask(query);
    }
    form.addEventListener("change", look);
    at.addEventListener("input", look);
    look();
  });
})();
