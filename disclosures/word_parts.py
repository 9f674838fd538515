"""The Word file before it is converted: what must not be published is taken out, what the converter would lose is put where it
keeps it. Works on the XML of one part; ``Tally`` counts what a person must be told.
"""

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from lxml import etree

from disclosures.word_head import Line
from disclosures.word_numbers import Numbering, W

MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MATH: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
BLIP: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
VML: Final = "{urn:schemas-microsoft-com:vml}"
_CHART: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"
_SMART_ART: Final = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_UNWRAPPED: Final = tuple(
    f"{W}{name}" for name in ("fldSimple", "dir", "bdo", "ruby", "rubyBase", "smartTag", "customXml")
)
HEADING_STYLE: Final = "MingbaiHeading"
PLAIN_STYLE: Final = "MingbaiText"
_DEEPEST_STYLE: Final = 12


@dataclass(slots=True)
class Tally:
    """What was met, by name."""

    counts: Counter[str] = field(default_factory=Counter)
    near: dict[str, str] = field(default_factory=dict)
    """The words beside the first of them, so that a person finds the place."""

    def add(self, name: str, element: "etree._Element | None" = None) -> None:
        self.counts[name] += 1
        if element is not None and name not in self.near:
            self.near[name] = _around(element)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A paragraph style as it works after its ancestors."""

    name: str = ""
    centred: bool = False
    outline: int | None = None
    font: str = ""
    bold: bool = False
    number: str = ""
    depth: int = 0


def styles_of(root: "etree._Element | None") -> dict[str, Style]:
    """Paragraph styles by their id."""
    if root is None:
        return {}
    raw = {str(each.get(f"{W}styleId")): each for each in root.findall(f"{W}style")}
    return {name: _style(raw, name) for name, each in raw.items() if each.get(f"{W}type") == "paragraph"}


def sifted(root: "etree._Element", tally: Tally) -> None:
    """Takes out of a part what must not be published (deleted, hidden, commented), unwraps what holds ordinary text."""
    for element in list(root.iter(f"{W}del", f"{W}moveFrom")):
        # Beside rPr and trPr the mark says that the paragraph or row is deleted; the converter reads it there.
        parent = element.getparent()
        if parent is not None and parent.tag not in {f"{W}rPr", f"{W}trPr"}:
            tally.add("deleted", element)
            _drop(element)
    for _ in root.iter(f"{W}ins", f"{W}moveTo"):
        tally.add("inserted")
    for element in list(root.iter(f"{W}commentReference", f"{W}commentRangeStart", f"{W}commentRangeEnd")):
        if element.tag == f"{W}commentReference":
            tally.add("comments", element)
        _drop(element)
    for run in list(root.iter(f"{W}r")):
        if _on(run.find(f"{W}rPr/{W}vanish")):
            if _text(run).strip():
                tally.add("hidden", run)
            _drop(run)
    _unwrap_all(root, tally)
    _count_lost(root, tally)


def without_dangling(root: "etree._Element", relations: frozenset[str], notes: frozenset[str], tally: Tally) -> None:
    """Takes out what points to nothing (a half-deleted link or picture, as WPS sometimes leaves): its words stay.
    ``relations`` are the ids that lead somewhere, ``notes`` the ids of notes that exist, as ``footnote 1``."""
    for element in list(root.iter(f"{W}hyperlink")):
        if (name := element.get(f"{RELATION}id")) is not None and name not in relations:
            _replace(element, list(element))
    for element in list(root.iter(f"{BLIP}blip", f"{VML}imagedata")):
        named = element.get(f"{RELATION}embed") or element.get(f"{RELATION}link") or element.get(f"{RELATION}id")
        if named is not None and named not in relations:
            tally.add("pictures_lost", element)
            _drop(element)
    for kind in ("footnote", "endnote"):
        for element in list(root.iter(f"{W}{kind}Reference")):
            if f"{kind} {element.get(f'{W}id')}" not in notes:
                _drop(element)


def write_numbers(
    body: "etree._Element", styles: dict[str, Style], numbering: Numbering, tally: Tally
) -> list["etree._Element"]:
    """Numbers that a plain 1. 2. 3. cannot say become text; says in which paragraphs. Bullets and plain counts from one
    stay lists."""
    paragraphs = list(body.iter(f"{W}p"))
    marks = [_numbered(each, styles, numbering) for each in paragraphs]
    drawn = [numbering.next(*mark) if mark else ("", 0) for mark in marks]
    written = []
    list_before, began_with = "", 0
    for paragraph, mark, (text, count) in zip(paragraphs, marks, drawn, strict=True):
        if mark is None or mark[0] != list_before:
            list_before, began_with = mark[0] if mark else "", count
        if mark is None or not text:
            continue
        # An unbroken run that begins with one is shown with the same numbers by an ordered list.
        if began_with == 1 and _plain_list(numbering, mark, styles.get(_style_id(paragraph), Style())):
            continue
        if _text(paragraph).strip():
            tally.add("numbers")
            _as_text(paragraph, text)
        written.append(paragraph)
    return written


def read_lines(
    body: "etree._Element", styles: dict[str, Style], numbering: Numbering, numbered: list["etree._Element"]
) -> tuple[list[Line], list["etree._Element"]]:
    """The paragraphs of the body itself, not of tables, with the elements they are. ``numbered`` have their number as
    text already."""
    lines, elements = [], []
    settled = frozenset(numbered)
    for place, paragraph in enumerate(body.findall(f"{W}p")):
        style = styles.get(_style_id(paragraph), Style())
        own = paragraph.find(f"{W}pPr/{W}jc")
        level = paragraph.find(f"{W}pPr/{W}outlineLvl")
        outline = _outline(level.get(f"{W}val")) if level is not None else style.outline
        runs = [run for run in paragraph.iter(f"{W}r") if _text(run).strip()]
        fonts = {_font(run) or style.font for run in runs}
        in_list = paragraph not in settled and _numbered(paragraph, styles, numbering) is not None
        lines.append(Line(
            place=place, text=" ".join(_text(paragraph).split()),
            centred=own.get(f"{W}val") == "center" if own is not None else style.centred,
            titled=style.name in {"title", "标题"}, outline=outline, font=fonts.pop() if len(fonts) == 1 else "",
            bold=bool(runs) and all(_on(run.find(f"{W}rPr/{W}b"), style.bold) for run in runs),
            listed=in_list and outline is None,
        ))  # fmt: skip
        elements.append(paragraph)
    return lines, elements


def set_plain(paragraph: "etree._Element") -> None:
    """Takes a paragraph out of the list that it, or its style, belonged to: its number is text by now."""
    _restyle(paragraph, PLAIN_STYLE)


def set_heading(paragraph: "etree._Element", depth: int) -> None:
    """Makes a paragraph a heading of that depth for the converter; its number, if it has one, is text by now."""
    _restyle(paragraph, f"{HEADING_STYLE}{depth}")


def _unwrap_all(root: "etree._Element", tally: Tally) -> None:
    for block in list(root.iter(f"{W}sdt")):
        gallery = block.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
        if gallery is not None and "contents" in str(gallery.get(f"{W}val", "")).lower():
            tally.add("contents")
            _drop(block)
            continue
        inner = block.find(f"{W}sdtContent")
        _replace(block, list(inner) if inner is not None else [])
    for element in list(root.iter(*_UNWRAPPED)):
        _replace(element, [each for each in element if each.tag not in {f"{W}rt", f"{W}rubyPr", f"{W}fldData"}])
    for choice in list(root.iter(f"{MC}AlternateContent")):
        if choice.find(f"{MC}Fallback") is None:
            # Nothing for readers that are older than the file: the newest form is better than none.
            first = choice.find(f"{MC}Choice")
            _replace(choice, list(first) if first is not None else [])


def _count_lost(root: "etree._Element", tally: Tally) -> None:
    for box in root.iter(f"{W}txbxContent"):
        if not any(parent.tag == f"{MC}Choice" for parent in box.iterancestors()):
            tally.add("boxes", box)
    for name, tags in (
        ("formulas", (f"{MATH}oMath",)), ("charts", (_CHART,)), ("diagrams", (_SMART_ART,)),
        ("objects", (f"{W}object",)), ("links", (f"{W}altChunk", f"{W}subDoc")),
    ):  # fmt: skip
        for element in root.iter(*tags):
            tally.add(name, element)


def _numbered(paragraph: "etree._Element", styles: dict[str, Style], numbering: Numbering) -> tuple[str, int] | None:
    """The number definition and depth of a paragraph, its own or its style's."""
    own = paragraph.find(f"{W}pPr/{W}numPr")
    style_id = _style_id(paragraph)
    style = styles.get(style_id, Style())
    number, depth = style.number, style.depth
    if by_style := numbering.of_style(style_id):
        number, depth = by_style
    if own is not None:
        named, level = own.find(f"{W}numId"), own.find(f"{W}ilvl")
        number = str(named.get(f"{W}val")) if named is not None else number
        depth = int(str(level.get(f"{W}val"))) if level is not None and str(level.get(f"{W}val")).isdigit() else depth
    return (number, depth) if number and number != "0" and numbering.level(number, depth) else None


