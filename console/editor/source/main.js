// The editor over the text of the form. The textarea and its format stay the truth: the editor shows them, and writes them only
// when somebody has changed something in it, so that looking at a text never makes a new version of it.

import { dropCursor } from "prosemirror-dropcursor";
import { gapCursor } from "prosemirror-gapcursor";
import { history } from "prosemirror-history";
import { EditorState, TextSelection } from "prosemirror-state";
import { isInTable, tableEditing } from "prosemirror-tables";
import { EditorView } from "prosemirror-view";
import { groups, tableGroups } from "./actions.js";
import { attachments } from "./attachments.js";
import { ask } from "./dialog.js";
import { fromHtml, toHtml } from "./html.js";
import { keys } from "./keys.js";
import { cleaned, fileOf } from "./paste.js";
import { describe, insertPicture, PictureView, placeholders } from "./pictures.js";
import { convert, Refused, word } from "./server.js";
import { Toolbar } from "./toolbar.js";

const CHOICE = "mingbai-writing";

class Writing {
  constructor(form, area) {
    this.form = form;
    this.area = area;
    this.csrf = form.elements.csrf.value;
    this.format = form.elements.body_format;
    this.mine = false;
    this.pending = 0;
    this.loading = 0;
    this.box = document.createElement("div");
    this.box.className = "editor";
    this.page = document.createElement("div");
    this.page.className = "editor-page text";
    this.status = document.createElement("p");
    this.status.className = "editor-status fine";
    this.status.setAttribute("role", "status");
    this.view = new EditorView(this.page, this.options());
    this.tools = new Toolbar({ label: "编辑工具", groups: groups({ picture: (view) => this.picture(view), word: () => this.word() }), view: this.view });
    this.tableTools = new Toolbar({ label: "表格工具", groups: tableGroups, view: this.view });
    this.tableTools.dom.classList.add("editor-table-tools");
    this.tableTools.dom.hidden = true;
    this.bars = document.createElement("div");
    this.bars.className = "editor-bars";
    this.bars.append(this.tools.dom, this.tableTools.dom);
    this.box.append(this.bars, this.page);
    this.switch = this.modes();
    area.before(this.switch, this.box);
    area.after(this.status);
    area.addEventListener("input", () => { if (!this.mine) this.changedOutside(); });
    area.addEventListener("select", () => this.marked());
    // The label, and the links of the list of errors, lead to the text wherever it is being written.
    document.addEventListener("click", (event) => {
      if (!this.rich || !event.target.closest('a[href="#body"], label[for="body"]')) return;
      event.preventDefault();
      this.box.scrollIntoView({ block: "nearest" });
      this.view.focus();
    });
    form.addEventListener("submit", () => this.flush(), true);
    this.hidden = [...form.querySelectorAll("[data-plain-only]")];
    this.show(this.remembered() !== "markdown" || this.format.value === "html");
    if (this.rich) this.load();
    this.refresh();
  }

  options() {
    return {
      state: EditorState.create({ doc: fromHtml(""), plugins: this.plugins() }),
      nodeViews: { image: (node, view, where) => new PictureView(node, view, where) },
      attributes: () => ({
        role: "textbox", "aria-multiline": "true", "aria-label": "正文", "aria-describedby": "body-keys", spellcheck: "false",
        "aria-invalid": this.area.getAttribute("aria-invalid") || "false",
      }),
      transformPastedHTML: (html) => this.pasted(html),
      handlePaste: (view, event) => this.files(view, event.clipboardData, event),
      handleDrop: (view, event, slice, moved) => !moved && this.files(view, event.dataTransfer, event),
      // Whoever presses a button that changes the text meets it as it was last typed.
      handleDOMEvents: { blur: () => { this.flush(); return false; } },
      handleKeyDown: (view, event) => {
        const node = view.state.selection.node;
        if (event.key !== "Enter" || !node || node.type.name !== "image") return false;
        describe(view, view.state.selection.from);
        return true;
      },
      dispatchTransaction: (change) => {
        this.view.updateState(this.view.state.apply(change));
        if (change.docChanged && !change.getMeta("loaded")) this.touched();
        this.refresh();
      },
    };
  }

  plugins() {
    return [...keys(() => this.tools.enter()), history(), dropCursor({ color: "#0b5f6b", width: 2 }), gapCursor(), tableEditing(), placeholders()];
  }

