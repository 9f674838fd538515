// What the buttons do. Each action: a name for the screen, what it does, and when it is on or cannot be done.

import { lift, setBlockType, toggleMark, wrapIn } from "prosemirror-commands";
import { redo, undo } from "prosemirror-history";
import { liftListItem, sinkListItem, wrapInList } from "prosemirror-schema-list";
import {
  addColumnAfter, addColumnBefore, addRowAfter, addRowBefore, deleteColumn, deleteRow, deleteTable, isInTable, mergeCells, splitCell,
  toggleHeaderColumn, toggleHeaderRow,
} from "prosemirror-tables";
import { TextSelection } from "prosemirror-state";
import { ask } from "./dialog.js";
import { describe } from "./pictures.js";
import { safeLink, schema } from "./schema.js";

const { nodes, marks } = schema;

function within(state, type) {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) if ($from.node(depth).type === type) return { node: $from.node(depth), at: $from.before(depth) };
  return null;
}

const headed = (level) => ({
  run: (state, dispatch) => (isHeading(state, level) ? setBlockType(nodes.paragraph) : setBlockType(nodes.heading, { level }))(state, dispatch),
  on: (state) => isHeading(state, level),
});
const isHeading = (state, level) => { const found = within(state, nodes.heading); return Boolean(found) && found.node.attrs.level === level; };

const marked = (type) => ({
  run: toggleMark(type),
  on: (state) => {
    const { from, $from, to, empty } = state.selection;
    return Boolean(empty ? type.isInSet(state.storedMarks || $from.marks()) : state.doc.rangeHasMark(from, to, type));
  },
});

const listed = (type) => ({
  run: (state, dispatch) => (within(state, type) ? liftListItem(nodes.list_item)(state, dispatch) : wrapInList(type)(state, dispatch)),
  on: (state) => Boolean(within(state, type)),
});

const quoted = {
  run: (state, dispatch) => (within(state, nodes.blockquote) ? lift(state, dispatch) : wrapIn(nodes.blockquote)(state, dispatch)),
  on: (state) => Boolean(within(state, nodes.blockquote)),
};

function plain(state, dispatch) {
  const { from, to, empty, $from } = state.selection;
  const [start, end] = empty ? [$from.start(), $from.end()] : [from, to];
  if (dispatch) {
    const change = state.tr;
    Object.values(marks).forEach((mark) => change.removeMark(start, end, mark));
    state.doc.nodesBetween(start, end, (node, place) => { if (node.type === nodes.heading) change.setNodeMarkup(place, nodes.paragraph); });
    dispatch(change.setStoredMarks([]));
  }
  return true;
}

async function link(view) {
  const { state } = view;
  const { $from, empty } = state.selection;
  const at = marks.link.isInSet($from.marks()) || ($from.nodeAfter && marks.link.isInSet($from.nodeAfter.marks)) || null;
  const told = await ask({
    title: "链接",
    fields: [
      { name: "href", label: "网址", hint: "如 https://www.gov.cn/…，须写全", value: at ? at.attrs.href : "https://", required: true, max: 1000 },
      ...(empty && !at ? [{ name: "text", label: "显示的文字", required: true, max: 200 }] : []),
    ],
    other: at ? "取消链接" : "",
    check: ({ href }) => (safeLink(href) && href !== "https://" ? "" : "这个网址不能用。请写完整的网址，如 https://www.gov.cn/。"),
  });
  if (!told) return;
  const change = view.state.tr;
  const range = at ? extent(view.state, at) : [view.state.selection.from, view.state.selection.to];
  if (at) change.removeMark(range[0], range[1], at);
  if (!told.other) {
    if (told.text) { change.insertText(told.text, range[0]); range[1] = range[0] + told.text.length; }
    change.addMark(range[0], range[1], marks.link.create({ href: told.href }));
  }
  view.dispatch(change);
}

/** From where to where the link under the cursor goes. */
function extent(state, mark) {
  const { $from } = state.selection;
  const start = $from.start();
  let from = null, to = null, place = start;
  $from.parent.forEach((node) => {
    const end = place + node.nodeSize;
    if (mark.isInSet(node.marks)) {
      if (from === null || to !== place) { if (to === null || to < $from.pos) from = place; }
      if (from !== null && from <= $from.pos) to = end;
    }
    place = end;
  });
  return [from === null ? $from.pos : from, to === null ? $from.pos : to];
}

