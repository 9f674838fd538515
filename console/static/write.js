"use strict";
// The form in which a text is written. Everything here is a comfort: without script the form works the same way.

// Writing: the Weibo count, the check while one types, pictures at the cursor, and nothing lost.
(function () {
  var form = document.getElementById("disclosure-form");
  if (!form) return;
  var csrf = form.elements.csrf.value;

  // As Weibo counts: a full-width character is one, two half-width ones are one, a link is ten.
  var weibo = form.elements.weibo_text, counter = document.getElementById("weibo-count");
  function count() {
    var most = Number(weibo.dataset.most), link = Number(weibo.dataset.link), text = weibo.value.trim();
    if (!text) {
      counter.textContent = "留空时由标题和概述生成；建议不超过 " + most + " 字（含链接）";
      counter.classList.remove("over");
      return;
    }
    var links = text.match(/https?:\/\/[A-Za-z0-9][-A-Za-z0-9_$.+!*()/,:;@&=?~#%']*/gi) || [];
    links.forEach(function (each) { text = text.replace(each, ""); });
    var half = 0;
    for (var place = 0; place < text.length; place += 1) half += text.charCodeAt(place) < 256 ? 1 : 2;
    var total = Math.ceil((half + 1) / 2) + (links.length + 1) * link;
    counter.textContent = "约 " + total + " 字（含门户链接），建议不超过 " + most + " 字";
    counter.classList.toggle("over", total > most);
  }
  if (weibo && counter) { weibo.addEventListener("input", count); count(); }

  // The check asks the very rules that will be asked at the submission.
  var state = document.getElementById("check-state"), waiting = 0, asked = 0, touched = new Set();
  var EXPECTED = ["title", "body", "department", "category", "formed_on"];
  function show(issues) {
    form.querySelectorAll("[data-live]").forEach(function (box) {
      var mine = issues.filter(function (issue) { return issue.field === box.dataset.live; });
      // A field nobody has written in yet is not scolded for being empty.
      var input = document.getElementById(box.dataset.live);
      if (EXPECTED.indexOf(box.dataset.live) >= 0 && !touched.has(box.dataset.live) && input && !input.value) mine = [];
      box.replaceChildren.apply(box, mine.map(function (issue) {
        var line = document.createElement("p");
        line.className = issue.blocks ? "wrong" : "hint-warn";
        var place = { wechat: "微信：", weibo: "微博：", portal: "门户：", answers: "问答：" }[issue.place] || "";
        if (issue.field.indexOf(issue.place + "_") === 0) place = "";
        if (window.mingbaiFinding) return window.mingbaiFinding(issue, place);
        line.textContent = [place + issue.message, issue.remedy].filter(Boolean).map(function (said) {
          return /[。！？；：…）]$/.test(said) ? said : said + "。";
        }).join(" ");
        return line;
      }));
      var old = box.parentElement.querySelectorAll("[id^='" + box.dataset.live + "-issue-']");
      old.forEach(function (line) { line.hidden = true; });
      if (input) input.setAttribute("aria-invalid", mine.some(function (issue) { return issue.blocks; }) ? "true" : "false");
    });
    var blocking = issues.filter(function (issue) { return issue.blocks; }).length;
    if (state) state.textContent = blocking ? "预检：有 " + blocking + " 处须修改" : "预检：未发现须修改之处";
  }
  function check() {
    var sent = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string" && name !== "action") sent.append(name, value);
    });
    var number = asked += 1;
    fetch("/console/check", { method: "POST", body: sent, headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) {
        if (answer.status === 401 && state) state.textContent = "登录已失效。请在另一个窗口重新登录，再回到这里保存。";
        return answer.ok ? answer.json() : null;
      })
      .then(function (told) { if (told && number === asked) show(told.issues); })
      .catch(function () { /* the network is away: the check runs again with the next word, and when saving */ });
  }
  form.addEventListener("input", function (event) {
    if (!event.target.name || event.target.type === "file") return;
    touched.add(event.target.name);
    window.clearTimeout(waiting);
    waiting = window.setTimeout(check, 1200);
  });

  // A picture goes to where the cursor is.
  var add = document.getElementById("add-picture"), file = form.elements.picture_file, body = form.elements.body;
  var error = form.querySelector("[data-upload-error]");
  add.addEventListener("click", function (event) {
    event.preventDefault();
    error.hidden = true;
    if (!file.files.length) { error.textContent = "请先选择图片。"; error.hidden = false; return; }
    var alt = form.elements.picture_alt.value.trim();
    if (!alt) { error.textContent = "请填写图片说明。"; error.hidden = false; form.elements.picture_alt.focus(); return; }
    var sent = new FormData();
    sent.append("csrf", csrf);
    sent.append("file", file.files[0]);
    sent.append("title", alt);
    add.disabled = true;
    fetch("/console/files", { method: "POST", body: sent, headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) { return answer.json().catch(function () { return { detail: "上传没有成功，请检查文件大小后重试。" }; }); })
      .then(function (told) {
        if (!told.path || !told.picture) {
          error.textContent = told.detail || "正文中只能插入图片，其他文件请作为附件上传。";
          error.hidden = false;
          return;
        }
        var plain = alt.replace(/[[\]\n]/g, " ");
        var mark = form.elements.body_format.value === "html"
          ? '<p><img src="' + told.path + '" alt="' + plain.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;") + '"></p>'
          : "![" + plain + "](" + told.path + ")";
        body.setRangeText("\n\n" + mark + "\n\n", body.selectionStart, body.selectionEnd, "end");
        body.dispatchEvent(new Event("input", { bubbles: true }));
        file.value = "";
        form.elements.picture_alt.value = "";
        body.focus();
      })
      .catch(function () { error.textContent = "上传没有成功，请检查网络后重试。"; error.hidden = false; })
      .finally(function () { add.disabled = false; });
  });

  // Leaving with unsaved words asks first.
  var dirty = false;
  form.addEventListener("input", function () { dirty = true; });
  form.addEventListener("submit", function () { dirty = false; });
  window.addEventListener("beforeunload", function (event) { if (dirty) event.preventDefault(); });
})();
