// What the keys do, and what becomes of marks typed at the beginning of a line.

import { baseKeymap, chainCommands, exitCode, setBlockType, toggleMark } from "prosemirror-commands";
import { redo, undo } from "prosemirror-history";
import { inputRules, textblockTypeInputRule, wrappingInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { liftListItem, sinkListItem, splitListItem } from "prosemirror-schema-list";
import { goToNextCell } from "prosemirror-tables";
import { schema } from "./schema.js";

const { nodes, marks } = schema;

const breakLine = chainCommands(exitCode, (state, dispatch) => {
  if (dispatch) dispatch(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
  return true;
});

/** `enterToolbar` moves the focus to the buttons: Alt+F10, as in other editors. Tab leaves the text except in a table. */
export const keys = (enterToolbar) => [
  keymap({
    "Mod-z": undo, "Mod-y": redo, "Mod-Shift-z": redo, "Mod-b": toggleMark(marks.strong), "Mod-i": toggleMark(marks.em), "Mod-u": toggleMark(marks.u),
    "Mod-Alt-0": setBlockType(nodes.paragraph), "Mod-Alt-2": setBlockType(nodes.heading, { level: 2 }), "Mod-Alt-3": setBlockType(nodes.heading, { level: 3 }),
    Enter: splitListItem(nodes.list_item), "Mod-]": sinkListItem(nodes.list_item), "Mod-[": liftListItem(nodes.list_item),
    "Shift-Enter": breakLine, Tab: goToNextCell(1), "Shift-Tab": goToNextCell(-1), "Alt-F10": () => { enterToolbar(); return true; },
  }),
  keymap(baseKeymap),
  inputRules({ rules: [
    textblockTypeInputRule(/^(#{2,4})\s$/, nodes.heading, (match) => ({ level: match[1].length })),
    wrappingInputRule(/^\s*[-*]\s$/, nodes.bullet_list),
    wrappingInputRule(/^>\s$/, nodes.blockquote),
  ] }),
];
