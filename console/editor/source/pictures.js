// Pictures: uploaded, shown from the staff's address while they are not public, and never without a description unmarked.

import { Plugin, PluginKey } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { ask } from "./dialog.js";
import { schema } from "./schema.js";
import { upload, Refused } from "./server.js";

const waiting = new PluginKey("pictures that are still on their way");

export const placeholders = () => new Plugin({
  key: waiting,
  state: {
    init: () => DecorationSet.empty,
    apply(change, set) {
      set = set.map(change.mapping, change.doc);
      const told = change.getMeta(waiting);
      if (told && told.add) {
        const mark = document.createElement("span");
        mark.className = "editor-waiting";
        mark.textContent = "图片上传中…";
        set = set.add(change.doc, [Decoration.widget(told.pos, mark, { id: told.add })]);
      } else if (told && told.remove) {
        set = set.remove(set.find(null, null, (spec) => spec.id === told.remove));
      }
      return set;
    },
  },
  props: { decorations(state) { return this.getState(state); } },
});

/** Uploads a file and puts it where the cursor was, however much was typed meanwhile. Resolves with its place, or null. */
export async function insertPicture(view, file, alt, csrf, say) {
  const id = {};
  const place = view.state.selection.from;
  view.dispatch(view.state.tr.setMeta(waiting, { add: id, pos: place }));
  let told = null;
  try {
    told = await upload(file, alt, csrf);
    if (!told.picture) throw new Refused("正文中只能插入 PNG、JPEG、GIF 图片，其他文件请作为附件上传。");
  } catch (error) {
    told = null;
    say(error instanceof Refused ? error.message : "图片没有上传成功，请重试。", true);
  }
  const found = waiting.getState(view.state).find(null, null, (spec) => spec.id === id)[0];
  const change = view.state.tr.setMeta(waiting, { remove: id });
  if (!told || !found) { view.dispatch(change); return null; }
  const image = schema.nodes.image.create({ src: told.path, alt });
  view.dispatch(change.insert(found.from, image).scrollIntoView());
  say(alt ? "已插入图片。" : "已插入图片，请填写图片说明。");
  return found.from;
}

/** Asks for the description of the picture at a place, or takes the picture away. */
export async function describe(view, place) {
  const node = view.state.doc.nodeAt(place);
  if (!node || node.type !== schema.nodes.image) return;
  const told = await ask({
    title: "图片说明",
    text: "说明图里有什么、写了什么，供看不见图的群众听读。没有说明的图片不能送审。",
    fields: [{ name: "alt", label: "图片说明", value: node.attrs.alt, max: 200, required: true }],
    other: "删除图片",
  });
  if (!told) return;
  // The document may have changed while the window was open: the same picture is looked for again.
  let now = null;
  view.state.doc.descendants((each, at) => {
    if (each.type === schema.nodes.image && each.attrs.src === node.attrs.src && (now === null || Math.abs(at - place) < Math.abs(now - place))) now = at;
  });
  if (now === null) return;
  view.dispatch(told.other ? view.state.tr.delete(now, now + 1) : view.state.tr.setNodeMarkup(now, null, { ...node.attrs, alt: told.alt }));
}

/** How a picture stands in the text: itself, and under it its description or the want of one. */
export class PictureView {
  constructor(node, view, where) {
    this.dom = document.createElement("span");
    this.dom.className = "editor-picture";
    this.image = document.createElement("img");
    this.label = document.createElement("button");
    this.label.type = "button";
    this.label.contentEditable = "false";
    this.label.addEventListener("click", (event) => { event.preventDefault(); describe(view, where()); });
    this.dom.append(this.image, this.label);
    this.show(node);
  }

  show(node) {
    this.node = node;
    this.image.src = `/console${node.attrs.src}`;
    this.image.alt = node.attrs.alt;
    this.dom.classList.toggle("editor-undescribed", !node.attrs.alt);
    this.label.textContent = node.attrs.alt ? `图片说明：${node.attrs.alt}` : "缺少图片说明，点此填写";
  }

  update(node) {
    if (node.type !== this.node.type) return false;
    this.show(node);
    return true;
  }

  stopEvent(event) { return event.target === this.label; }
  ignoreMutation() { return true; }
  selectNode() { this.dom.classList.add("ProseMirror-selectednode"); }
  deselectNode() { this.dom.classList.remove("ProseMirror-selectednode"); }
}
