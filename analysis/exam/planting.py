"""One error in an honest paper, of the kinds that authors and typesetters make."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.exam.printing import Change, Printed

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_ROC = ("auc", "se", "p", "threshold", "sensitivity", "specificity", "youden", "ppv", "npv",
        "accuracy", "lr_positive", "lr_negative", "ci")  # fmt: skip
_MODEL = ("b", "se", "wald", "p", "ratio", "ci")


@dataclass(frozen=True)
class Planted:
    """The tree with the error, its kind, the kind of table it stands in, and its column."""

    tree: dict[str, Any]
    kind: str
    where: str
    column: str  # of the first change: a summary such as mean_sd, or a column such as auc
    changes: tuple[tuple[str, str, str], ...]  # place, before, after
    edits: tuple[Change, ...]  # the same, as they are made in a tree


def cell(tree: Any, path: tuple) -> Any:
    """What stands in one place of a tree; None where there is no such place."""
    for step in path:
        if not (step in tree if isinstance(tree, dict) else step < len(tree)):
            return None
        tree = tree[step]
    return tree


def cells(tree: dict[str, Any]) -> Iterator[tuple]:
    """The places of all printed numbers in tables and group sizes."""
    for i in range(len(tree["groups"])):
        yield ("groups", i, "n")
    if (tree.get("everyone") or {}).get("n"):
        yield ("everyone", "n")
    for t, table in enumerate(tree["tables"]):
        for r, row in enumerate(table["rows"]):
            at = ("tables", t, "rows", r)
            if table["kind"] == "two_group":
                yield from (((*at, "values", g)) for g in row.get("values") or {})
                for k, level in enumerate(row.get("levels") or []):
                    yield from (((*at, "levels", k, "values", g)) for g in level["values"])
                yield from ((*at, "n", g) for g in row.get("n") or {})
                yield from ((*at, c) for c in ("statistic", "p") if row.get(c))
            else:
                columns = _ROC if table["kind"] == "roc" else _MODEL
                yield from ((*at, c) for c in columns if row.get(c))
                for k, cut in enumerate(row.get("cuts") or []):
                    yield from ((*at, "cuts", k, c) for c in columns if cut.get(c))
        for column in _MODEL:
            if (table.get("constant") or {}).get(column):
                yield ("tables", t, "constant", column)


def _one_digit(text: str, rng: np.random.Generator) -> str | None:
    places = [i for i, c in enumerate(text) if c.isdigit()]
    if not places:
        return None
    i = places[int(rng.integers(len(places)))]
    digit = str(rng.choice([d for d in "0123456789" if d != text[i]]))
    return text[:i] + digit + text[i + 1 :]


def _two_digits(text: str, rng: np.random.Generator) -> str | None:
    pairs = [
        (m.start() + i, m.start() + i + 1)
        for m in _NUMBER.finditer(text)
        for i in range(len(m[0]) - 1)
        if m[0][i].isdigit() and m[0][i + 1].isdigit() and m[0][i] != m[0][i + 1]
    ]
    if not pairs:
        return None
    i, j = pairs[int(rng.integers(len(pairs)))]
    return text[:i] + text[j] + text[i] + text[j + 1 :]


def _any_cell(edit: Callable[[str, np.random.Generator], str | None]):
    def plant(printed: Printed, rng: np.random.Generator) -> list[Change] | None:
        places = list(cells(printed.tree))
        place = places[int(rng.integers(len(places)))]
        text = edit(cell(printed.tree, place), rng)
        return None if text is None else [(place, text)]

    return plant


def _of_another_row(column: str):
    """The `column` of one row printed in the place of another's, in the same table."""

    def plant(printed: Printed, rng: np.random.Generator) -> list[Change] | None:
        found = []
        for t, table in enumerate(printed.tree["tables"]):
            rows = [r for r, row in enumerate(table["rows"]) if row.get(column)]
            found += [
                (("tables", t, "rows", r, column), table["rows"][other][column])
                for r in rows for other in rows
                if table["rows"][r][column] != table["rows"][other][column]
            ]  # fmt: skip
        return [found[int(rng.integers(len(found)))]] if found else None

    return plant


def _percentage_of_another(printed: Printed, rng: np.random.Generator) -> list[Change] | None:
    places = [p for p in cells(printed.tree) if str(cell(printed.tree, p)).endswith("%)")]
    found = []
    for place in places:
        count, _, percent = cell(printed.tree, place).partition(" ")
        others = {cell(printed.tree, p).partition(" ")[2] for p in places} - {percent}
        found += [(place, f"{count} {other}") for other in sorted(others)]
    return [found[int(rng.integers(len(found)))]] if found else None


def _statement(printed: Printed, rng: np.random.Generator) -> list[Change] | None:
    sections = printed.tree.get("text") or []
    places = [
        ("text", k, "statements", i, "printed")
        for k, section in enumerate(sections) for i in range(len(section["statements"]))
    ]  # fmt: skip
    if not places:
        return None
    place = places[int(rng.integers(len(places)))]
    text = _one_digit(cell(printed.tree, place), rng)
    return None if text is None else [(place, text)]


def _slip(kind: str):
    def plant(printed: Printed, rng: np.random.Generator) -> list[Change] | None:
        found = printed.slips.get(kind, [])
        return found[int(rng.integers(len(found)))] if found else None

    return plant


# Each kind in words, and how it is planted.
KINDS: dict[str, Callable[[Printed, np.random.Generator], list[Change] | None]] = {
    "digit": _any_cell(_one_digit),
    "transposed": _any_cell(_two_digits),
    "p_of_row": _of_another_row("p"),
    "ci_of_row": _of_another_row("ci"),
    "percent_of_cell": _percentage_of_another,
    "statement": _statement,
    **{
        kind: _slip(kind)
        for kind in (
            "denominator", "count", "groups_swapped", "se_for_sd", "se_for_sd_once", "sd_for_se",
            "means_swapped", "cut", "coefficient", "row_of_other_model", "sign", "whole_row",
        )
    },
}  # fmt: skip


def edited(tree: dict[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """A copy of the tree with other text in some places."""
    tree = copy.deepcopy(tree)
    for place, text in changes:
        cell(tree, place[:-1])[place[-1]] = text
    return tree


def plant(printed: Printed, kind: str, rng: np.random.Generator) -> Planted | None:
    """The paper with one error of this kind; None where it has no place for it, or where the
    printed text would stay as it is."""
    for _ in range(5):
        changes = KINDS[kind](printed, rng)
        if changes is None:
            return None
        before = [cell(printed.tree, place) for place, _ in changes]
        if any(b != after for b, (_, after) in zip(before, changes, strict=True)):
            break
    else:
        return None
    tree = edited(printed.tree, changes)
    first = changes[0][0]
    where = tree["tables"][first[1]]["kind"] if first[0] == "tables" else first[0]
    column = str(first[-1])
    if "values" in first:
        summary = cell(tree, first[:4])["summary"]
        column = "n_pct" if summary == "levels" else summary
    elif first[0] == "groups" or "n" in first[:-1]:
        column = "n"
    told = tuple(
        (".".join(map(str, place)), str(b), str(after))
        for b, (place, after) in zip(before, changes, strict=True)
        if b != after
    )
    return Planted(tree, kind, where, column, told, tuple(changes))
