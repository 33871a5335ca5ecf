"""What slides may quote of the book: the figures, sheets, questions and take-aways of its chapters.

Everything comes from the chapter's text (`book/NAME.md`) and from the outputs of the notebook that
stands beside it; nothing is computed or drawn anew.  :meth:`Chapter.html` turns the book's Markdown
into HTML in which glued values stand as in the book, terms are plain words and links lead nowhere:
a slide stands alone.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from analysis.show.sources import entries
from workshop import chapters
from workshop.places import BOOK, ROOT

EXPECT = "What would you expect?"
_EXTENSIONS = {"amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"}
_DIRECTIVE = re.compile(r"\{([\w:+-]+)\}\s*(.*)")
_OPTION = re.compile(r":([a-z-]+):\s*(.*)")
_LABEL = re.compile(r"(.*?)\s*<[^<>]*>", re.DOTALL)
_ELSEWHERE = re.compile(r"(?:(?P<chapter>\w+)\.md::)?(?P<key>.+?)(?::s)?")


class NotThere(LookupError):
    """The book has no such chapter, figure, sheet, question or value; one sentence, no full stop."""


@dataclass(frozen=True)
class Question:
    """A *What would you expect?* of a chapter and its answer, both in the book's Markdown."""

    ask: str
    answer: str


@dataclass(frozen=True)
class Shown:
    """A figure or a sheet: the HTML of the notebook's output and the caption in Markdown."""

    name: str
    chapter: Chapter
    html: str
    caption: str


class Book:
    """All chapters, each read when it is asked for."""

    def __init__(self, folder: Path = BOOK, references: Path | None = None) -> None:
        self.folder = folder
        self._read: dict[str, Chapter] = {}
        self._entries = entries(references or ROOT / "data" / "references.bib")

    @cached_property
    def names(self) -> list[str]:
        """The chapters of the table of contents (not what stands in folders of the book)."""
        return [page.stem for page in chapters.pages() if page.parent == BOOK]

    def chapter(self, name: str) -> Chapter:
        if name not in self._read:
            file = self.folder / f"{name}.md"
            if not file.is_file():
                raise NotThere(f"the book has no chapter {name!r}")
            self._read[name] = Chapter(name, file, self)
        return self._read[name]

    @cached_property
    def _shown(self) -> dict[str, tuple[str, Chapter]]:
        found = {}
        for name in self.names:
            chapter = self.chapter(name)
            found |= {shown: (kind, chapter) for shown, kind in chapter.kinds.items()}
        return found

    def figure(self, name: str) -> Shown:
        return self._get(name, "figure")

    def sheet(self, name: str) -> Shown:
        """A sheet that is small enough for a slide: no ledger, not folded.  Raises NotThere."""
        sheet = self._get(name, "sheet")
        if "reread-ledger" in sheet.html or "<details" in sheet.html:
            raise NotThere(f"the sheet {name!r} is a ledger, which no slide can hold")
        return sheet

    def _get(self, name: str, kind: str) -> Shown:
        if name not in self._shown or self._shown[name][0] != kind:
            raise NotThere(f"the book has no {kind} {name!r}")
        return self._shown[name][1].shown(name)

    @property
    def references(self) -> dict[str, str]:
        """The entries of the list of references by their keys."""
        return self._entries

    def cited(self, key: str) -> str:
        """``Greenland and others, European Journal of Epidemiology 2016``."""
        entry = self._entries[key]
        field = dict(re.findall(r"(\w+) = \{((?:[^{}]|\{[^{}]*\})*)\}", entry))
        names = [re.sub(r"[{}]", "", a.split(",")[0]) for a in field["author"].split(" and ")]
        who = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}"
        who = f"{names[0]} and others" if len(names) > 2 else who
        place = field.get("journal") or field.get("publisher") or ""
        return f"{who}, {place} {field['year']}"


