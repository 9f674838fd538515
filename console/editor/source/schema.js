// What a text may consist of: exactly the marks that disclosures/markup.py keeps. What is not here cannot be typed, pasted or
// dropped, so the server's cleaning finds nothing to take away.

import { Schema } from "prosemirror-model";
import { tableNodes } from "prosemirror-tables";

const FILE_PATH = /^(?:\/console)?(\/files\/[0-9a-f]{64}\/[^\s\\]+)$/;

/** The address of a stored picture as the body writes it; empty for any other. */
export function stored(address) {
  const found = FILE_PATH.exec(address || "");
  return found && !found[1].includes("..") ? found[1] : "";
}

/** Whether a link shows where it goes; as disclosures/markup.py asks. */
export function safeLink(address) {
  if (!address || /[\s\\\u0000-\u001f]/.test(address) || address.startsWith("//")) return false;
  if (/^https?:\/\//i.test(address)) {
    const host = address.replace(/^https?:\/\//i, "").split(/[/?#]/)[0];
    return Boolean(host) && !host.includes("@");
  }
  return /^(?:mailto:|tel:|\/|#|\?)/i.test(address) || !/^[^/?#]*:/.test(address);
}

const cells = tableNodes({
  tableGroup: "block",
  cellContent: "block+",
  cellAttributes: {
    scope: {
      default: null,
      getFromDOM: (dom) => dom.getAttribute("scope"),
      setDOMAttr: (value, attributes) => { if (value) attributes.scope = value; },
    },
  },
});

const size = (dom, name) => (/^[1-9][0-9]{0,3}$/.test(dom.getAttribute(name) || "") ? dom.getAttribute(name) : null);

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: { group: "block", content: "inline*", parseDOM: [{ tag: "p" }], toDOM: () => ["p", 0] },
    heading: {
      group: "block",
      content: "inline*",
      defining: true,
      attrs: { level: { default: 2 } },
      parseDOM: [
        { tag: "h1", attrs: { level: 2 } }, { tag: "h2", attrs: { level: 2 } }, { tag: "h3", attrs: { level: 3 } },
        { tag: "h4", attrs: { level: 4 } }, { tag: "h5", attrs: { level: 4 } }, { tag: "h6", attrs: { level: 4 } },
      ],
      toDOM: (node) => [`h${node.attrs.level}`, 0],
    },
    blockquote: { group: "block", content: "block+", defining: true, parseDOM: [{ tag: "blockquote" }], toDOM: () => ["blockquote", 0] },
    bullet_list: { group: "block", content: "list_item+", parseDOM: [{ tag: "ul" }], toDOM: () => ["ul", 0] },
    ordered_list: { group: "block", content: "list_item+", parseDOM: [{ tag: "ol" }], toDOM: () => ["ol", 0] },
    list_item: { content: "paragraph block*", defining: true, parseDOM: [{ tag: "li" }], toDOM: () => ["li", 0] },
    horizontal_rule: { group: "block", parseDOM: [{ tag: "hr" }], toDOM: () => ["hr"] },
    section: { group: "block", content: "block+", parseDOM: [{ tag: "section" }], toDOM: () => ["section", 0] },
    figure: { group: "block", content: "(paragraph | table | figcaption)+", parseDOM: [{ tag: "figure" }], toDOM: () => ["figure", 0] },
    figcaption: { content: "inline*", parseDOM: [{ tag: "figcaption" }], toDOM: () => ["figcaption", 0] },
    ...cells,
    table: {
      ...cells.table,
      attrs: { caption: { default: "" } },
      parseDOM: [
        { tag: "table", getAttrs: (dom) => ({ caption: dom.caption ? dom.caption.textContent.trim() : "" }) },
        { tag: "caption", ignore: true },
      ],
      toDOM: (node) => (node.attrs.caption ? ["table", ["caption", node.attrs.caption], ["tbody", 0]] : ["table", ["tbody", 0]]),
    },
    image: {
      group: "inline",
      inline: true,
      draggable: true,
      attrs: { src: {}, alt: { default: "" }, width: { default: null }, height: { default: null } },
      parseDOM: [{
        tag: "img[src]",
        getAttrs: (dom) => {
          const src = stored(dom.getAttribute("src"));
          return src ? { src, alt: dom.getAttribute("alt") || "", width: size(dom, "width"), height: size(dom, "height") } : false;
        },
      }],
      toDOM: (node) => {
        const { src, alt, width, height } = node.attrs;
        return ["img", { src, alt, ...(width ? { width } : {}), ...(height ? { height } : {}) }];
      },
    },
    hard_break: { group: "inline", inline: true, selectable: false, parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
    text: { group: "inline" },
  },
  marks: {
    link: {
      attrs: { href: {}, title: { default: null } },
      inclusive: false,
      parseDOM: [{
        tag: "a[href]",
        getAttrs: (dom) => (safeLink(dom.getAttribute("href")) ? { href: dom.getAttribute("href"), title: dom.getAttribute("title") } : false),
      }],
      toDOM: (mark) => ["a", mark.attrs.title ? { href: mark.attrs.href, title: mark.attrs.title } : { href: mark.attrs.href }, 0],
    },
    strong: {
      parseDOM: [{ tag: "strong" }, { tag: "b" }],
      toDOM: () => ["strong", 0],
    },
    em: { parseDOM: [{ tag: "em" }, { tag: "i" }], toDOM: () => ["em", 0] },
    u: { parseDOM: [{ tag: "u" }, { tag: "ins" }], toDOM: () => ["u", 0] },
    s: { parseDOM: [{ tag: "s" }, { tag: "strike" }, { tag: "del" }], toDOM: () => ["s", 0] },
    sub: { excludes: "sub sup", parseDOM: [{ tag: "sub" }], toDOM: () => ["sub", 0] },
    sup: { excludes: "sub sup", parseDOM: [{ tag: "sup" }], toDOM: () => ["sup", 0] },
  },
});
