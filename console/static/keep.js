"use strict";
// What keeps the words safe while somebody writes: they are kept on the server every few seconds; a network that is gone is
// said, and tried again; after a new sign-in in another window the form goes on; and whoever else is at the text is named.

(function () {
  var form = document.getElementById("disclosure-form");
  if (!form) return;
  var PAUSE = 3000, BEAT = 15000, RETRIES = [4000, 8000, 15000, 30000];
  var state = document.getElementById("keep-state"), people = document.getElementById("people"), newer = document.getElementById("newer");
  var brief = document.getElementById("news-state");
  var dirty = false, leaving = false, turn = 0, kept = 0, failed = 0, timer = 0, running = null;

  function say(words, bad) {
    if (!state || state.textContent === words) return;
    state.textContent = words;
    state.classList.toggle("bad", !!bad);
  }
  // ``quiet``: asked by the page itself, and no sign that somebody is here; else a forgotten page would never be signed out.
  function post(path, body, quiet) {
    var headers = { Accept: "application/json" };
    if (quiet) headers["X-Quiet"] = "yes";
    return fetch(path, { method: "POST", body: body, headers: headers, credentials: "same-origin" });
  }
  function typed() {
    var sent = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string" && name !== "action") sent.append(name, value);
    });
    return sent;
  }
  var number = form.elements.disclosure.value, root = number ? "/console/disclosures/" + number : "/console";
  function self() {
    var sent = new URLSearchParams();
    ["csrf", "key", "disclosure", "revision"].forEach(function (name) { sent.append(name, form.elements[name].value); });
    return sent;
  }

  // Another session of the same person: every form of this page gets its token. Of another person: he is told, and nothing is sent.
  function renew() {
    return fetch("/console/form-token", { headers: { Accept: "application/json" }, credentials: "same-origin" }).then(function (answer) {
      if (answer.status === 401) throw new Error("signed out");
      if (answer.status === 403) throw new Error("other");
      if (!answer.ok) throw new Error("away");
      return answer.json();
    }).then(function (told) {
      if (String(told.account) !== form.dataset.account) throw new Error("other");
      document.querySelectorAll("input[name=csrf]").forEach(function (input) { input.value = told.csrf; });
    });
  }
  function trouble(error) {
    var words = {
      "signed out": "登录已失效，内容还在本页。请在另一个窗口重新登录，这里会自动接上。",
      "other": "这个浏览器现在登录的是另一个账号。请换回您自己的账号，内容还在本页。"
    }[error.message];
    say(words || "网络不通，内容还在本页，接通后自动保存。", true);
  }

  function news(told) {
    // The sticky line says it too: the notices stand above the form, and the writer is somewhere below.
    if (brief) brief.textContent = told.newer ? told.newer.split("。")[0] : (told.others || []).join("；");
    if (people && told.others) {
      var lines = told.others.map(function (words) {
        var line = document.createElement("p");
        line.className = "banner";
        line.textContent = words + "。两人都改了的，保存时会并排对照，谁的都不会丢。";
        return line;
      });
      var now = lines.map(function (line) { return line.textContent; }).join("\n");
      if (people.dataset.now !== now) { people.dataset.now = now; people.replaceChildren.apply(people, lines); }
    }
    if (newer && told.newer && newer.textContent !== told.newer) {
      var note = document.createElement("p");
      note.className = "banner";
      note.textContent = told.newer;
      newer.replaceChildren(note);
    }
  }

  // Keeping. One at a time; what was typed meanwhile is kept afterwards.
  function keep() {
    window.clearTimeout(timer);
    if (running) return running;
    if (kept === turn || leaving) return Promise.resolve();
    var mine = turn;
    running = post(root + "/working-copy", typed()).then(function (answer) {
      if (answer.status === 401 || answer.status === 403) return renew().then(function () { throw new Error("again"); });
      return answer.json().then(function (told) {
        if (!answer.ok) { failed = RETRIES.length; say(told.detail || "没有自动保存，请及时保存。", true); return; }
        kept = mine;
        failed = 0;
        say("草稿已自动保存 " + told.kept);
        news(told);
      });
    }).catch(function (error) {
      if (error.message !== "again") trouble(error);
      timer = window.setTimeout(keep, error.message === "again" ? 10 : RETRIES[Math.min(failed, RETRIES.length - 1)]);
      failed += 1;
    }).finally(function () {
      running = null;
      if (kept !== turn && !failed) timer = window.setTimeout(keep, PAUSE);
    });
    return running;
  }
  function changed(event) {
    if (!event.target.name || event.target.form !== form) return;
    turn += 1;
    dirty = true;
    if (failed) return;  // the next try is set already, and takes everything along
    window.clearTimeout(timer);
    timer = window.setTimeout(keep, PAUSE);
  }
  form.addEventListener("input", changed);
  window.addEventListener("online", function () { failed = 0; keep(); });
  document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") keep(); });

  // The heartbeat: for as long as the page is open and somebody may see it.
  function beat() {
    if (leaving) return;
    if (number) {
      post(root + "/presence", self(), true).then(function (answer) {
        if (answer.status === 401 || answer.status === 403) return renew();
        return answer.ok ? answer.json().then(news) : null;
      }).catch(function (error) { if (error.message === "signed out" || error.message === "other") trouble(error); });
    }
    window.setTimeout(beat, BEAT);
  }
  beat();

  // Saving asks first whether the house can take it: else the words would be gone with the page.
  var cleared = false;
  form.addEventListener("submit", function (event) {
    if (event.submitter && event.submitter.formTarget === "_blank") return; // A preview in a tab of its own saves nothing.
    window.clearTimeout(timer);
    leaving = true;
    if (cleared || !window.fetch || typeof form.requestSubmit !== "function") { dirty = false; return; }
    event.preventDefault();
    event.stopPropagation();
    var button = event.submitter;
    say("正在保存……");
    // A copy that is on its way must not arrive after the saving: it would be offered as unsaved.
    Promise.resolve(running).then(renew).then(function () {
      cleared = true;
      form.requestSubmit(button || undefined);
    }).catch(function (error) {
      cleared = leaving = false;
      trouble(error);
      if (turn === kept) turn += 1;
      failed = 0;
      timer = window.setTimeout(keep, RETRIES[0]);
    });
  });
  window.addEventListener("pageshow", function () { cleared = false; leaving = false; });

  // Leaving with unsaved words asks first; what is kept is told again when the form is opened.
  window.addEventListener("beforeunload", function (event) { if (dirty && kept !== turn) event.preventDefault(); });
  window.addEventListener("pagehide", function () {
    if (number && navigator.sendBeacon) navigator.sendBeacon("/console/presence/left", self());
    if (!leaving && kept !== turn && navigator.sendBeacon) navigator.sendBeacon(root + "/working-copy", typed());
  });
})();
