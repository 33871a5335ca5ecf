"""The JSON Schema of a record: what the loader takes it takes, and broken cells are marked."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from jsonschema import Draft202012Validator

from analysis import printed as p
from analysis.cells import SCHEMAS
from analysis.new_paper import TEMPLATE, new_paper, schema_text
from analysis.paper import PaperError, load_paper
from analysis.schema import _Part, _parts, explanations, json_schema
from tests.analysis.test_bad_input import CHANGES, GOOD

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = Draft202012Validator(json_schema())


class _Core(yaml.SafeLoader):
    """YAML 1.2, as editors read it: no dates, and yes and no are words."""


_Core.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Core.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first)
    )


def problems(text: str) -> list[str]:
    return [e.message for e in VALIDATOR.iter_errors(yaml.load(text, Loader=_Core))]


def loads(tmp_path: Path, text: str) -> bool:
    file = tmp_path / "paper.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        load_paper(file)
    except PaperError:
        return False
    return True


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(json_schema())


def test_the_committed_schema_is_that_of_the_models():
    """`python -m analysis schema > data/paper.schema.json` writes it again."""
    assert (ROOT / "data/paper.schema.json").read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize(
    "file", [*sorted((ROOT / "data").glob("*/paper.yaml")), TEMPLATE], ids=lambda f: f.parent.name
)
def test_records_are_valid(file):
    assert problems(file.read_text(encoding="utf-8")) == []


def test_a_record_with_spreadsheets_is_valid(tmp_path):
    new_paper(tmp_path / "mine", sheets=True)
    text = (tmp_path / "mine/paper.yaml").read_text(encoding="utf-8")
    assert "rows:" not in text
    assert problems(text) == []
    assert problems(text.replace("    file: table1.csv\n", "", 1)) != []


def test_numbers_without_quotes_are_taken(tmp_path):
    text = re.sub(r'"([-\d.]+)"', r"\1", GOOD)
    assert text.count('"') < GOOD.count('"')
    assert problems(text) == []
    assert loads(tmp_path, text)


def test_an_optional_key_may_stay_empty(tmp_path):
    text = GOOD.replace('statistic: "0.438"', "statistic:").replace('ci: "0.742–0.848"', "ci:")
    assert problems(text) == []
    assert loads(tmp_path, text)


# what only the loader sees: references, arithmetic, YAML itself
_NOT_FOR_A_SCHEMA = {
    "missing group", "unknown group", "interval upside down", "duplicate key", "duplicate row",
    "duplicate group", "duplicate statement", "duplicate level", "id of the constant",
    "two events", "unknown variable", "unknown positive", "repeats nothing", "bad date",
    "significance of nothing", "significance is a date", "significance out of bounds",
    "limit is a label", "limits upside down", "limit of both kinds", "relation with a date",
    "relation without a section", "relation and timeline of one id", "alias", "tab",
    "timeline of years that are a date", "timeline from a number", "timeline of a million years",
    "control character", "text turned around", "large exponent", "huge exponent", "n too large", "yaml inf", "decimal comma",
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in CHANGES
        if n not in _NOT_FOR_A_SCHEMA and not n.startswith(("formula", "constraint", "equation"))
    ],
)
def test_what_is_broken_is_refused_by_schema_and_loader(tmp_path, name):
    old, new, _ = CHANGES[name]
    text = GOOD.replace(old, new)
    assert problems(text) != []
    assert not loads(tmp_path, text)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("number", "0,7"), ("number", "1O2"), ("number", ""), ("number", "abc"),
        ("whole", "12.5"), ("whole", "-3"), ("whole", "<5"), ("share", "79.5"), ("share", "1.2"),
        ("percent", "135%"), ("percent", "101"), ("positive", "-2"), ("p", "1.664"), ("p", "n/a"),
        ("range", "0.7"), ("range", "0.7 bis 0.9"), ("mean_sd", "54.96"),
        ("mean_sd", "54.96 (10.2)"), ("mean_sd", "54.96 ± -1"), ("n_pct", "67 (159%)"),
        ("n_pct", "67/112"), ("median_iqr", "64"), ("median_iqr", "64 (57)"), ("date", "2023-01-05"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_marked(kind, wrong):
    assert not Draft202012Validator(SCHEMAS[kind]).is_valid(wrong)
    with pytest.raises(p.PrintedError):
        PARSERS[kind](wrong)


PARSERS = {
    "number": p.parse_number, "whole": p.parse_whole, "share": p.parse_share,
    "percent": p.parse_percent, "positive": p.parse_positive, "p": p.parse_p,
    "range": p.parse_range, "mean_sd": p.parse_mean_sd, "n_pct": p.parse_count_percent,
    "median_iqr": p.parse_median_iqr, "date": p.parse_date,
}  # fmt: skip

_PLAIN = ["12", "0.70", "−5.310", "1 098.83", ".5", "99%", "<3", "7e-1", "0", "1.000", "100"]
_TOKENS = [
    *_PLAIN, "5.", "1,098.83", "1,000,000", "1E5", "e", "-", "−", "–", "+", ">=", "≤", "=", "P",
    "p=", "%", " ", "\u00a0", "NS", "n.s.", "Jan ", "May. ", "5, ", "2017", "2022", "<0.001",
]  # fmt: skip
_SHAPES = ["{}", "{}", "{} ± {}", "{}+/-{}", "{}–{}", "{} to {}", "{}; {}", "{} ({})", "{}({}%)",
           "{} ({}–{})", "{} [{}, {}]"]  # fmt: skip


@cache
def texts() -> list[str]:
    """Cells of all shapes, made of what numbers are made of; most of them are none."""
    rng = np.random.default_rng(1)
    tokens = iter(rng.integers(len(_TOKENS), size=200_000))
    lengths = iter(rng.choice([1, 1, 1, 2, 3], size=60_000))
    shapes = rng.integers(len(_SHAPES), size=20_000)

    def part() -> str:
        return "".join(_TOKENS[next(tokens)] for _ in range(next(lengths)))

    return [_SHAPES[shape].format(part(), part(), part()) for shape in shapes]


@pytest.mark.parametrize("kind", PARSERS)
def test_what_the_loader_takes_the_schema_takes(kind):
    pattern = re.compile(SCHEMAS[kind]["pattern"])
    taken = 0
    for text in [*texts(), *SCHEMAS[kind]["examples"]]:
        try:
            PARSERS[kind](text)
        except p.PrintedError:
            continue
        taken += 1
        assert pattern.search(text), text
    assert taken > 30
    for example in SCHEMAS[kind]["examples"]:
        PARSERS[kind](example)


def test_every_key_has_its_explanation():
    for part in set(_parts(_Part)):
        for key, text in explanations(part).items():
            assert len(text) > 10, (part.__name__, key)
            assert text.endswith((".", "…", '"')), (part.__name__, key)
            assert "  " not in text


def test_editors_see_the_explanations():
    schema = json_schema()
    for name, part in [("Record", schema), *schema["$defs"].items()]:
        assert part["additionalProperties"] is False, name
        assert part["description"]
        for key, node in part["properties"].items():
            assert node.get("description"), (name, key)
    assert "P value" in schema["$defs"]["Coefficient"]["properties"]["p"]["description"]
