"""The words of a sheet for a notebook that stands alone: Jupyter knows Markdown, not MyST."""

from __future__ import annotations

import re
from collections.abc import Mapping

from workshop.teaching.sheet import ExerciseError, parser

_DIRECTIVE = re.compile(r"\{([\w:-]+)\}\s*(.*)")
_ROLE = re.compile(r"\{([\w:+-]+)\}(`+)([^`]+)\2")
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|mailto:)[^)\s]*\)")
_CLASSED = re.compile(r"\[([^\]]*)\]\{[^}]*\}")
_TARGET = re.compile(r"(.*?)\s*<[^<>]*>")
_KEY = re.compile(r"([a-z]+)(\d{4})[a-z]?")
_OPTION = re.compile(r":[a-z-]+:.*")


def plain(source: str, glued: Mapping[str, str], where: str) -> str:
    """`source` with its roles replaced by what they show and its boxes by quoted lines.

    `glued` are the values of ``{glue:text}`` by key, `where` names the place in an error message.
    Raises :class:`ExerciseError` for a role that a plain notebook cannot show.
    """
    return _words(_boxes(source, where), glued, where)


def folded(summary: str, text: str) -> str:
    """Words under a line that opens them, in any Jupyter."""
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def _boxes(source: str, where: str) -> str:
    lines = source.splitlines()
    out, begin = [], 0
    for token in parser().parse(source):  # type: ignore[attr-defined]
        match = _DIRECTIVE.match(token.info) if token.type in ("colon_fence", "fence") else None
        if token.level or match is None:
            continue
        out += lines[begin : token.map[0]]
        name, argument = match[1], match[2].strip()
        body = token.content.strip("\n").splitlines()
        while body and _OPTION.fullmatch(body[0]):
            body.pop(0)
        inner = _boxes("\n".join(body).strip(), where).splitlines()
        if name == "admonition":
            inner = [f"**{argument}**", "", *inner]
        elif name not in ("div", "note"):
            raise ExerciseError(f"{where}: {{{name}}} cannot stand in a notebook alone")
        out += [f"> {line}".rstrip() for line in inner]
        begin = token.map[1]
    return "\n".join([*out, *lines[begin:]])


def _words(text: str, glued: Mapping[str, str], where: str) -> str:
    def shown(match: re.Match[str]) -> str:
        role, content = match[1], match[3]
        if role == "glue:text":
            key = content.partition(":")[0]
            if key not in glued:
                raise ExerciseError(f"{where}: no cell gives the text {key!r}")
            return glued[key]
        if role == "term":
            named = _TARGET.fullmatch(content)
            return named[1] if named else content
        if role == "cite":
            return "(" + "; ".join(_source(key.strip()) for key in content.split(",")) + ")"
        if role == "math":
            return f"${content}$"
        raise ExerciseError(f"{where}: the role {{{role}}} cannot stand in a notebook alone")

    return _CLASSED.sub(r"\1", _LINK.sub(r"\1", _ROLE.sub(shown, text)))


def _source(key: str) -> str:
    """``hanley1982`` as a reader of a notebook is told it: Hanley 1982."""
    match = _KEY.fullmatch(key)
    return f"{match[1].capitalize()} {match[2]}" if match else key
