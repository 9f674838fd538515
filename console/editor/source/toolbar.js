// A row of buttons with words on them. One stop for the tabulator; arrows, Home and End move inside (WAI-ARIA toolbar).

export class Toolbar {
  constructor({ label, groups, view }) {
    this.view = view;
    this.dom = document.createElement("div");
    this.dom.className = "editor-toolbar";
    this.dom.setAttribute("role", "toolbar");
    this.dom.setAttribute("aria-label", label);
    this.buttons = [];
    for (const group of groups) {
      const box = document.createElement("span");
      box.className = "editor-group";
      for (const [id, name, action] of group) box.append(this.button(id, name, action));
      this.dom.append(box);
    }
    this.dom.addEventListener("keydown", (event) => this.move(event));
    this.buttons[0].dom.tabIndex = 0;
  }

  button(id, name, action) {
    const dom = document.createElement("button");
    dom.type = "button";
    dom.className = "quiet small";
    dom.dataset.action = id;
    dom.textContent = name;
    dom.tabIndex = -1;
    if (action.on) dom.setAttribute("aria-pressed", "false");
    // The cursor stays in the text when a mouse presses a button.
    dom.addEventListener("mousedown", (event) => event.preventDefault());
    dom.addEventListener("click", () => {
      if (dom.getAttribute("aria-disabled") === "true") return;
      if (action.ask) { action.ask(this.view).then(() => this.view.focus()); return; }
      action.run(this.view.state, this.view.dispatch, this.view);
      this.view.focus();
    });
    this.buttons.push({ dom, action });
    return dom;
  }

  move(event) {
    const all = this.buttons.map((each) => each.dom), here = all.indexOf(document.activeElement);
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") { this.view.focus(); event.preventDefault(); return; }
    if (to === undefined || here < 0) return;
    event.preventDefault();
    this.enter((to + all.length) % all.length);
  }

  enter(place = 0) {
    this.buttons.forEach((each, number) => { each.dom.tabIndex = number === place ? 0 : -1; });
    this.buttons[place].dom.focus();
  }

  update(state) {
    for (const { dom, action } of this.buttons) {
      const on = action.on ? action.on(state) : false;
      const can = on || (action.run ? action.run(state) : !(action.off && action.off(state)));
      if (can) dom.removeAttribute("aria-disabled");
      else dom.setAttribute("aria-disabled", "true");
      if (action.on) dom.setAttribute("aria-pressed", String(on));
    }
  }
}
