"use strict";
// Moving on the calendar: by dragging to another day, or with the button “改期” and its small form. A refusal is said
// beside the entry, which stays where it was. Without this script the links lead to the page of the release.
(function () {
  var dragged = null;
  function view() { return document.getElementById("calendar-view"); }
  function said(words) {
    var line = document.getElementById("cal-done");
    line.textContent = words;
    line.hidden = false;
  }
  function quiet() {
    document.getElementById("cal-done").hidden = true;
    document.querySelectorAll(".slot-said").forEach(function (each) { each.remove(); });
  }
  function post(release, fields) {
    var form = new FormData();
    Object.keys(fields).forEach(function (name) { form.append(name, fields[name]); });
    form.append("csrf", view().dataset.csrf);
    return fetch(view().dataset.move + release + "/move", {
      method: "POST", body: form, credentials: "same-origin", redirect: "error", headers: { Accept: "application/json" }
    }).then(function (answer) { return answer.json(); });
  }
  // The page is read anew, so that what stands there is what the database says.
  function renew(release, words) {
    return fetch(window.location.href, { credentials: "same-origin", redirect: "error" })
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(new Error("renew")); })
      .then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html");
        view().replaceWith(fresh.getElementById("calendar-view"));
        document.querySelector(".cal-facts").replaceWith(fresh.querySelector(".cal-facts"));
        said(words);
        var entry = find(release);
        var link = entry && entry.querySelector("[data-move]");
        if (link) link.focus();
      }).catch(function () { window.location.reload(); });
  }
  function find(release) {
    return Array.from(document.querySelectorAll('[data-release="' + release + '"]'))
      .find(function (each) { return each.offsetParent !== null; });
  }
  function refuse(entry, found) {
    var box = document.createElement("div"), words = document.createElement("span");
    box.className = "slot-said";
    box.setAttribute("role", "alert");
    words.textContent = "没有改期：" + [found.message || found.detail || "请刷新页面后重试", found.remedy].filter(Boolean).join("。");
    box.append(words);
    (found.moments || []).forEach(function (each) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "quiet small";
      button.textContent = "改到 " + each.label;
      button.addEventListener("click", function () { move(entry, { at: each.at }); });
      box.append(button);
    });
    if (found.forbids || found.asks) {
      var other = document.createElement("button");
      other.type = "button";
      other.className = "quiet small";
      other.textContent = found.forbids ? "写明紧急理由" : "确认后仍改到这天";
      other.addEventListener("click", function () { open(entry, found.typed, found); });
      box.append(other);
    }
    var done = document.createElement("button");
    done.type = "button";
    done.className = "quiet small";
    done.textContent = "知道了";
    done.addEventListener("click", function () {
      box.remove();
      var link = entry.querySelector("[data-move]");
      if (link) link.focus();
    });
    box.append(done);
    entry.append(box);
  }
  function move(entry, fields) {
    var release = entry.dataset.release;
    quiet();
    entry.setAttribute("aria-busy", "true");
    return post(release, fields).then(function (found) {
      if (found.ok) return renew(release, found.said);
      refuse(entry, found);
    }).catch(function () { refuse(entry, { message: "网络中断，请稍后再试" }); })
      .finally(function () { entry.removeAttribute("aria-busy"); });
  }

  // Dragging
  document.addEventListener("dragstart", function (event) {
    var entry = event.target.closest && event.target.closest("[data-release]");
    if (!entry) return;
    dragged = entry;
    entry.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", entry.dataset.title);
  });
  document.addEventListener("dragend", function () {
    if (dragged) dragged.classList.remove("dragged");
    dragged = null;
    leave();
  });
  function leave() { document.querySelectorAll(".over-here").forEach(function (each) { each.classList.remove("over-here"); }); }
  document.addEventListener("dragover", function (event) {
    var cell = dragged && event.target.closest("[data-day]");
    if (!cell) return;
    event.preventDefault();
    if (!cell.classList.contains("over-here")) { leave(); cell.classList.add("over-here"); }
  });
  document.addEventListener("drop", function (event) {
    var cell = dragged && event.target.closest("[data-day]"), entry = dragged;
    if (!cell) return;
    event.preventDefault();
    leave();
    if (entry.dataset.at.slice(0, 10) !== cell.dataset.day) move(entry, { day: cell.dataset.day });
  });

  // The small form
  var dialog = document.getElementById("move-dialog");
  if (!dialog || !dialog.showModal) return;
  var form = dialog.querySelector("form"), at = document.getElementById("move-at"), current = null;
  var wrong = document.getElementById("move-wrong");
  var override = document.getElementById("move-override"), confirm = document.getElementById("move-confirm");
  var ask = window.advice.asker(view().dataset.advice, function (found) {
    window.advice.show(document.getElementById("move-advice"), found, function (moment) { at.value = moment; look(); });
    override.hidden = !found.forbids;
    confirm.hidden = !found.asks;
  });
  function look() { if (current && at.value) ask({ release: current.dataset.release, at: at.value }); }
  function open(entry, moment, found) {
    current = entry;
    document.getElementById("move-dialog-what").textContent = "《" + entry.dataset.title + "》改到新的时间发布。文字没有变动，三审仍然有效。";
    document.getElementById("move-advice").replaceChildren();
    form.reset();
    at.value = moment || entry.dataset.at;
    wrong.hidden = true;
    override.hidden = !(found && found.forbids);
    confirm.hidden = !(found && found.asks);
    dialog.showModal();
    at.focus();
    look();
  }
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-move]");
    if (!link || !link.closest("[data-release]")) return;
    event.preventDefault();
    quiet();
    open(link.closest("[data-release]"));
  });
  document.getElementById("move-close").addEventListener("click", function () { dialog.close(); });
  at.addEventListener("input", look);
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    var fields = { at: at.value };
    if (!override.hidden) fields.override = document.getElementById("move-override-text").value;
    if (!confirm.hidden && confirm.querySelector("input").checked) fields.confirm_quiet = "yes";
    var release = current.dataset.release;
    post(release, fields).then(function (found) {
      if (found.ok) { dialog.close(); quiet(); return renew(release, found.said); }
      wrong.textContent = [found.message || found.detail, found.remedy].filter(Boolean).join("。") + "。";
      wrong.hidden = false;
      override.hidden = !found.forbids;
      confirm.hidden = !found.asks;
      at.focus();
    }).catch(function () { wrong.textContent = "网络中断，请稍后再试。"; wrong.hidden = false; });
  }, true);
})();