def _plain_list(numbering: Numbering, mark: tuple[str, int], style: Style) -> bool:
    level = numbering.level(*mark)
    return (
        level is not None and level.format == "decimal" and level.text.strip() in {"%1.", "%1、", "%1．", "%1"}
        and level.start == 1 and style.outline is None
    )  # fmt: skip


def _as_text(paragraph: "etree._Element", text: str) -> None:
    properties = paragraph.find(f"{W}pPr")
    if properties is not None:
        for number in properties.findall(f"{W}numPr"):
            properties.remove(number)
    run = etree.Element(f"{W}r")
    # The number looks as the words that follow it, so that a heading in 黑体 is one still.
    first = next((each for each in paragraph.iter(f"{W}r") if _text(each).strip()), None)
    look = first.find(f"{W}rPr") if first is not None else None
    if look is not None:
        run.append(copy.deepcopy(look))
    words = etree.SubElement(run, f"{W}t")
    # “第一条” wants a space after it, “一、” does not.
    words.text = text if text[-1] in "、．.）)" else f"{text}　"
    paragraph.insert(1 if properties is not None else 0, run)


def _restyle(paragraph: "etree._Element", style: str) -> None:
    properties = paragraph.find(f"{W}pPr")
    if properties is None:
        properties = etree.Element(f"{W}pPr")
        paragraph.insert(0, properties)
    for old in properties.findall(f"{W}pStyle"):
        properties.remove(old)
    named = etree.Element(f"{W}pStyle")
    named.set(f"{W}val", style)
    properties.insert(0, named)


