// Between HTML and the document. The HTML is the one the server keeps, one block a line, so that two versions can be compared.

import { DOMParser, DOMSerializer } from "prosemirror-model";
import { schema } from "./schema.js";

const inert = () => document.implementation.createHTMLDocument("");

export function fromHtml(html) {
  const page = inert();
  page.body.innerHTML = html;
  return DOMParser.fromSchema(schema).parse(page.body);
}

export function toHtml(doc) {
  if (doc.childCount === 1 && doc.firstChild.type.name === "paragraph" && !doc.firstChild.content.size) return "";
  const page = inert();
  const holder = page.createElement("div");
  DOMSerializer.fromSchema(schema).serializeFragment(doc.content, { document: page }, holder);
  // A cell or an item of one paragraph is that text.
  for (const box of holder.querySelectorAll("td, th, li")) {
    const first = box.firstElementChild;
    const alone = box.children.length === 1 || (box.tagName === "LI" && [...box.children].slice(1).every((each) => /^[UO]L$/.test(each.tagName)));
    if (first && first.tagName === "P" && alone) first.replaceWith(...first.childNodes);
  }
  for (const table of holder.querySelectorAll("table")) headRows(page, table);
  return [...holder.children].filter((block, place, all) => !(place === all.length - 1 && block.tagName === "P" && !block.hasChildNodes()))
    .map((block) => block.outerHTML).join("\n");
}

/** Rows of nothing but header cells at the top are the head, and their cells say that they name columns. */
function headRows(page, table) {
  const body = table.querySelector("tbody");
  const heads = [];
  for (const row of body.rows) {
    if (!row.cells.length || ![...row.cells].every((cell) => cell.tagName === "TH")) break;
    heads.push(row);
  }
  for (const cell of table.querySelectorAll("th")) {
    const inHead = heads.includes(cell.parentElement);
    if (!cell.hasAttribute("scope")) cell.setAttribute("scope", inHead ? "col" : "row");
  }
  if (heads.length && heads.length < body.rows.length) {
    const head = page.createElement("thead");
    head.append(...heads);
    table.insertBefore(head, body);
  }
}