  // -- between the editor and the textarea ------------------------------------------------------------------------

  touched() {
    window.clearTimeout(this.pending);
    this.pending = window.setTimeout(() => this.flush(), 300);
  }

  flush() {
    if (!this.pending) return;
    window.clearTimeout(this.pending);
    this.pending = 0;
    this.write(toHtml(this.view.state.doc), "html");
  }

  write(text, format) {
    this.mine = true;
    // An empty text has no format: a template may come in either.
    this.format.value = text ? format : "markdown";
    this.area.value = text;
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    this.mine = false;
  }

  /** Somebody else wrote into the textarea: a draft was restored, two versions were merged, a template was taken. */
  changedOutside() {
    window.clearTimeout(this.pending);
    this.pending = 0;
    window.clearTimeout(this.outside);
    this.outside = window.setTimeout(() => {
      if (!this.rich && this.format.value === "html") this.show(true);
      if (this.rich) this.load();
    }, 120);
  }

  /** A check points at words by selecting them in the textarea: here they are selected where they are read. */
  marked() {
    const { selectionStart: start, selectionEnd: end, value } = this.area;
    if (!this.rich || end - start < 1 || end - start > 120 || end - start === value.length) return;
    const words = value.slice(start, end);
    let left = value.slice(0, start).split(words).length - 1;
    const plain = new DOMParser().parseFromString(words, "text/html").body.textContent;
    let place = null;
    this.view.state.doc.descendants((node, at) => {
      if (place !== null || !node.isTextblock) return place === null;
      const text = node.textBetween(0, node.content.size, "", "\ufffc");
      for (let found = text.indexOf(plain); found >= 0; found = text.indexOf(plain, found + 1)) {
        if (left > 0) { left -= 1; continue; }
        place = at + 1 + found;
        break;
      }
      return false;
    });
    if (place === null) return;
    const selection = TextSelection.create(this.view.state.doc, place, place + plain.length);
    this.view.focus();
    this.view.dispatch(this.view.state.tr.setSelection(selection).scrollIntoView());
  }

  async load() {
    const mark = (this.loading += 1);
    let html = this.area.value;
    if (this.format.value !== "html" && html.trim()) {
      this.view.setProps({ editable: () => false });
      try {
        html = (await convert(html, "html", this.csrf)).body;
      } catch (error) {
        if (mark !== this.loading) return;
        this.say(error instanceof Refused ? error.message : "正文没有打开，请重试。", true);
        this.show(false);
        return;
      }
    }
    if (mark !== this.loading) return;
    this.view.setProps({ editable: () => true });
    // A text from elsewhere begins a new history: undoing must not bring back another text.
    this.view.updateState(EditorState.create({ doc: fromHtml(html), plugins: this.plugins() }));
    this.refresh();
  }

  // -- rich text or Markdown -------------------------------------------------------------------------------------