def _style(raw: dict[str, "etree._Element"], name: str) -> Style:
    """The style after its ancestors, the nearest of which wins."""
    found = Style(name=_value(raw[name], "name").lower())
    for element in reversed(list(_ancestry(raw, name))):
        if alignment := _value(element, "pPr", "jc"):
            found = replace(found, centred=alignment == "center")
        if (level := _value(element, "pPr", "outlineLvl")) and level.isdigit():
            found = replace(found, outline=_outline(level))
        if (bold := element.find(f"{W}rPr/{W}b")) is not None:
            found = replace(found, bold=_on(bold))
        if font := _font(element):
            found = replace(found, font=font)
        if number := _value(element, "pPr", "numPr", "numId"):
            depth = _value(element, "pPr", "numPr", "ilvl")
            found = replace(found, number=number, depth=int(depth) if depth.isdigit() else 0)
    if found.outline is None and found.name.startswith("heading ") and found.name[8:].isdigit():
        found = replace(found, outline=_outline(str(int(found.name[8:]) - 1)))
    return found


def _ancestry(raw: dict[str, "etree._Element"], name: str) -> Iterator["etree._Element"]:
    for _ in range(_DEEPEST_STYLE):
        if name not in raw:
            return
        yield raw[name]
        name = _value(raw[name], "basedOn")


def _value(element: "etree._Element", *path: str) -> str:
    found = element.find("/".join(f"{W}{name}" for name in path))
    return str(found.get(f"{W}val", "")) if found is not None else ""


def _font(element: "etree._Element") -> str:
    fonts = element.find(f"{W}rPr/{W}rFonts")
    return str(fonts.get(f"{W}eastAsia", "")) if fonts is not None else ""


def _outline(level: str | None) -> int | None:
    """From 0; Word's 9 is “body text”."""
    return int(level) if level and level.isdigit() and int(level) < 9 else None


def _on(element: "etree._Element | None", default: bool = False) -> bool:
    """A switch of Word: present is on, unless it says otherwise."""
    return default if element is None else element.get(f"{W}val", "true") not in {"false", "0", "off", "none"}


def _style_id(paragraph: "etree._Element") -> str:
    return _value(paragraph, "pPr", "pStyle")


def _text(element: "etree._Element") -> str:
    """The words of a paragraph or run, without those of a text box in it."""
    return "".join(
        (each.text or "") if each.tag == f"{W}t" else " "
        for each in element.iter(f"{W}t", f"{W}tab", f"{W}br")
        if not any(parent.tag == f"{W}txbxContent" for parent in _between(each, element))
    )


def _between(inner: "etree._Element", outer: "etree._Element") -> Iterator["etree._Element"]:
    for parent in inner.iterancestors():
        if parent is outer:
            return
        yield parent


def _around(element: "etree._Element") -> str:
    """The first words of the paragraph in which, or after which, something stands."""
    here: etree._Element | None = element
    while here is not None and here.tag != f"{W}p":
        here = here.getparent()
    text = "".join(each.text or "" for each in here.iter(f"{W}t")) if here is not None else ""
    return text.strip()[:16]


def _drop(element: "etree._Element") -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _replace(element: "etree._Element", children: list["etree._Element"]) -> None:
    """Puts the children where the element was."""
    parent = element.getparent()
    if parent is None:
        return
    place = parent.index(element)
    for offset, child in enumerate(children):
        parent.insert(place + offset, child)
    parent.remove(element)
