"""The record of a paper: ids, roles, limits, formulas."""

from __future__ import annotations

import ast
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from paper_writer import count_row, levels_row, load, mean_row, paper

from analysis.paper import Paper, PaperError, load_paper, parse_relation
from analysis.printed import Interval

TEXT = [{
    "section": "methods", "place": "Methods",
    "statements": [
        {"id": "oldest", "kind": "number", "printed": "≤ 80", "about": "oldest", "unit": "years"},
        {"id": "level", "kind": "p", "printed": "<0.01", "about": "level"},
        {"id": "mean", "kind": "mean_sd", "printed": "5.0 ± 1.0", "about": "x", "repeats": "table1.x.g0"},
        {"id": "ci", "kind": "range", "printed": "1.0–2.0", "about": "interval"},
        {"id": "code", "kind": "label", "printed": "A 1", "about": "code"},
        {"id": "day", "kind": "date", "printed": "2020", "about": "day"},
    ],
}]  # fmt: skip
ROWS = [
    mean_row("x", ("5.0 ± 1.0", "6.0 ± 1.1"), statistic="-3.16", p="0.003"),
    count_row("z", ("7 (35.0%)", "6")),
    levels_row("l", [("7 (35.0%)", "6 (24.0%)"), ("13", "19")]),
    {
        "id": "m",
        "variable": "m",
        "summary": "median_iqr",
        "values": {"g0": "5 (4–6)", "g1": "7 (5, 9)"},
    },
]
VARIABLES = [
    {
        "id": "x",
        "label": "X",
        "unit": "kg",
        "upper": {"number": "methods.oldest", "reason": "rule"},
    },
]


@pytest.fixture
def made_up(scratch):
    return load(
        scratch, paper((20, 25), ROWS, text=TEXT, variables=VARIABLES, significance="methods.level")
    )


def test_ids_say_where_a_number_stands(made_up):
    assert list(made_up.numbers) == [
        "groups.g0", "groups.g1",
        "table1.x.g0.mean", "table1.x.g0.sd", "table1.x.g1.mean", "table1.x.g1.sd",
        "table1.x.statistic", "table1.x.p",
        "table1.z.g0.count", "table1.z.g0.percent", "table1.z.g1.count",
        "table1.l.l0.g0.count", "table1.l.l0.g0.percent", "table1.l.l0.g1.count", "table1.l.l0.g1.percent",
        "table1.l.l1.g0.count", "table1.l.l1.g1.count",
        "table1.m.g0.median", "table1.m.g0.q1", "table1.m.g0.q3",
        "table1.m.g1.median", "table1.m.g1.q1", "table1.m.g1.q3",
        "methods.oldest", "methods.level", "methods.mean.mean", "methods.mean.sd",
        "methods.ci.low", "methods.ci.high", "methods.code", "methods.day",
    ]  # fmt: skip


def test_numbers_keep_their_text_role_unit_and_place(made_up):
    number = made_up.numbers["table1.x.g0.sd"]
    assert (number.text, number.role, number.unit, number.group) == ("1.0", "SD", "kg", "g0")
    assert number.place == "Table 1, X, Group 0"
    assert made_up.numbers["methods.mean.sd"].repeats == "table1.x.g0.sd"
    assert made_up.numbers["table1.x.statistic"].value.value == Fraction("-3.16")


def test_lookups(made_up):
    assert made_up.total == 45
    assert made_up.event_group.id == "g0"
    assert made_up.alpha == Fraction(1, 100)
    assert made_up.range_of("x") == Interval(-float("inf"), Fraction(80))
    assert made_up.number("groups.g1").value == 25
    assert made_up.group("g1").size == 25
    assert made_up.table("table1").rows[0].id == "x"
    for id in ("nothing", "methods.code", "methods.day"):
        with pytest.raises(KeyError):
            made_up.number(id)


def test_alpha_without_a_printed_level(scratch):
    assert load(scratch, paper((2, 3), ROWS[:1])).alpha == Fraction(1, 20)


def test_strings_are_the_record(scratch):
    """YAML would read these as numbers, dates or truths: they stay as they were printed."""
    file = Path(scratch)
    tree = paper((20, 25), [mean_row("x", ("0.70 ± 0.10", "0.7 ± 0.1"))])
    text = (
        yaml.safe_dump(tree, allow_unicode=True).replace("'20'", "20").replace("id: x", "id: 'x'")
    )
    file.write_text(text.replace("label: Made up", "label: 1.50"), encoding="utf-8")
    found = load_paper(file)
    assert found.group("g0").n.text == "20"
    assert found.paper.label == "1.50"
    first, second = (found.numbers[f"table1.x.{g}.mean"].value for g in ("g0", "g1"))
    assert (first.text.strip(), second.text.strip()) == ("0.70", "0.7")


def test_nothing_changes_after_loading(made_up):
    with pytest.raises(Exception, match="frozen"):
        made_up.significance = None


@pytest.mark.parametrize(
    ("equation", "sign"),
    [
        ("a = b", "="),
        ("a=b", "="),
        ("a == b", "="),
        ("a <= b", "<="),
        ("a<b", "<"),
        ("a >= b", ">="),
        ("a > b", ">"),
    ],
)
def test_relations_are_split(equation, sign):
    left, found, right = parse_relation(equation)
    assert (ast.unparse(left), found, ast.unparse(right)) == ("a", sign, "b")


def test_error_says_where(scratch):
    tree = paper((20, 25), [mean_row("x", ("5.0 ± 1.0", "6,0 ± 1.1"))])
    with pytest.raises(PaperError) as error:
        load(scratch, tree)
    found = error.value
    assert found.file == scratch
    assert scratch.read_text().split("\n")[found.line - 1].strip().startswith("g1:")
    assert str(found).startswith(f"{scratch}:{found.line}: tables.table1.rows.x.values.g1: ")


def test_further_errors_are_counted(scratch):
    tree = paper((20, 25), [mean_row("x", ("5.0", "6.0 ± 1.1")), mean_row("y", ("5", "6"))])
    with pytest.raises(PaperError, match=r"2 more places to mend"):
        load(scratch, tree)


def test_the_schema_refuses_unknown_keys_everywhere():
    def models(model, seen):
        if model in seen:
            return
        seen.add(model)
        assert model.model_config.get("extra") == "forbid", model
        for field in model.model_fields.values():
            for part in getattr(field.annotation, "__args__", (field.annotation,)):
                for inner in (part, *getattr(part, "__args__", ())):
                    if hasattr(inner, "model_fields"):
                        models(inner, seen)

    seen = set()
    models(Paper, seen)
    assert len(seen) > 8
