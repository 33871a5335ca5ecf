"""Records in YAML: every scalar as it is written, and one sentence for what does not fit.

:func:`read_yaml` refuses what is no plain tree (aliases, a key twice, files built to exhaust
the machine); :func:`sentence_of` turns the first error of a schema into a sentence at its
place; :func:`line_of` finds the line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from analysis import printed as p

LARGEST_FILE = 2_000_000  # bytes; the longest real paper needs a hundredth of it
DEEPEST = 24

Steps = tuple[str | int, ...]


class RecordError(ValueError):
    """A record cannot be used; the message is one sentence with file and line."""

    def __init__(self, file: Path | str, line: int | None, sentence: str):
        self.file, self.line, self.sentence = Path(file), line, sentence
        place = f"{file}:{line}" if line else f"{file}"
        super().__init__(f"{place}: {sentence}")


class At(ValueError):
    """A sentence about the place `path` of a file."""

    def __init__(self, path: Steps, sentence: str):
        self.path = path
        super().__init__(sentence)


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def read_yaml(
    file: Path, error_class: type[RecordError], noun: str
) -> tuple[Any, dict[Steps, int]]:
    """The tree of a YAML file, every scalar a string, and the line of every node.

    Raises `error_class` with one sentence; `noun` is what the file holds (``paper``).
    """
    text = _read_text(file, error_class, noun)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    lines: dict[Steps, int] = {}
    try:
        # events come one by one, so that a file built to exhaust the machine is left early
        events = (e for e in yaml.parse(text, Loader=loader) if not isinstance(e, _AROUND))
        first = next(events, None)
        if not isinstance(first, yaml.MappingStartEvent):
            raise At((), f"{_a(noun)} file is a mapping that begins with a line such as schema: 1.")
        tree = _plain(first, events, (), lines)
        if (second := next(events, None)) is not None:
            lines[()] = second.start_mark.line + 1
            raise At((), f"found a second document, {_a(noun)} file holds one.")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise error_class(file, line, f"this is no valid YAML ({problem}).") from None
    except At as at:
        raise error_class(file, line_of(at.path, lines) or 1, str(at)) from None
    return tree, lines


def _read_text(file: Path, error_class: type[RecordError], noun: str) -> str:
    try:
        if file.is_dir():
            raise error_class(file, None, f"this is a folder, {_a(noun)}.yaml file is needed.")
        if file.exists() and not file.is_file():
            raise error_class(
                file, None, f"this is no regular file, {_a(noun)}.yaml file is needed."
            )
        if file.stat().st_size > LARGEST_FILE:
            raise error_class(
                file, None, f"the file is larger than the {LARGEST_FILE:,} bytes allowed."
            )
        raw = file.read_bytes()
    except FileNotFoundError:
        raise error_class(file, None, "there is no such file.") from None
    except OSError as error:
        raise error_class(file, None, f"the file cannot be read ({error.strerror}).") from None
    except RecordError:
        raise
    except ValueError:
        raise error_class(repr(str(file)), None, "this is no name of a file.") from None
    if b"\x00" in raw:
        raise error_class(
            file, None, "this is a binary file or UTF-16, a YAML file in UTF-8 is needed."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise error_class(file, line, "this is no UTF-8 text, a YAML file is needed.") from None


# what stands around the tree in the stream of events
_AROUND = (
    yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent,
)  # fmt: skip
_NULLS = {"", "~", "null", "Null", "NULL"}


def _plain(
    event: yaml.Event, events: Iterator[yaml.Event], path: Steps, lines: dict[Steps, int]
) -> Any:
    """The value that begins with `event`: a string, None, a list or a dict."""
    lines.setdefault(path, event.start_mark.line + 1)
    if isinstance(event, yaml.AliasEvent):
        # refused because aliases of aliases grow without bound
        raise At(path, "found a YAML alias (*name), every value must be written out.")
    if isinstance(event, yaml.ScalarEvent):
        if found := p.UNPRINTABLE.search(event.value):
            raise At(path, f"found {p.quoted(found[0])}, a character that cannot be printed.")
        plain = event.implicit[0] and event.tag is None
        return None if plain and event.value in _NULLS else event.value
    if len(path) >= DEEPEST:
        raise At(path, f"the file nests deeper than the {DEEPEST} levels allowed.")
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(child := next(events), yaml.SequenceEndEvent):
            items.append(_plain(child, events, (*path, len(items)), lines))
        return items
    result: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent):
            lines[path] = key.start_mark.line + 1
            raise At(path, "found a key that is no word.")
        if p.UNPRINTABLE.search(key.value):
            lines[path] = key.start_mark.line + 1
            raise At(path, f"found the key {p.quoted(key.value)}, which cannot be printed.")
        here = (*path, key.value)
        lines[here] = key.start_mark.line + 1
        if key.value in result:
            raise At(here, f"found the key {p.quoted(key.value)} twice, it may stand once.")
        result[key.value] = _plain(next(events), events, here, lines)
    return result


def line_of(path: Steps, lines: dict[Steps, int]) -> int | None:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


def sentence_of(error: ValidationError, tree: Any) -> At:
    """The first error of pydantic as one sentence at a place of the file."""
    errors = error.errors(include_url=False)
    # a misspelt key is also a missing one: the misspelling says more
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    path = _file_path(first["loc"], tree)
    name = _name_path(path, tree)
    kind, found = first["type"], first["input"]
    if kind == "extra_forbidden":
        sentence = (
            f"{name}: found the unknown key {p.quoted(path[-1])}; see the keys in CONTRIBUTING.md."
        )
    elif kind == "missing":
        sentence = f'{name}: the key "{first["loc"][-1]}" is missing.'
    elif kind == "value_error":
        sentence = f"{name}: {first['ctx']['error']!s}."
    elif kind == "union_tag_not_found":
        key = str(first["ctx"]["discriminator"]).strip("'")
        sentence = f'{name}: the key "{key}" is missing.'
    elif kind == "union_tag_invalid":
        key = str(first["ctx"]["discriminator"]).strip("'")
        path = (*path, key)
        sentence = (
            f"{name}: found {key} {p.quoted(first['ctx']['tag'])}, allowed are "
            f"{first['ctx']['expected_tags']}."
        )
    elif kind == "literal_error":
        shown = "nothing" if found is None else p.quoted(found)
        sentence = f"{name}: found {shown}, allowed is {first['ctx']['expected']}."
    elif kind == "string_pattern_mismatch":
        sentence = f"{name}: found {p.quoted(found)}, lower-case letters, digits and _ are allowed."
    elif kind in ("too_long", "too_short"):
        least = kind == "too_short"
        bound = first["ctx"]["min_length" if least else "max_length"]
        sentence = (
            f"{name}: found {first['ctx']['actual_length']} entries, "
            f"at {'least' if least else 'most'} {bound} {'are needed' if least else 'are allowed'}."
        )
    elif kind.startswith("bool"):
        sentence = f"{name}: found {p.quoted(found)}, true or false is needed."
    elif kind.endswith("_type"):
        wanted = {"list": "a list", "dict": "a mapping", "model": "a mapping", "string": "a word"}
        what = next((v for k, v in wanted.items() if kind.startswith(k)), "another kind of value")
        shown = (
            "nothing" if found is None else p.quoted(found) if isinstance(found, str) else "a block"
        )
        sentence = f"{name}: found {shown}, {what} is needed."
    else:
        sentence = f"{name}: {first['msg'][0].lower()}{first['msg'][1:]}."
    more = error.error_count() - 1
    if more:
        sentence = f"{sentence[:-1]} ({more} more {'place' if more == 1 else 'places'} to mend)."
    return At(path, sentence)


def _file_path(loc: tuple[str | int, ...], tree: Any) -> Steps:
    """The place in the file: pydantic's location without its union tags and key marks."""
    path: list[str | int] = []
    node = tree
    for step in loc:
        in_list = isinstance(node, list) and isinstance(step, int) and step < len(node)
        if not in_list and not (isinstance(node, dict) and step in node):
            continue
        node = node[step]
        path.append(step)
    return tuple(path)


def _name_path(path: Steps, tree: Any) -> str:
    """``tables.table1.rows.age.values`` instead of ``tables.0.rows.0.values``."""
    names, node = [], tree
    for step in path:
        node = node[step]
        named = isinstance(step, int) and isinstance(node, dict)
        label = (node.get("id") or node.get("section")) if named else None
        names.append(p.quoted(label if isinstance(label, str) and label else step)[1:-1])
    return ".".join(names) or "the file"


def unknown(path: Steps, found: str, allowed: Any, what: str, where: str = "of this file") -> At:
    """A sentence about a name that nothing has, with those that are near it."""
    near = difflib.get_close_matches(found, list(allowed), n=3, cutoff=0.5)
    hint = f"; near it: {', '.join(near)}" if near else ""
    some = sorted(allowed) if len(allowed) <= 12 else []
    listed = f", there are {', '.join(some)}" if some and not near else hint
    return At(path, f"found {p.quoted(found)}, which is no {what} {where}{listed}.")
