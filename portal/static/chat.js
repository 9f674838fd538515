"use strict";
// The web chat over /chat/messages. Without script the same form is posted and the page comes back.
(function () {
  var form = document.getElementById("say-form");
  var log = document.getElementById("chat");
  var say = document.getElementById("say");
  var waiting = 0;
  var failed = "暂时无法回答，请稍后再试。";

  function element(name, className, text) {
    var node = document.createElement(name);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function follow(box) {
    // A short message comes into view whole, a long one from its beginning.
    if (log.scrollHeight > log.clientHeight) { // On wide screens the log scrolls by itself,
      var top = box.getBoundingClientRect().top - log.getBoundingClientRect().top;
      log.scrollTop += box.offsetHeight > log.clientHeight ? top - 12 : log.scrollHeight;
    } else { // on a phone the page does.
      var long = box.offsetHeight > window.innerHeight * 0.7;
      box.scrollIntoView({ block: long ? "start" : "nearest", behavior: "instant" });
    }
  }

  function message(kind, who, lines) {
    var box = element("div", "message " + kind);
    box.append(element("p", "who", who));
    lines.forEach(function (line) { box.append(element("p", "", line)); });
    log.append(box);
    follow(box);
    return box;
  }

  function source(entry) {
    var item = element("li", "", "依据：");
    if (/^(\/|https?:\/\/)/.test(entry.url)) {
      var link = element("a", "", entry.title);
      link.href = entry.url;
      if (link.host !== location.host) link.rel = "noopener noreferrer";
      item.append(link);
    } else {
      item.append(entry.title);
    }
    if (entry.note) item.append(" ", element("span", "fine", entry.note));
    return item;
  }

  function show(reply) {
    if (!reply.lines.length && !reply.quote && !reply.options.length) return; // Answered together with the next message.
    var box = message("from-bot", "问答", reply.quote ? [] : reply.lines);
    if (reply.quote) {
      reply.lines.forEach(function (line) { box.append(element("p", "warning", line)); });
      box.append(element("blockquote", "", reply.quote));
      reply.notes.forEach(function (line) { box.append(element("p", "fine", line)); });
    }
    if (reply.options.length) {
      var options = element("div", "options");
      reply.options.forEach(function (option) {
        var button = element("button", "", option.label);
        button.type = "button";
        button.addEventListener("click", function () { put(option.say, option.label); });
        options.append(button);
      });
      box.append(options);
    }
    if (reply.sources.length) {
      var list = element("ul", "sources");
      list.setAttribute("aria-label", "依据");
      reply.sources.forEach(function (entry) { list.append(source(entry)); });
      box.append(list);
    }
    follow(box);
  }

  async function put(text, label) {
    waiting += 1; // Who writes on meanwhile is answered together: the earlier messages get an empty reply.
    message("from-you", "您", [label || text]);
    log.setAttribute("aria-busy", "true");
    try {
      var answer = await fetch(form.dataset.messages, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text: text }),
        signal: AbortSignal.timeout(12000)
      });
      var body = await answer.json();
      if (answer.ok) show(body);
      else message("from-bot refused", "问答", [body.error || failed]);
    } catch (_) {
      message("from-bot refused", "问答", [failed]);
    }
    waiting -= 1;
    if (!waiting) log.removeAttribute("aria-busy");
    say.focus();
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var chosen = event.submitter && event.submitter.name === "choice" ? event.submitter : null;
    var text = chosen ? chosen.value : say.value.trim();
    if (!text) { say.focus(); return; }
    if (!chosen) say.value = "";
    put(text, chosen ? chosen.textContent : "");
  });
})();