async function table(view) {
  const told = await ask({
    title: "插入表格",
    fields: [
      { name: "rows", label: "行数", type: "number", value: 4, min: 1, most: 100, required: true },
      { name: "columns", label: "列数", type: "number", value: 3, min: 1, most: 20, required: true },
      { name: "caption", label: "表格标题（可不填）", max: 100 },
    ],
    check: ({ rows, columns }) => (rows >= 1 && rows <= 100 && columns >= 1 && columns <= 20 ? "" : "行数须在 1 到 100 之间，列数须在 1 到 20 之间。"),
  });
  if (!told) return;
  const cell = (type) => type.createAndFill();
  const rows = Array.from({ length: Number(told.rows) }, (_, row) => nodes.table_row.create(null,
    Array.from({ length: Number(told.columns) }, () => cell(row === 0 ? nodes.table_header : nodes.table_cell))));
  const at = view.state.selection.from;
  const change = view.state.tr.replaceSelectionWith(nodes.table.create({ caption: told.caption || "" }, rows));
  change.setSelection(TextSelection.near(change.doc.resolve(Math.min(at + 3, change.doc.content.size))));
  view.dispatch(change.scrollIntoView());
}

async function caption(view) {
  const found = within(view.state, nodes.table);
  if (!found) return;
  const told = await ask({ title: "表格标题", text: "标题随表格朗读，并显示在表格上方。", fields: [{ name: "caption", label: "表格标题", value: found.node.attrs.caption, max: 100 }] });
  if (told) view.dispatch(view.state.tr.setNodeMarkup(found.at, null, { ...found.node.attrs, caption: told.caption }));
}

const rule = { run: (state, dispatch) => { if (dispatch) dispatch(state.tr.replaceSelectionWith(nodes.horizontal_rule.create()).scrollIntoView()); return true; } };

/** Groups of [id, name, action]. An action has run(state, dispatch, view) or ask(view). */
export function groups({ picture, word }) {
  return [
    [
      ["heading2", "二级标题", headed(2)], ["heading3", "三级标题", headed(3)],
      ["paragraph", "正文", { run: setBlockType(nodes.paragraph), on: (state) => state.selection.$from.parent.type === nodes.paragraph }],
    ],
    [["bold", "加粗", marked(marks.strong)], ["italic", "斜体", marked(marks.em)], ["underline", "下划线", marked(marks.u)]],
    [
      ["bullets", "项目符号", listed(nodes.bullet_list)], ["numbers", "编号", listed(nodes.ordered_list)],
      ["deeper", "下级", { run: sinkListItem(nodes.list_item) }], ["higher", "上级", { run: liftListItem(nodes.list_item) }],
    ],
    [["quote", "引用", quoted], ["rule", "分隔线", rule]],
    [
      ["link", "链接", { ask: link }], ["table", "表格", { ask: table, off: isInTable }],
      ["picture", "图片", { ask: (view) => (view.state.selection.node && view.state.selection.node.type === nodes.image ? describe(view, view.state.selection.from) : picture(view)) }],
      ["word", "Word 文件", { ask: word }],
    ],
    [["clear", "清除格式", { run: plain }], ["undo", "撤销", { run: undo }], ["redo", "重做", { run: redo }]],
  ];
}

export const tableGroups = [
  [["row-before", "上方加行", { run: addRowBefore }], ["row-after", "下方加行", { run: addRowAfter }], ["row-delete", "删除行", { run: deleteRow }]],
  [["column-before", "左侧加列", { run: addColumnBefore }], ["column-after", "右侧加列", { run: addColumnAfter }], ["column-delete", "删除列", { run: deleteColumn }]],
  [["merge", "合并单元格", { run: mergeCells }], ["split", "拆分单元格", { run: splitCell }]],
  [["head-row", "表头行", { run: toggleHeaderRow }], ["head-column", "表头列", { run: toggleHeaderColumn }], ["caption", "表格标题", { ask: caption }]],
  [["table-delete", "删除表格", { run: deleteTable }]],
];
