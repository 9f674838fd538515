// What comes from Word, WPS or a web page, before it is read: lists that Word only draws become lists, what is not text goes.

const TAG = /<[a-z][^\s>/]*(?:[^>"']|"[^"]*"|'[^']*')*>/gi;

/** HTML of the clipboard, made fit for the schema. Also says how many pictures could not come along. */
export function cleaned(html) {
  const page = document.implementation.createHTMLDocument("");
  // The page's security policy lets no style in, not even in a document that is never shown: a style attribute goes by another name.
  page.body.innerHTML = html.replace(/<!--\[if[\s\S]*?<!\[endif\]-->/gi, "").replace(/<!\[(?:if[^\]]*|endif)\]>/gi, "")
    .replace(/<(style|script|xml)\b[\s\S]*?<\/\1\s*>/gi, "").replace(TAG, (tag) => tag.replace(/(["'\s])style\s*=/gi, "$1data-style="));
  page.body.querySelectorAll("style, script, xml, meta, link, title, o\\:p:empty").forEach((each) => each.remove());
  page.body.querySelectorAll("section, article").forEach((each) => {
    const block = page.createElement("div");
    block.append(...each.childNodes);
    each.replaceWith(block);
  });
  listsOf(page);
  marksOf(page);
  const lost = [...page.body.querySelectorAll("img")].filter((image) => !/^(?:data:image\/|(?:\/console)?\/files\/)/.test(image.getAttribute("src") || "")).length;
  const inline = [...page.body.querySelectorAll('img[src^="data:image/"]')].map((image) => image.getAttribute("src"));
  return { html: page.body.innerHTML, lost, inline };
}

/** Bold, italic and underlined words that say so only in their style. */
function marksOf(page) {
  for (const each of [...page.body.querySelectorAll("[data-style]")]) {
    const style = each.getAttribute("data-style");
    each.removeAttribute("data-style");
    if (/^(?:b|strong)$/i.test(each.tagName) && /font-weight:\s*(?:normal|400)/i.test(style)) { each.replaceWith(...each.childNodes); continue; }
    if (!/^(?:span|font|p|td|th|li|div)$/i.test(each.tagName) || each.closest("h1, h2, h3, h4, h5, h6")) continue;
    for (const [found, name] of [[/font-weight:\s*(?:bold|[6-9]00)/i, "strong"], [/font-style:\s*italic/i, "em"], [/text-decoration[^;]*underline/i, "u"]]) {
      if (!found.test(style) || !each.textContent.trim()) continue;
      if (/^(?:td|th|li|div)$/i.test(each.tagName) && each.children.length) continue;
      const mark = page.createElement(name);
      mark.append(...each.childNodes);
      each.append(mark);
    }
  }
}

/** Word and WPS paste a list as paragraphs whose style says “mso-list: l0 level1 lfo1”, with the mark as text. */
function listsOf(page) {
  let open = [];
  for (const paragraph of [...page.body.querySelectorAll("p, h1, h2, h3, h4, h5, h6")]) {
    const style = paragraph.getAttribute("data-style") || "";
    const found = /mso-list:\s*l\d+\s+level(\d)/i.exec(style);
    if (!found || /^h/i.test(paragraph.tagName)) { open = []; continue; }
    const mark = markOf(paragraph);
    const kind = mark === null ? null : /^\d+[.、．)]?$/.test(mark) ? "ol" : drawn(paragraph) || /^[^\w\u4e00-\u9fff（(]{1,2}$|^o$/.test(mark) ? "ul" : null;
    // 第一条, （一）, a) …: such a number is part of the words and stays as text.
    if (!kind) { open = []; continue; }
    const depth = Math.min(Number(found[1]), open.length + 1);
    if (open.length && paragraph.previousElementSibling !== open[0].list) open = [];
    open.length = Math.min(open.length, depth);
    if (!open[depth - 1] || open[depth - 1].kind !== kind) {
      open.length = Math.min(depth - 1, open.length);
      const list = page.createElement(kind);
      const parent = open[open.length - 1];
      if (parent && parent.list.lastElementChild) parent.list.lastElementChild.append(list);
      else paragraph.before(list);
      open.push({ list, kind });
    }
    const item = page.createElement("li");
    paragraph.querySelectorAll("[data-mark]").forEach((each) => each.remove());
    item.append(...paragraph.childNodes);
    open[open.length - 1].list.append(item);
    paragraph.remove();
  }
}

/** The list mark that Word wrote into the paragraph, marked for removal; null when there is none. */
function markOf(paragraph) {
  for (const span of paragraph.querySelectorAll("span")) {
    if (/mso-list:\s*ignore/i.test(span.getAttribute("data-style") || "")) {
      span.setAttribute("data-mark", "");
      return span.textContent.replace(/[\s\u00a0]/g, "");
    }
  }
  return null;
}

/** Whether the mark is a picture out of a font of pictures: “l” in Wingdings is a dot. */
function drawn(paragraph) {
  const mark = paragraph.querySelector("[data-mark]");
  return Boolean(mark && mark.closest('[data-style*="Wingdings"], [data-style*="Symbol"]'));
}

export async function fileOf(dataAddress, number) {
  // Read by hand: the page's security policy does not let a script fetch data: addresses.
  const [head, data] = dataAddress.split(",", 2);
  const type = (/^data:(image\/(?:png|jpeg|gif))/.exec(head) || [])[1];
  if (!type || !/;base64$/.test(head)) return null;
  const bytes = Uint8Array.from(atob(data.replace(/\s/g, "")), (each) => each.charCodeAt(0));
  return new File([bytes], `pasted-${number}.${type.split("/")[1]}`, { type });
}