class Chapter:
    """One page of the book: its text, and what its cells have glued."""

    def __init__(self, name: str, file: Path, book: Book) -> None:
        self.name, self.file, self.book = name, file, book
        text = file.read_text("utf-8")
        self.text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
        self._md = create_md_parser(MdParserConfig(enable_extensions=_EXTENSIONS), _Writer)
        self._md.disable(["html_block", "html_inline"])
        # MyST's plug-ins bring writers of their own, which show roles and formulas as source
        self._md.renderer.rules |= {n: getattr(self._md.renderer, n) for n in _Writer.OWN}
        self._tokens = self._md.parse(self.text, {})

    @cached_property
    def glued(self) -> dict[str, dict[str, str]]:
        """What the notebook's cells glued: each key with its contents by kind."""
        notebook = self.file.with_suffix(".ipynb")
        if not notebook.is_file():
            return {}
        found = {}
        for cell in chapters.code_cells(nbformat.read(notebook, as_version=4)):
            for output in cell.outputs:
                mark = output.get("metadata", {}).get("scrapbook")
                if mark:
                    prefix = mark["mime_prefix"]
                    data = output["data"].items()
                    found[mark["name"]] = {k.removeprefix(prefix): _joined(v) for k, v in data}
        return found

    def value(self, key: str) -> str:
        """A glued text or number as the book shows it; ``other.md::key:s`` is another chapter's."""
        match = _ELSEWHERE.fullmatch(key)
        if match and match["chapter"]:
            return self.book.chapter(match["chapter"]).value(match["key"])
        plain = self.glued.get(key, {}).get("text/plain")
        if plain is None or "text/html" in self.glued[key]:
            raise NotThere(f"{self.name}.md glues no value {key!r}")
        value = ast.literal_eval(plain) if plain[:1] in "'\"" else plain
        return str(value)

    @property
    def title(self) -> str:
        return self._headings("h1")[0]

    @property
    def sections(self) -> list[str]:
        """Its headings below the title, in order."""
        return [*self._headings("h2"), *self._headings("h3")]

    def _headings(self, tag: str) -> list[str]:
        following = zip(self._tokens, self._tokens[1:], strict=False)
        return [t.content for h, t in following if h.type == "heading_open" and h.tag == tag]

    def _directives(self) -> list[tuple[str, str, dict[str, str], str]]:
        """Name, argument, options and body of each directive at the top of the text."""
        return [d for token in self._tokens if (d := _directive(token)) is not None]

    @cached_property
    def kinds(self) -> dict[str, str]:
        """``figure`` or ``sheet`` of everything that has a name."""
        kind = {"glue:figure": "figure", "computed-table": "sheet"}
        return {o["name"]: kind[d] for d, _, o, _ in self._directives() if d in kind}

    def shown(self, name: str) -> Shown:
        for directive, key, options, body in self._directives():
            if directive in ("glue:figure", "computed-table") and options.get("name") == name:
                html = self.glued.get(key, {}).get("text/html")
                if html is None:
                    raise NotThere(f"{self.name}.ipynb holds no output {key!r} for {name!r}")
                return Shown(name, self, html, body.strip())
        raise NotThere(f"{self.name}.md has nothing called {name!r}")

    @cached_property
    def questions(self) -> list[Question]:
        return [
            Question(argument.removeprefix(EXPECT).strip(), body.strip())
            for directive, argument, _, body in self._directives()
            if directive == "dropdown" and argument.startswith(EXPECT)
        ]

    def question(self, piece: str) -> Question:
        """The one question that holds `piece`."""
        fit = [q for q in self.questions if piece.lower() in q.ask.lower()]
        if len(fit) != 1:
            count = len(fit) or "no"
            raise NotThere(f'{count} "{EXPECT}" of {self.name}.md holds {piece!r}, one is needed')
        return fit[0]

    @property
    def take_away(self) -> list[str]:
        """The lines of the take-away, in Markdown."""
        for _, _, options, body in self._directives():
            if "takeaway" in options.get("class", "").split():
                return [line[2:] for line in re.sub(r"\n\s+", " ", body).splitlines() if line[2:]]
        raise NotThere(f"{self.name}.md has no take-away")

    def _included(self, path: str) -> str:
        return (self.file.parent / path).read_text("utf-8")

    def html(self, text: str, *, inline: bool = False) -> Markup:
        """Markdown of this chapter as HTML.  Raises NotThere on a value that nobody glued and
        ValueError on a role or directive that a slide cannot show."""
        tokens = self._md.parseInline(text, {}) if inline else self._md.parse(text, {})
        return Markup(self._md.renderer.render(tokens, self._md.options, {"chapter": self}))

    def inline(self, text: str) -> Markup:
        return self.html(text, inline=True)


def _mathml(latex: str, display: str) -> str:
    from workshop.extension.mathml import to_mathml  # late: the extension itself reads the plans

    return to_mathml(latex, display)


def _joined(content: Any) -> str:
    return "".join(content) if isinstance(content, list) else str(content)


def _directive(token: Token) -> tuple[str, str, dict[str, str], str] | None:
    """Name, argument, options and body of a directive; None of any other token."""
    if token.type not in ("fence", "colon_fence"):
        return None
    match = _DIRECTIVE.match(token.info.strip())
    if match is None:
        return None
    options, lines = {}, token.content.splitlines()
    while lines and (option := _OPTION.fullmatch(lines[0])):
        options[option[1]] = option[2]
        lines.pop(0)
    return match[1], match[2], options, "\n".join(lines)


class _Writer(RendererHTML):
    """Roles and directives of the book as plain HTML."""

    OWN = (
        "myst_role", "link_open", "link_close", "math_inline", "math_block", "amsmath", "fence",
        "colon_fence",
    )  # fmt: skip

    def myst_role(self, tokens: list[Token], idx: int, options: Any, env: Any) -> str:
        name, content = tokens[idx].meta["name"], tokens[idx].content
        chapter: Chapter = env["chapter"]
        if name == "glue:text":
            return f'<span class="value">{escape(chapter.value(content))}</span>'
        if name == "term":
            label = _LABEL.fullmatch(content)
            return str(escape(label[1] if label else content))
        if name == "cite":
            cited = "; ".join(chapter.book.cited(key.strip()) for key in content.split(","))
            return f"({escape(cited)})"
        if name == "numref":
            known = {"plot": "a plot", "sheet": "a sheet"}
            return f"{known[content.split('-')[0]]} of the chapter"
        raise ValueError(f"{chapter.name}.md: a slide cannot show the role {name!r}")

    def link_open(self, tokens: list[Token], idx: int, options: Any, env: Any) -> str:
        return ""

    def link_close(self, tokens: list[Token], idx: int, options: Any, env: Any) -> str:
        return ""

    def math_inline(self, tokens: list[Token], idx: int, options: Any, env: Any) -> str:
        return _mathml(tokens[idx].content, "inline")

    def math_block(self, tokens: list[Token], idx: int, options: Any, env: Any) -> str:
        return f'<div class="formula">{_mathml(tokens[idx].content, "block")}</div>'

    amsmath = math_block

    def fence(self, tokens: list[Token], idx: int, options: Any, env: Any) -> str:
        chapter: Chapter = env["chapter"]
        directive = _directive(tokens[idx])
        if directive is None:
            return super().fence(tokens, idx, options, env)
        name, argument, _, body = directive
        if name == "include":
            return str(chapter.html(chapter._included(argument)))
        if name == "div":
            return f'<div class="{escape(argument)}">{chapter.html(body)}</div>'
        raise ValueError(f"{chapter.name}.md: a slide cannot show the directive {name!r}")

    colon_fence = fence
