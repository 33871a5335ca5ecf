"""The one source of the exercises: `book/exercises/NAME.md`, read into its parts.

A sheet holds the exercises of one chapter. CONTRIBUTING.md ("An exercise") tells how it is written;
the site shows it as it stands, :mod:`workshop.teaching.editions` makes the other editions of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import nbformat
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from nbformat import NotebookNode

from workshop import ChapterFailed, chapters
from workshop.places import BOOK, ROOT

FOLDER = BOOK / "exercises"
START, SOLUTION, CHECK = "exercise", "solution", "check"  # tags of cells
MORE = "more"  # beside CHECK: this cell goes on with the checks before it, for the same points
KINDS = ("By hand", "Reading", "Code")
LEVELS = ("easy", "medium", "hard")

PartName = Literal["text", "hint", "solution", "marking", "given", "start", "code", "check"]
_OF_TAG: dict[str, PartName] = {START: "start", SOLUTION: "code", CHECK: "check"}

_HEADING = re.compile(r"(\d+)\. (\S.*)")
_ABOUT = re.compile(rf"({'|'.join(KINDS)}) · (\d+) minutes? · ({'|'.join(LEVELS)}) · (\d+) points?")
_POINTS = re.compile(r"(\d+) points?( by the checks)?: (\S[\s\S]*)")
_DIRECTIVE = re.compile(r"\{([\w:-]+)\}\s*(.*)")


class ExerciseError(ChapterFailed):
    """A sheet that is not written as it should be; the message says where and what is needed."""


@dataclass(frozen=True)
class Part:
    """One piece of an exercise: Markdown, or the code of a cell with its place among the cells."""

    name: PartName
    source: str
    line: int
    cell: int | None = None  # of the code cells of the sheet, from 0; None for text
    goes_on: bool = False  # a cell of checks that belongs to the one before it


@dataclass(frozen=True)
class Points:
    """One line of a marking guide."""

    points: int
    what: str
    by_checks: bool


@dataclass(frozen=True)
class Exercise:
    number: int
    title: str
    kind: str
    minutes: int
    level: str
    points: int
    line: int
    parts: tuple[Part, ...]
    marking: tuple[Points, ...]

    def of(self, *names: PartName) -> list[Part]:
        return [part for part in self.parts if part.name in names]

    @property
    def checks(self) -> list[list[Part]]:
        """The cells of checks, those that give the same points together, in their order."""
        together: list[list[Part]] = []
        for part in self.of("check"):
            if part.goes_on and together:
                together[-1].append(part)
            else:
                together.append([part])
        return together

    @property
    def by_checks(self) -> list[Points]:
        """What the checks give, one line for each of :attr:`checks`."""
        return [line for line in self.marking if line.by_checks]

    @property
    def to_mark(self) -> int:
        """The points that a person gives."""
        return sum(line.points for line in self.marking if not line.by_checks)


@dataclass(frozen=True)
class Sheet:
    """The exercises of one chapter."""

    file: Path
    title: str
    opening: tuple[Part, ...]  # before the first exercise: words, and cells that all of them need
    exercises: tuple[Exercise, ...]
    metadata: dict[str, object] = field(repr=False)

    @property
    def name(self) -> str:
        return self.file.stem

    @property
    def paired(self) -> Path:
        return self.file.with_suffix(".ipynb")

    def outputs(self) -> list[NotebookNode]:
        """The code cells as they were executed for the book, in their order.  Raises
        :class:`ExerciseError` if the notebook beside the text is another one."""
        if faults := chapters.pair_faults(self.file):
            raise ExerciseError("\n".join([*faults, "Run `make refresh`."]))
        return chapters.code_cells(nbformat.read(self.paired, as_version=4))

    def glued(self) -> dict[str, str]:
        """Every text that the cells give to the prose, by its key.  Raises
        :class:`ExerciseError` for a key that is told twice: the second would be shown for both."""
        told, name = {}, chapters.name_of(self.file)
        for cell in self.outputs():
            for output in cell.outputs:
                book = output.get("metadata", {}).get("scrapbook")
                if book:
                    if book["name"] in told:
                        raise ExerciseError(f"{name}: the text {book['name']!r} is told twice")
                    text = output["data"].get(f"{book['mime_prefix']}text/plain", "")
                    told[book["name"]] = _unquoted(text)
        return told


def _unquoted(text: str) -> str:
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
    return value if isinstance(value, str) else text


def files() -> list[Path]:
    """The sheets in the order of the table of contents."""
    return [page for page in chapters.notebooks() if page.parent == FOLDER]


def is_sheet(page: str) -> bool:
    """Whether a page of this name, such as `book/exercises/table1`, is one of exercises."""
    return page.rpartition("/")[0] == FOLDER.relative_to(ROOT).as_posix()


def sheets(names: Iterable[str] = ()) -> list[Sheet]:
    """All sheets, or those of these chapters.  Raises :class:`ExerciseError` for a name that has
    none."""
    known = {file.stem: file for file in files()}
    wanted = list(names) or list(known)
    if wrong := [name for name in wanted if name not in known]:
        raise ExerciseError(
            f"There are no exercises of {wrong[0]}; there are those of {', '.join(known)}."
        )
    return [read(known[name]) for name in wanted]


def read(file: Path) -> Sheet:
    """Read one sheet.  Raises :class:`ExerciseError` with file, line and what is needed."""
    notebook = chapters.as_published(file)
    parts = list(_parts(notebook, file))
    heads = [i for i, part in enumerate(parts) if part.name == "heading"]
    opening = parts[: heads[0]] if heads else parts
    exercises = [
        _exercise(parts[begin:end], place, file)
        for place, (begin, end) in enumerate(
            zip(heads, [*heads[1:], len(parts)], strict=True), start=1
        )
    ]
    title = opening.pop(0) if opening and opening[0].name == "title" else None
    if title is None:
        raise _refused(file, 1, "a sheet begins with its title, as in `# Exercises: Table 1`")
    for part in opening:
        if part.name not in ("text", "given"):
            raise _refused(file, part.line, "before the first exercise stand words and plain cells")
    metadata = {"kernelspec": dict(notebook.metadata["kernelspec"])}
    return Sheet(file, title.source, tuple(opening), tuple(exercises), metadata)


def placeholders(source: str) -> list[str]:
    """The names to which a starting cell assigns `...`: what the reader fills in."""
    return [
        target.id
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is ...
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]


# --- reading ---------------------------------------------------------------------------------


def _refused(file: Path, line: int, what: str) -> ExerciseError:
    shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name
    return ExerciseError(f"{shown}:{line}: {what}")


def parser() -> object:
    """The book's own Markdown, as a parser of tokens (markdown-it with MyST)."""
    extensions = {"amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"}
    return create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)


