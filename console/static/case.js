"use strict";
// The handlers' desk keeps itself fresh while its page is visible, and is a comfort beside the box for the reply. Without
// script every act works the same way: the list has a link that reads it anew, and answers are found and put in by forms.
(function () {
  var PAUSE = 6000, SLOW = 20000;
  var news = document.getElementById("news");

  function say(words) {
    if (!news || !words) return;
    news.textContent = words;
    news.hidden = false;
  }
  function parsed(text) { return new DOMParser().parseFromString(text, "text/html").body; }
  function again(work, pause) {
    window.setTimeout(function () {
      if (document.visibilityState === "hidden") { again(work, pause); return; }
      work();
    }, pause);
  }

  // The list: new cases and new words are marked where they stand.
  (function () {
    var list = document.getElementById("case-list");
    if (!list) return;
    var title = document.title;
    function cases(root) {
      var found = {};
      root.querySelectorAll("[data-case]").forEach(function (line) { found[line.dataset.case] = Number(line.dataset.unread); });
      return found;
    }
    function compare(fresh) {
      var before = cases(list), added = 0, spoken = 0;
      fresh.querySelectorAll("[data-case]").forEach(function (line) {
        var known = before[line.dataset.case];
        if (known === undefined) added += 1;
        else if (Number(line.dataset.unread) > known) spoken += 1;
        else return;
        line.classList.add("fresh");
      });
      var told = [added ? added + " 件新诉求" : "", spoken ? spoken + " 件有新话" : ""].filter(Boolean).join("，");
      if (told) { say("刚刚有" + told + "。"); document.title = "（" + (added + spoken) + "）" + title; }
    }
    function counts(text) {
      text.split(" ").forEach(function (pair) {
        var parts = pair.split("="), box = document.querySelector('[data-count="' + parts[0] + '"]');
        if (box) box.textContent = parts[1];
      });
    }
    function look() {
      fetch(list.dataset.casesNews, { credentials: "same-origin", redirect: "error", headers: { "X-Quiet": "yes", Accept: "text/html" } })
        .then(function (answer) {
          if (!answer.ok) throw new Error(String(answer.status));
          counts(answer.headers.get("X-Counts") || "");
          return answer.text();
        }).then(function (text) {
          var fresh = parsed(text), focused = list.contains(document.activeElement) ? document.activeElement.id : "";
          if (fresh.innerHTML.trim() !== list.dataset.seen) {
            if (list.dataset.seen !== undefined || fresh.innerHTML.trim() !== list.innerHTML.trim()) {
              var seen = fresh.innerHTML.trim();
              compare(fresh);
              list.replaceChildren.apply(list, Array.from(fresh.childNodes));
              list.dataset.seen = seen;
              if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
            }
          }
          again(look, PAUSE);
        }).catch(function () { again(look, SLOW); });
    }
    document.addEventListener("visibilitychange", function () { if (document.visibilityState === "visible") document.title = title; });
    again(look, PAUSE);
  })();

  // One case: its conversation, who else has it open, and the state of the replies.
  var talk = document.getElementById("talk"), form = document.getElementById("reply-form"), typedAt = 0;
  (function () {
    if (!talk) return;
    var others = document.getElementById("others");
    function words(root) {
      var list = root.querySelector(".talk");
      return list ? { last: Number(list.dataset.last), words: Number(list.dataset.words), state: list.dataset.state, handler: list.dataset.handler } : null;
    }
    function show(told) {
      var fresh = parsed(told.talk), before = words(talk), now = words(fresh);
      if (others && others.innerHTML.trim() !== told.others.trim()) others.innerHTML = told.others;
      if (!before || !now) return;
      var said = now.words > before.words;
      // Whole words that somebody asked for are not covered again under his eyes; he is told that there is more.
      if (talk.dataset.whole !== "yes" && fresh.innerHTML.trim() !== talk.innerHTML.trim() && !talk.contains(document.activeElement)) {
        Array.from(fresh.querySelectorAll(".said")).forEach(function (line) {
          if (Number(line.id.slice(5)) > before.last) line.classList.add("fresh");
        });
        talk.replaceChildren.apply(talk, Array.from(fresh.childNodes));
      }
      if (before.state !== now.state || before.handler !== now.handler) say("这件诉求有了变化：" + told.state + "。请刷新页面再办理；写好的内容会保留。");
      else if (said) say("群众又说了新的话，见对话末尾。");
    }
    function look() {
      var typing = Date.now() - typedAt < 20000, headers = { Accept: "application/json" };
      var sent = new URLSearchParams({ csrf: talk.dataset.csrf, typed: typing ? "yes" : "" });
      // Whoever writes is there: only what the page asks by itself leaves the session alone.
      if (!typing) headers["X-Quiet"] = "yes";
      fetch(talk.dataset.news, { method: "POST", body: sent, credentials: "same-origin", redirect: "error", headers: headers })
        .then(function (answer) {
          if (!answer.ok) throw new Error(String(answer.status));
          return answer.json();
        }).then(function (told) { show(told); again(look, PAUSE); })
        .catch(function () { again(look, SLOW); });
    }
    again(look, 500);
  })();

  // The reply: what is typed stays in this tab until it was taken (a sign-in that ended meanwhile loses nothing); length and quotation are told while one writes.
  (function () {
    if (!form) return;
    var text = document.getElementById("text"), entry = document.getElementById("entry"), quote = document.getElementById("quote");
    var length = document.getElementById("text-length"), quoting = document.getElementById("quoting"), personal = document.getElementById("personal");
    var key = "reply " + form.dataset.account + " " + form.dataset.case, limit = Number(form.dataset.limit);
    function store(work) { try { return work(window.sessionStorage); } catch (error) { return null; } }
    store(function (kept) {
      // Another person at the same screen finds nothing of the one before.
      Object.keys(kept).forEach(function (name) {
        if (name.indexOf("reply ") === 0 && name.split(" ")[1] !== form.dataset.account) kept.removeItem(name);
      });
      if (talk.dataset.replied === "yes") kept.removeItem(key);
      var found = kept.getItem(key);
      if (found && !text.value) {
        var typed = JSON.parse(found);
        text.value = typed.text; entry.value = typed.entry; quote.value = typed.quote;
      }
    });
    function plain(words) { return words.replace(/\r\n?/g, "\n"); }
    function told() {
      var words = plain(text.value), size = Array.from(words).length, unit = " 字";
      length.textContent = words ? (size > limit ? "超出 " + (size - limit) + unit + "，请精简" : "已写 " + size + unit + "，还可写 " + (limit - size) + unit) : "";
      length.classList.toggle("over", size > limit);
      var kept = quote.value && words.indexOf(plain(quote.value)) >= 0;
      quoting.className = "quoting " + (kept ? "kept" : "changed");
      quoting.textContent = !quote.value || !words ? "" : kept ? "与知识库原文一致，回复会记明出自哪个条目。" : "原文有改动，将作为您自己的话发出。";
      var found = /(?:^|\D)1[3-9]\d{9}(?!\d)/.test(words) ? "手机号码" : /(?:^|\D)[1-8]\d{16}[\dXx](?!\d)/.test(words) ? "身份证号" : "";
      personal.textContent = found ? "回复中有" + found + "，请确认确有必要写出。" : "";
    }
    function changed() {
      typedAt = Date.now();
      store(function (kept) {
        if (text.value) kept.setItem(key, JSON.stringify({ text: text.value, entry: entry.value, quote: quote.value }));
        else kept.removeItem(key);
      });
      told();
    }
    text.addEventListener("input", changed);

    var box = document.getElementById("answers"), asked = document.getElementById("asked"), find = document.getElementById("look");
    function insert(button) {
      var words = button.closest("li").querySelector(".answer-text").textContent, before = text.value.replace(/\s+$/, "");
      text.value = before ? before + "\n" + words : words;
      entry.value = button.dataset.insert;
      quote.value = words;
      changed();
      text.focus();
    }
    function search() {
      var sent = new URLSearchParams({ csrf: form.elements.csrf.value, asked: asked.value });
      box.setAttribute("aria-busy", "true");
      fetch(find.getAttribute("formaction"), { method: "POST", body: sent, credentials: "same-origin", redirect: "error", headers: { Accept: "application/json" } })
        .then(function (answer) {
          if (!answer.ok) throw new Error(String(answer.status));
          return answer.json();
        }).then(function (found) { box.innerHTML = found.answers; })
        .catch(function () { box.textContent = "暂时找不到，请稍后再试。"; })
        .finally(function () { box.removeAttribute("aria-busy"); });
    }
    find.addEventListener("click", function (event) { event.preventDefault(); search(); });
    asked.addEventListener("keydown", function (event) { if (event.key === "Enter") { event.preventDefault(); search(); } });
    box.addEventListener("click", function (event) {
      var button = event.target.closest("[data-insert]");
      if (button) { event.preventDefault(); insert(button); }
    });
    told();
  })();
})();
