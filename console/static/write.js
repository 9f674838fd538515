"use strict";
// The form in which a text is written. Everything here is a comfort: without script the form works the same way.
// What keeps the words safe (working copies, other people, the sign-in) is in keep.js.

(function () {
  var form = document.getElementById("disclosure-form");
  if (!form) return;
  var body = form.elements.body;

  // The check asks the very rules that will be asked at the submission, and tells what each channel makes of the master text.
  var state = document.getElementById("check-state"), waiting = 0, asked = 0, touched = new Set();
  var EXPECTED = ["title", "body", "department", "category", "formed_on"];
  function show(issues) {
    form.querySelectorAll("[data-live]").forEach(function (box) {
      var name = box.dataset.live, input = document.getElementById(name);
      var mine = issues.filter(function (issue) { return issue.field === name; });
      // A field nobody has written in yet is not scolded for being empty.
      var expected = EXPECTED.indexOf(name) >= 0 || name.indexOf("particulars_") === 0;
      if (expected && !touched.has(name) && input && !input.value) mine = [];
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
      var old = box.parentElement.querySelectorAll("[id^='" + name + "-issue-']");
      old.forEach(function (line) { line.hidden = true; });
      if (input) input.setAttribute("aria-invalid", mine.some(function (issue) { return issue.blocks; }) ? "true" : "false");
    });
    var blocking = issues.filter(function (issue) { return issue.blocks; }).length;
    if (state) state.textContent = blocking ? "送审前有 " + blocking + " 处须修改" : "预检：未发现须修改之处";
  }

  // A channel's own fields: what stands in for an empty one, whether it differs, and the way back.
  var master = {}, count = null, counter = document.getElementById("weibo-count");
  function compare(box) {
    var name = box.dataset.own, input = form.elements[name], own = input.value.trim(), says = master[name];
    box.querySelector(".differs").hidden = !own || (says !== undefined && own === says);
    box.querySelector(".to-master").hidden = !own;
    box.querySelector(".master-says").textContent = own ? "主稿为" : "将发出";
    if (says !== undefined) box.querySelector("[data-derived]").textContent = says || "（没有）";
  }
  function derive(told) {
    if (!told || !Object.keys(told.texts).length) return;
    master = told.texts;
    count = told.count;
    form.querySelectorAll("[data-own]").forEach(compare);
    if (!counter || count === null) return;
    var most = Number(counter.dataset.most), hard = Number(counter.dataset.hard);
    counter.textContent = "计 " + count + " 字（含链接），建议不超过 " + most + " 字，上限 " + hard + " 字";
    counter.classList.toggle("over", count > most);
  }
  form.querySelectorAll("[data-own]").forEach(function (box) {
    var name = box.dataset.own, says = box.querySelector("[data-derived]").textContent;
    if (says.charAt(0) !== "（") master[name] = says;
    form.elements[name].addEventListener("input", function () { compare(box); });
    box.querySelector(".to-master").addEventListener("click", function (event) {
      event.preventDefault();
      form.elements[name].value = "";
      form.elements[name].dispatchEvent(new Event("input", { bubbles: true }));
      form.elements[name].focus();
    });
  });

  function typed() {
    var sent = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string" && name !== "action") sent.append(name, value);
    });
    return sent;
  }
  function check() {
    var number = asked += 1;
    fetch("/console/check", { method: "POST", body: typed(), headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (told) { if (told && number === asked) { show(told.issues); derive(told.derived); } })
      .catch(function () { /* the network is away: the check runs again with the next word, and when saving */ });
  }
  form.addEventListener("input", function (event) {
    if (!event.target.name || event.target.type === "file") return;
    touched.add(event.target.name);
    window.clearTimeout(waiting);
    waiting = window.setTimeout(check, 1200);
  });

  // A kind brings its fields, its column, and its template where nobody has written a word.
  var kind = form.elements.kind, place = document.getElementById("kind-fields"), category = form.elements.category;
  var brought = { template: null, category: null }, chosen = 0;
  function bring() {
    var number = chosen += 1;
    return fetch("/console/kind-fields", { method: "POST", body: typed(), headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) { if (!answer.ok) throw new Error(String(answer.status)); return answer.json(); })
      .then(function (told) {
        if (number !== chosen) return;
        var fresh = new DOMParser().parseFromString(told.fields, "text/html").body;
        place.replaceChildren.apply(place, Array.from(fresh.childNodes));
        form.elements.kind_before.value = kind.value;
        if (!body.value.trim() || body.value.trim() === (brought.template || "").trim()) {
          body.value = told.template;
          body.dispatchEvent(new Event("input", { bubbles: true }));
        }
        if (told.category && (!category.value || category.value === brought.category)) category.value = told.category;
        brought = { template: told.template, category: told.category };
        kind.dispatchEvent(new Event("input", { bubbles: true }));
      });
  }
  if (kind && place) {
    var button = document.getElementById("use-kind");
    button.hidden = true;
    kind.addEventListener("change", function () {
      bring().catch(function () { button.hidden = false; });  // the way without script remains
    });
    // What the template and the column of the kind are that stands in the form already.
    if (kind.value) {
      fetch("/console/kind-fields", { method: "POST", body: typed(), headers: { Accept: "application/json" }, credentials: "same-origin" })
        .then(function (answer) { return answer.ok ? answer.json() : null; })
        .then(function (told) { if (told && !chosen) brought = { template: told.template, category: told.category }; })
        .catch(function () { /* then a template that stands there counts as written */ });
    }
  }

  // A picture goes to where the cursor is.
  var add = document.getElementById("add-picture"), file = form.elements.picture_file;
  var error = form.querySelector("[data-upload-error]");
  if (!add || !file) return;
  add.addEventListener("click", function (event) {
    event.preventDefault();
    error.hidden = true;
    if (!file.files.length) { error.textContent = "请先选择图片。"; error.hidden = false; return; }
    var alt = form.elements.picture_alt.value.trim();
    if (!alt) { error.textContent = "请填写图片说明。"; error.hidden = false; form.elements.picture_alt.focus(); return; }
    var sent = new FormData();
    sent.append("csrf", form.elements.csrf.value);
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
})();