@dataclass(frozen=True)
class _Piece:
    """A part before it is known to which exercise it belongs; also headings."""

    name: str
    source: str
    line: int
    cell: int | None = None
    goes_on: bool = False


def _parts(notebook: NotebookNode, file: Path) -> Iterator[_Piece]:
    lines = file.read_text(encoding="utf-8").splitlines()
    code = 0
    for cell, start in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        if cell.cell_type == "code":
            held = cell.metadata.get("tags", [])
            tags = [tag for tag in held if tag in _OF_TAG]
            if len(tags) > 1:
                raise _refused(file, start, f"a cell has one of the tags {', '.join(_OF_TAG)}")
            if MORE in held and tags != [CHECK]:
                raise _refused(file, start, f"the tag {MORE} stands beside {CHECK} alone")
            name = _OF_TAG[tags[0]] if tags else "given"
            yield _Piece(name, cell.source, start, code, MORE in held)
            code += 1
            continue
        while start < len(lines) and not lines[start].strip():
            start += 1  # blank lines before a cell belong to no cell
        yield from _pieces(cell.source, start + 1, file)


def _pieces(source: str, first: int, file: Path) -> Iterator[_Piece]:
    """A Markdown cell cut at its headings, its hints, its solutions and its marking guides."""
    lines = source.splitlines()
    tokens: list[Token] = parser().parse(source)  # type: ignore[attr-defined]
    begin = 0
    for place, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        found = _special(token, tokens[place + 1] if place + 1 < len(tokens) else None)
        if found is None:
            continue
        if text := "\n".join(lines[begin : token.map[0]]).strip():
            yield _Piece("text", text, first + begin)
        name, content = found
        line = first + token.map[0]
        if not name:
            raise _refused(file, line, content)
        yield _Piece(name, content, line)
        begin = token.map[1]
    if text := "\n".join(lines[begin:]).strip():
        yield _Piece("text", text, first + begin)


_PLAIN_DIRECTIVES = ("admonition", "div", "note")


def _special(token: Token, following: Token | None) -> tuple[str, str] | None:
    """The name and the content of a token that a sheet knows; an empty name and a sentence for
    one that it does not allow; None for plain text."""
    if token.type == "heading_open" and token.tag in ("h1", "h2"):
        content = following.content if following is not None else ""
        return ("title" if token.tag == "h1" else "heading"), content
    directive = _DIRECTIVE.match(token.info) if token.type in ("colon_fence", "fence") else None
    if directive is None:
        return None
    name, argument = directive[1], directive[2].strip()
    if name == "marking":
        return "marking", _content(token)
    if name == "dropdown":
        for part in ("hint", "solution"):
            if argument.lower().startswith(part):
                return part, _content(token)
        return "", f"a dropdown of a sheet is a Hint or a Solution, not {argument!r}"
    if name in _PLAIN_DIRECTIVES:
        return None
    return "", f"{{{name}}} cannot stand in a sheet: a notebook alone does not know it"


