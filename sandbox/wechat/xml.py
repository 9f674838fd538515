"""The XML of the callback, written and read."""

from collections.abc import Mapping
from typing import Any, cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring


class XmlError(ValueError):
    """The text is not the XML that is wanted; the text says why."""


def written(fields: Mapping[str, Any]) -> str:
    """An ``<xml>`` message; text in CDATA, numbers bare, mappings nested, lists as repeated elements."""
    return f"<xml>{_members(fields)}</xml>"


def _members(fields: Mapping[str, Any]) -> str:
    parts: list[str] = []
    for name, value in fields.items():
        parts.extend(_element(name, item) for item in (value if isinstance(value, list) else [value]))
    return "".join(parts)


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = _members(value)
    elif isinstance(value, int | float):
        inner = str(value)
    else:
        inner = f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"
    return f"<{name}>{inner}</{name}>"


def parsed(text: bytes) -> Element:
    """The root element, which must be ``<xml>``; raises `XmlError`."""
    try:
        root = cast(Element, fromstring(text, forbid_dtd=True))
    except (ParseError, DefusedXmlException, ValueError) as trouble:
        raise XmlError(f"not XML: {trouble}") from None
    if root.tag != "xml":
        raise XmlError(f"the root is <{root.tag}>, not <xml>")
    return root


def text(root: Element, path: str) -> str:
    """The text of a member, empty when it is absent."""
    return root.findtext(path) or ""
