// One small window that asks for a few things. Works with the keyboard and a screen reader, since it is the browser's own.

/** Resolves with the values, or null when it was left. A field: {name, label, hint?, value?, type?, required?, accept?, options?}. */
export function ask({ title, text = "", fields = [], ok = "确定", cancel = "取消", other = "", check = () => "" }) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const dialog = document.createElement("dialog");
    dialog.className = "editor-dialog card";
    dialog.setAttribute("aria-labelledby", "editor-dialog-title");
    const form = document.createElement("form");
    form.method = "dialog";
    form.noValidate = true;
    const heading = document.createElement("h2");
    heading.id = "editor-dialog-title";
    heading.textContent = title;
    form.append(heading);
    for (const line of [].concat(text).filter(Boolean)) {
      const said = document.createElement("p");
      said.textContent = line;
      form.append(said);
    }
    const inputs = fields.map((field) => control(form, field));
    const wrong = document.createElement("p");
    wrong.className = "wrong";
    wrong.id = "editor-dialog-wrong";
    wrong.setAttribute("role", "alert");
    wrong.hidden = true;
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    buttons.append(button(ok, ""), ...(other ? [button(other, "quiet", "other")] : []), button(cancel, "quiet", "cancel"));
    form.append(wrong, buttons);
    dialog.append(form);
    document.body.append(dialog);
    let answer = null;
    form.addEventListener("submit", (event) => {
      const how = event.submitter ? event.submitter.value : "";
      if (how === "cancel") return;
      const values = Object.fromEntries(inputs.map((input) => [input.name, input.type === "file" ? input.files[0] || null : input.type === "checkbox" ? input.checked : input.value.trim()]));
      if (how === "other") { answer = { ...values, other: true }; return; }
      const missing = fields.findIndex((field) => field.required && !values[field.name]);
      const said = missing >= 0 ? `请${fields[missing].type === "file" ? "选择" : "填写"}${fields[missing].label}。` : check(values);
      if (!said) { answer = values; return; }
      event.preventDefault();
      wrong.textContent = said;
      wrong.hidden = false;
      const input = inputs[Math.max(missing, 0)];
      if (input) { input.setAttribute("aria-describedby", wrong.id); input.setAttribute("aria-invalid", "true"); input.focus(); }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before && before.focus) before.focus();
      resolve(answer);
    });
    dialog.showModal();
  });
}

function control(form, field) {
  const box = document.createElement("div");
  box.className = "field";
  const label = document.createElement("label");
  label.textContent = field.label;
  const input = document.createElement("input");
  input.type = field.type || "text";
  input.name = field.name;
  input.id = `editor-field-${field.name}`;
  label.htmlFor = input.id;
  if (field.accept) input.accept = field.accept;
  if (field.max) input.maxLength = field.max;
  if (field.type === "number") { input.min = field.min; input.max = field.most; }
  if (field.type === "checkbox") { input.checked = Boolean(field.value); label.className = "check"; label.prepend(input); box.append(label); } else {
    if (field.value !== undefined && field.type !== "file") input.value = field.value;
    box.append(label);
    if (field.hint) {
      const hint = document.createElement("p");
      hint.className = "hint";
      hint.textContent = field.hint;
      box.append(hint);
    }
    box.append(input);
  }
  form.append(box);
  return input;
}

function button(text, look, value = "ok") {
  const made = document.createElement("button");
  made.textContent = text;
  made.className = look;
  made.value = value;
  if (value === "cancel") made.formNoValidate = true;
  return made;
}