def _content(token: Token) -> str:
    # colon_fence keeps the rest of the line of its fence
    return token.content.strip("\n")


def _exercise(pieces: list[_Piece], place: int, file: Path) -> Exercise:
    heading, *rest = pieces
    match = _HEADING.fullmatch(heading.source)
    if not match or int(match[1]) != place:
        raise _refused(
            file, heading.line, f"the heading of exercise {place} is `## {place}. Its title`"
        )
    if not rest or rest[0].name != "text":
        raise _refused(file, heading.line, "under the heading stands the line of kind")
    about, _, task = rest[0].source.partition("\n")
    told = _ABOUT.fullmatch(about.strip().strip("*"))
    if not told:
        raise _refused(
            file,
            rest[0].line,
            "the line of kind is `*Code · 15 minutes · medium · 6 points*`; a kind is one of "
            f"{', '.join(KINDS)}, a level one of {', '.join(LEVELS)}",
        )
    text = _Piece("text", task.strip(), rest[0].line + 1)
    body = [piece for piece in [text, *rest[1:]] if piece.source]
    marking = [piece for piece in body if piece.name == "marking"]
    parts = tuple(
        Part(piece.name, piece.source, piece.line, piece.cell, piece.goes_on)  # type: ignore[arg-type]
        for piece in body
        if piece.name != "marking"
    )
    exercise = Exercise(
        place, match[2], told[1], int(told[2]), told[3], int(told[4]), heading.line, parts,
        tuple(line for piece in marking for line in _guide(piece, file)),
    )  # fmt: skip
    _hold(exercise, file)
    return exercise


def _guide(piece: _Piece, file: Path) -> Iterator[Points]:
    items = [
        token.content
        for token in parser().parse(piece.source)  # type: ignore[attr-defined]
        if token.type == "inline"
    ]
    for item in items:
        match = _POINTS.fullmatch(item)
        if not match:
            raise _refused(
                file,
                piece.line,
                "a line of a marking guide is `- 2 points: what for`, or `- 2 points by the "
                f"checks: what for`; found {item[:60]!r}",
            )
        yield Points(int(match[1]), " ".join(match[3].split()), bool(match[2]))


def _hold(exercise: Exercise, file: Path) -> None:
    """Refuse an exercise that lacks something."""

    def need(held: object, what: str) -> None:
        if not held:
            raise _refused(file, exercise.line, f"exercise {exercise.number} {what}")

    of = exercise.of
    need(of("text"), "has no task")
    need(of("hint"), "has no `:::{dropdown} Hint`")
    need(exercise.marking, "has no `:::{marking}`")
    total = sum(line.points for line in exercise.marking)
    need(
        total == exercise.points,
        f"has {exercise.points} points, and its marking guide gives {total}",
    )
    if exercise.kind == "Code":
        need(of("start"), f"has no cell to start from (tag {START})")
        need(of("check"), f"has no checks (tag {CHECK})")
    else:
        need(of("solution"), "has no `:::{dropdown} Solution`")
    if of("start"):
        need(of("code"), f"has a cell to start from and no cell with the tag {SOLUTION}")
    if of("check"):
        need(of("start"), f"has checks and no cell to start from (tag {START})")
    first = next(iter(of("check")), None)
    need(first is None or not first.goes_on, f"has no checks before those tagged {MORE}")
    need(
        len(exercise.checks) == len(exercise.by_checks),
        f"has {len(exercise.checks)} checks (cells tagged {MORE} belong to the one before), and "
        f"{len(exercise.by_checks)} lines of its marking guide give points by the checks",
    )
    for part in of("start"):
        _leaves_something(part, file)
    for parts in exercise.checks:
        _asserts(parts, file)


def _tree(part: Part, file: Path) -> ast.Module:
    try:
        return ast.parse(part.source)
    except SyntaxError as error:
        raise _refused(file, part.line, f"this cell is no Python: {error.msg}") from None


def _leaves_something(part: Part, file: Path) -> None:
    tree = _tree(part, file)
    raises = any(
        isinstance(node, ast.Raise) and "NotImplementedError" in ast.dump(node)
        for node in ast.walk(tree)
    )
    if not placeholders(part.source) and not raises:
        raise _refused(
            file,
            part.line,
            "a cell to start from leaves something open: `name = ...`, or a function that raises "
            "NotImplementedError",
        )


def _asserts(parts: list[Part], file: Path) -> None:
    found = [n for p in parts for n in ast.walk(_tree(p, file)) if isinstance(n, ast.Assert)]
    if not found or any(node.msg is None for node in found):
        raise _refused(
            file, parts[0].line, "checks hold asserts, each with a message for the student"
        )