  modes() {
    const group = document.createElement("div");
    group.className = "editor-modes";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "编辑方式");
    this.richButton = this.mode("富文本", () => this.toRich());
    this.plainButton = this.mode("Markdown", () => this.toPlain());
    group.append(this.richButton, this.plainButton);
    return group;
  }

  mode(name, choose) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet small";
    button.textContent = name;
    button.addEventListener("click", choose);
    return button;
  }

  remembered() { try { return window.localStorage.getItem(CHOICE); } catch { return null; } }
  remember(choice) { try { window.localStorage.setItem(CHOICE, choice); } catch { /* private windows keep nothing */ } }

  show(rich) {
    this.rich = rich;
    this.box.hidden = !rich;
    this.area.classList.toggle("unseen", rich);
    this.area.tabIndex = rich ? -1 : 0;
    if (rich) this.area.setAttribute("aria-hidden", "true");
    else this.area.removeAttribute("aria-hidden");
    this.hidden.forEach((each) => { each.hidden = rich; });
    this.richButton.setAttribute("aria-pressed", String(rich));
    this.plainButton.setAttribute("aria-pressed", String(!rich));
  }

  async toRich() {
    if (this.rich) return;
    this.remember("rich");
    this.show(true);
    await this.load();
    this.view.focus();
  }

  async toPlain() {
    if (!this.rich) return;
    this.flush();
    if (this.format.value === "html" && this.area.value.trim()) {
      let told;
      try {
        told = await convert(this.area.value, "markdown", this.csrf);
      } catch (error) {
        this.say(error instanceof Refused ? error.message : "没有转换成功，请重试。", true);
        return;
      }
      if (told.lost.length && !await ask({
        title: "转换成 Markdown 会丢失一些格式",
        text: [`Markdown 写不出：${told.lost.join("、")}。`, "转换后这些格式就没有了。"], ok: "仍要转换", cancel: "留在富文本",
      })) return;
      this.write(told.body, "markdown");
    } else {
      this.format.value = "markdown";
    }
    this.remember("markdown");
    this.show(false);
    this.area.focus();
  }

  // -- what comes in ---------------------------------------------------------------------------------------------

  pasted(html) {
    const found = cleaned(html);
    if (found.lost) this.say(`有 ${found.lost} 张图片没有随文字粘贴过来，请另存为图片后用“图片”插入，或用“Word 文件”导入整个文件。`, true);
    if (found.inline.length) window.setTimeout(async () => this.take((await Promise.all(found.inline.map(fileOf))).filter(Boolean)), 0);
    return found.html;
  }

  /** Pasted or dropped files: pictures go into the text, a Word file is read; anything else would make the browser leave the
      page. Text that comes with a picture of itself (as from Excel) stays text. */
  files(view, data, event) {
    const given = [...(data ? data.files : [])];
    if (!given.length || (event.type === "paste" && /\S/.test(data.getData("text/plain")))) return false;
    event.preventDefault();
    const pictures = given.filter((file) => /^image\/(?:png|jpeg|gif)$/.test(file.type));
    const document = given.find((file) => /\.docx$/i.test(file.name));
    if (pictures.length) this.take(pictures);
    else if (document) this.read(document);
    else this.say("这种文件不能放进正文。图片须为 PNG、JPEG 或 GIF，其他文件请作为附件上传。", true);
    return true;
  }

  async take(files) {
    for (const file of files.slice(0, 20)) {
      const place = await insertPicture(this.view, file, "", this.csrf, (text, wrong) => this.say(text, wrong));
      if (place !== null) await describe(this.view, place);
    }
  }

  async picture(view) {
    const told = await ask({
      title: "插入图片",
      fields: [
        { name: "file", label: "图片", type: "file", accept: "image/png,image/jpeg,image/gif", required: true },
        { name: "alt", label: "图片说明", hint: "说明图里有什么、写了什么，供看不见图的群众听读", max: 200, required: true },
      ],
      ok: "插入",
    });
    if (told) await insertPicture(view, told.file, told.alt, this.csrf, (text, wrong) => this.say(text, wrong));
    view.focus();
  }

  async word() {
    const told = await ask({
      title: "导入 Word 文件",
      text: "文件的正文插入光标所在的位置，图片一并导入。",
      fields: [{ name: "file", label: "Word 文件（.docx）", type: "file", accept: ".docx", required: true }],
      ok: "导入",
    });
    if (told) await this.read(told.file);
  }

  async read(file) {
    this.say("正在读取 Word 文件…");
    try {
      const read = await word(file, this.csrf);
      const slice = fromHtml(read.body_html);
      this.view.dispatch(this.view.state.tr.replaceSelection(slice.slice(0, slice.content.size)).scrollIntoView());
      this.say(["已导入 Word 文件。", ...read.notes].join(" "), read.notes.length > 0);
    } catch (error) {
      this.say(error instanceof Refused ? error.message : "Word 文件没有导入成功，请重试。", true);
    }
    this.view.focus();
  }

  // -- what is seen ----------------------------------------------------------------------------------------------

  refresh() {
    const { doc } = this.view.state;
    this.page.classList.toggle("editor-empty", doc.childCount === 1 && doc.firstChild.type.name === "paragraph" && !doc.firstChild.content.size);
    this.tools.update(this.view.state);
    const table = isInTable(this.view.state);
    this.tableTools.dom.hidden = !table;
    if (table) this.tableTools.update(this.view.state);
  }

  say(text, wrong = false) {
    this.status.className = wrong ? "editor-status hint-warn" : "editor-status fine";
    this.status.textContent = text;
  }
}

const form = document.getElementById("disclosure-form");
const area = form && form.elements.body;
// Browsers that are too old for its windows keep the plain form.
if (area && window.HTMLDialogElement) {
  new Writing(form, area);
  attachments(form);
}
