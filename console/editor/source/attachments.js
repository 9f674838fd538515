// Attachments go up as soon as they are chosen, one after the other: saving then sends words only, and a file that is refused
// costs nothing of what was typed.

import { Refused, upload } from "./server.js";

const MOST = 10 * 1024 * 1024;

export function attachments(form) {
  const chosen = form.elements.attachment_file, title = form.elements.attachment_file_title;
  if (!chosen) return;
  const box = chosen.closest(".insert");
  const told = document.createElement("p");
  told.className = "fine attached-told";
  told.setAttribute("role", "status");
  box.append(told);
  const hint = box.nextElementSibling;
  if (hint && hint.classList.contains("hint")) hint.textContent = "PDF、DOCX、XLSX、OFD、CSV 或图片，每个不超过 10 MB，可一次选几个。";
  chosen.addEventListener("change", async () => {
    const files = [...chosen.files];
    const named = files.length === 1 ? title.value.trim() : "";
    const refused = [];
    chosen.disabled = true;
    for (const [place, file] of files.entries()) {
      told.className = "fine attached-told";
      told.textContent = `正在上传 ${place + 1}/${files.length}：${file.name}`;
      try {
        if (file.size > MOST) throw new Refused("文件超过 10 MB，请压缩或拆分后上传。");
        add(form, box, await upload(file, "", form.elements.csrf.value), named || file.name.replace(/\.[^.]*$/, ""));
      } catch (error) {
        refused.push(`“${file.name}”没有上传：${error instanceof Refused ? error.message : "请重试。"}`);
      }
    }
    chosen.disabled = false;
    chosen.value = "";
    title.value = "";
    told.className = refused.length ? "wrong attached-told" : "fine attached-told";
    told.textContent = refused.join(" ") || `已上传 ${files.length} 个附件，保存后生效。`;
    form.dispatchEvent(new Event("input", { bubbles: true }));
    chosen.focus();
  });
}

function add(form, box, file, name) {
  let list = box.parentElement.querySelector(".attached");
  if (!list) {
    list = document.createElement("ol");
    list.className = "attached";
    box.before(list);
  }
  if ([...form.querySelectorAll("input[name=attachment]")].some((each) => each.value === file.sha256)) return;
  const number = list.children.length + 1;
  const item = document.createElement("li");
  const kept = made("input", { type: "hidden", name: "attachment", value: file.sha256 });
  const line = made("p", { className: "attached-file" });
  line.append(made("a", { href: `/console/files/${file.sha256}/${encodeURIComponent(file.file_name)}`, target: "_blank", rel: "noopener", textContent: file.file_name }));
  const field = made("div", { className: "field" });
  field.append(made("label", { htmlFor: `attachment-${number}`, textContent: "附件标题" }),
    made("input", { id: `attachment-${number}`, name: "attachment_title", value: name, maxLength: 200 }));
  const check = made("label", { className: "check", textContent: " 移除这个附件" });
  check.prepend(made("input", { type: "checkbox", name: "attachment_remove", value: file.sha256 }));
  item.append(kept, line, field, check);
  list.append(item);
}

function made(name, values) { return Object.assign(document.createElement(name), values); }
