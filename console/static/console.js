"use strict";
// Everything here is a comfort: without script every form and page works the same way.

// What moves looks after itself, as long as nobody is writing or reading a detail in it. A decision that was overtaken
// meanwhile is not replaced under the hands of whoever writes it: the page says that it is out of date.
document.querySelectorAll("[data-refresh]").forEach(function (box) {
  if (!box.dataset.refresh) return;
  var pause = 1000 * Number(box.dataset.every || 1);
  function busy() { return box.contains(document.activeElement) || box.querySelector("details[open]"); }
  function compare(fresh) {
    var now = fresh.querySelector("[data-mark]"), then = document.getElementById("decide");
    if (now && then && now.dataset.mark !== then.dataset.mark) document.getElementById("stale").hidden = false;
  }
  function follow() {
    // The head of the page says what the table says.
    var told = box.querySelector("[data-state-name]"), head = document.querySelector("#release-state .state");
    if (!told || !head) return;
    head.className = "state state-" + told.dataset.state;
    head.textContent = told.dataset.stateName;
  }
  function look() {
    fetch(box.dataset.refresh, { credentials: "same-origin", redirect: "error", headers: { "X-Quiet": "yes" } }).then(function (answer) {
      if (!answer.ok) return;
      var moving = answer.headers.get("X-Moving") === "yes";
      return answer.text().then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html").body;
        compare(fresh);
        if (!busy() && box.innerHTML.trim() !== fresh.innerHTML.trim()) {
          box.replaceChildren.apply(box, Array.from(fresh.childNodes));
          follow();
        }
        if (moving || busy()) window.setTimeout(look, pause);
      });
    }).catch(function () { window.setTimeout(look, 3 * pause); });
  }
  window.setTimeout(look, pause);
});

// What the platform shows now is read when the page is opened, and again on request.
(function () {
  var box = document.getElementById("live"), again = document.getElementById("read-live");
  if (!box || !again) return;
  function say(words) {
    var line = document.createElement("p");
    line.className = "fine";
    line.textContent = words;
    box.replaceChildren(line);
  }
  function read() {
    say("正在读取平台现在的内容……");
    box.setAttribute("aria-busy", "true");
    fetch(box.dataset.load, { credentials: "same-origin", redirect: "error" }).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    }).then(function (text) {
      box.replaceChildren.apply(box, Array.from(new DOMParser().parseFromString(text, "text/html").body.childNodes));
    }).catch(function () { say("平台暂时读不到，请稍后重新读取。"); })
      .finally(function () { box.removeAttribute("aria-busy"); });
  }
  again.addEventListener("click", function (event) { event.preventDefault(); read(); });
  box.addEventListener("change", function (event) {
    var url = document.getElementById("url");
    if (url && event.target.name === "post") url.value = event.target.value;
  });
  if (box.dataset.now === "yes") read();
})();

// The message “已保存” belongs to one view: it leaves the address, so that a reload does not repeat it.
(function () {
  var here = new URL(window.location.href);
  if (here.searchParams.has("done")) {
    here.searchParams.delete("done");
    window.history.replaceState(null, "", here);
  }
})();

// A form is sent once, however often the button is pressed.
document.addEventListener("submit", function (event) {
  var form = event.target;
  if (event.submitter && event.submitter.formTarget === "_blank") return; // A preview in a tab of its own sends nothing.
  if (form.dataset.sent === "yes") { event.preventDefault(); return; }
  if (form.method === "post") form.dataset.sent = "yes";
});
window.addEventListener("pageshow", function () {
  document.querySelectorAll("form").forEach(function (form) { delete form.dataset.sent; });
});

// The previews as tabs.
(function () {
  var list = document.querySelector("[data-tabs]");
  if (!list) return;
  var tabs = Array.from(list.querySelectorAll("[role=tab]"));
  function choose(tab) {
    tabs.forEach(function (each) {
      var on = each === tab;
      each.setAttribute("aria-selected", on ? "true" : "false");
      each.tabIndex = on ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = !on;
    });
  }
  tabs.forEach(function (tab, place) {
    document.getElementById(tab.getAttribute("aria-controls")).setAttribute("role", "tabpanel");
    tab.addEventListener("click", function () { choose(tab); });
    tab.addEventListener("keydown", function (event) {
      var step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      var next = tabs[(place + step + tabs.length) % tabs.length];
      choose(next);
      next.focus();
    });
  });
  if (!tabs.length) return;
  list.hidden = false;
  list.parentElement.classList.add("tabbed");
  choose(tabs[0]);
})();

// Choosing a time means “later”.
(function () {
  var at = document.getElementById("at");
  var later = document.querySelector("input[name=when][value=later]");
  if (at && later) at.addEventListener("input", function () { later.checked = true; });
})();
