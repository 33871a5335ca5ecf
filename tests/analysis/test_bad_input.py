"""Files that cannot be used: one sentence, the right line, no traceback, at once."""

from __future__ import annotations

import copy
import os
from pathlib import Path

import pytest
import yaml

from analysis.paper import PaperError, load_paper
from paper_writer import run

# A short paper; each bad file changes one place of it.
GOOD = """\
schema: 1
paper:
  key: made_up
  label: Made up
groups:
  - {id: cases, label: Cases, n: "20", event: true}
  - {id: controls, label: Controls, n: "25"}
significance: methods.level
variables:
  - {id: age, label: Age, lower: {value: "18", reason: rule}, upper: {number: methods.oldest, reason: rule}}
  - {id: sex, label: Sex}
  - id: marker
    label: Marker
    step: {value: "1", reason: counted}
  - id: index
    label: Index
    formula: marker / age
constraints:
  - {expression: marker + age <= 1000, reason: known}
tables:
  - id: table1
    kind: two_group
    title: Groups
    rows:
      - id: age
        variable: age
        summary: mean_sd
        values: {cases: "54.96 ± 10.22", controls: "56.31 ± 10.37"}
        statistic: "0.438"
        p: "0.664"
      - id: sex
        variable: sex
        summary: levels
        levels:
          - {id: male, label: Male, values: {cases: "7 (35.0%)", controls: "6 (24.0%)"}}
          - {id: female, label: Female, values: {cases: "13 (65.0%)", controls: "19 (76.0%)"}}
  - id: table2
    kind: roc
    title: Curves
    positive: cases
    rows:
      - id: marker
        variable: marker
        auc: "0.795"
        ci: "0.742–0.848"
  - id: table3
    kind: regression
    title: Model
    event: cases
    effect_label: odds ratio
    rows:
      - id: marker
        label: Marker
        b: "0.829"
    constant: {b: "-5.310"}
text:
  - section: methods
    place: Methods
    statements:
      - {id: level, kind: p, printed: "0.05", about: level}
      - {id: oldest, kind: number, printed: "99", about: oldest}
      - {id: began, kind: date, printed: January 2016, about: first month}
      - {id: ended, kind: date, printed: December 2017, about: last month}
      - {id: years, kind: number, printed: "1", about: follow-up}
      - {id: code, kind: label, printed: "26.0", about: version}
      - {id: n_cases, kind: whole, printed: "20", about: cases, repeats: groups.cases}
relations:
  - id: methods.sum
    claim: it fits
    equation: oldest = cases + controls
    where: {oldest: methods.oldest, cases: groups.cases, controls: groups.controls}
timelines:
  - {id: methods.time, claim: it fits, from: methods.began, years: methods.years, until: methods.ended}
"""


def refused(file: Path) -> PaperError:
    """The error of a file, after the rules for every error have been held."""
    with pytest.raises(PaperError) as error:
        load_paper(file)
    found = error.value
    assert str(found.file) in str(found)
    assert found.sentence.endswith(".")
    assert "\n" not in str(found)
    assert str(found).isprintable()
    assert len(found.sentence) < 400
    assert "Traceback" not in str(found)
    assert found.__cause__ is None
    return found


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes) -> Path:
        file = tmp_path / "paper.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


def test_the_good_file_is_good(write):
    assert load_paper(write(GOOD)).total == 45


def test_a_byte_order_mark_is_no_error(write):
    assert load_paper(write(b"\xef\xbb\xbf" + GOOD.encode())).total == 45


# --- one place changed ------------------------------------------------------------------------

# what is replaced, by what, and a word that the sentence must hold; the line is that of the change
CHANGES = {
    "unknown key": ('statistic: "0.438"', 'statistics: "0.438"', "unknown key"),
    "missing group": (', controls: "56.31 ± 10.37"', "", '"controls" is missing'),
    "unknown group": ('{cases: "54.96 ± 10.22",', '{case: "54.96 ± 10.22",', "no group"),
    "decimal comma": ('auc: "0.795"', 'auc: "0,795"', "decimal point"),
    "letter O": ('n: "20"', 'n: "1O2"', "letter"),
    "empty cell": ('"54.96 ± 10.22"', '""', "mean and an SD"),
    "empty number": ('p: "0.664"', 'p: ""', "empty"),
    "percentage over 100": ("35.0%", "135.0%", "between 0 and 100"),
    "n no whole number": ('n: "20"', 'n: "20.5"', "whole number"),
    "n negative": ('n: "20"', 'n: "-20"', "whole number"),
    "n zero": ('n: "20"', 'n: "0"', "at least 1"),
    "n too large": ('n: "20"', 'n: "1000000001"', "at most"),
    "n null": ('n: "20"', "n: null", "nothing"),
    "n missing": (' n: "20",', "", '"n" is missing'),
    "huge integer": ('n: "20"', f'n: "{"9" * 5000}"', "5000 characters"),
    "huge exponent": ('b: "0.829"', 'b: "1e999999"', "1e999999"),
    "large exponent": ('b: "0.829"', 'b: "1e30"', "1e30"),
    "inf": ('b: "0.829"', 'b: "inf"', "inf"),
    "nan": ('b: "0.829"', 'b: "nan"', "nan"),
    "yaml inf": ('b: "0.829"', "b: .inf", ".inf"),
    "digits of another script": ('b: "0.829"', 'b: "٣"', "٣"),
    "underscore": ('b: "0.829"', 'b: "1_000"', "1_000"),
    "hexadecimal": ('b: "0.829"', 'b: "0x10"', "0x10"),
    "list for a number": ('b: "0.829"', "b: [1]", "a block"),
    "mapping for a number": ('b: "0.829"', "b: {x: 1}", "a block"),
    "list for a word": ("title: Curves", "title: [a, b]", "a word is needed"),
    "P over 1": ('p: "0.664"', 'p: "1.664"', "between 0 and 1"),
    "AUC over 1": ('auc: "0.795"', 'auc: "79.5"', "between 0 and 1"),
    "SD negative": ("10.22", "-10.22", "not negative"),
    "NS for a number": ('statistic: "0.438"', 'statistic: "NS"', "NS"),
    "duplicate key": ('        p: "0.664"', '        variable: age', "twice"),
    "duplicate row": ("- id: sex\n        variable", "- id: age\n        variable", "twice"),
    "duplicate group": ("{id: controls,", "{id: cases,", "twice"),
    "duplicate statement": ("{id: oldest,", "{id: level,", "twice"),
    "duplicate level": ("{id: female,", "{id: male,", "twice"),
    "id of the constant": ("      - id: marker\n        label", "      - id: constant\n        label", "constant"),
    "two events": ('n: "25"}', 'n: "25", event: true}', "one is allowed"),
    "event no truth": ("event: true}", "event: perhaps}", "true or false"),
    "unknown variable": ("variable: sex", "variable: sexx", "near it: sex"),
    "unknown kind of table": ("kind: roc", "kind: rock", "allowed are"),
    "list as a kind": ("kind: roc", "kind: [roc]", "allowed are"),
    "kind missing": ("    kind: roc\n", "", '"kind" is missing'),
    "unknown positive": ("positive: cases", "positive: nobody", "no group"),
    "unknown kind of statement": ("kind: date, printed: January", "kind: day, printed: January", "allowed is"),
    "bad date": ("printed: January 2016", "printed: Januember 2016", "date"),
    "repeats nothing": ("repeats: groups.cases", "repeats: groups.nobody", "no number"),
    "significance of nothing": ("significance: methods.level", "significance: methods.levle", "near it"),
    "significance is a date": ("significance: methods.level", "significance: methods.began", "date or a label"),
    "significance out of bounds": ("significance: methods.level", "significance: methods.years", "between 0 and 1"),
    "limit is a label": ("number: methods.oldest, reason", "number: methods.code, reason", "date or a label"),
    "limits upside down": ('lower: {value: "18"', 'lower: {value: "180"', "upper limit"),
    "limit of both kinds": ('lower: {value: "18",', 'lower: {value: "18", number: methods.oldest,', "one of them"),
    "step zero": ('step: {value: "1"', 'step: {value: "0"', "above 0"),
    "step negative": ('step: {value: "1"', 'step: {value: "-1"', "above 0"),
    "formula with a call": ("formula: marker / age", "formula: __import__('os').system('ls')", "only names"),
    "formula with an attribute": ("formula: marker / age", "formula: marker.real", "only names"),
    "formula with a power": ("formula: marker / age", "formula: age * 10**10**10", "only + - * /"),
    "formula with an index": ("formula: marker / age", "formula: marker[0]", "only names"),
    "formula without names": ("formula: marker / age", "formula: 10**10**10", "at least one"),
    "formula of itself": ("formula: marker / age", "formula: index + age", "no name"),
    "formula of nothing": ("formula: marker / age", "formula: marker / agge", "near it: age"),
    "formula over zero": ("formula: marker / age", "formula: marker / 0", "divide"),
    "formula over a hidden zero": ("formula: marker / age", "formula: marker / (1 - 1)", "divide"),
    "formula out of bounds": ("formula: marker / age", "formula: marker * 1e999", "out of bounds"),
    "formula too long": ("formula: marker / age", "formula: " + "marker + " * 20_000 + "age", "at most"),
    "formula too deep": ("formula: marker / age", 'formula: "' + "(" * 390 + '"', "formula"),
    "formula broken": ("formula: marker / age", "formula: marker /", "formula"),
    "constraint is an equation": ("expression: marker + age <= 1000", "expression: marker + age == 1000", "inequality"),
    "constraint without a sign": ("expression: marker + age <= 1000", "expression: marker + age", "two sides"),
    "equation without a sign": ("equation: oldest = cases + controls", "equation: oldest", "two sides"),
    "equation with two signs": ("equation: oldest = cases + controls", "equation: oldest = cases = controls", "two sides"),
    "equation of a stranger": ("equation: oldest = cases + controls", "equation: oldest = x", "no name"),
    "relation with a date": ("cases: groups.cases, controls: groups.controls}", "cases: groups.cases, controls: methods.began}", "date or a label"),
    "relation without a section": ("id: methods.sum", "id: table1.sum", "section"),
    "relation and timeline of one id": ("id: methods.time", "id: methods.sum", "twice"),
    "timeline of years that are a date": ("years: methods.years", "years: methods.began", "date or a label"),
    "timeline from a number": ("from: methods.began", "from: methods.oldest", "no date"),
    "timeline of a million years": ('printed: "1", about', 'printed: "1000000", about', "0 to 200"),
    "alias": ('b: "0.829"', "b: *again", ""),
    "tab": ("    kind: roc", "\tkind: roc", "no valid YAML"),
    "control character": ('  label: Made up', '  label: "\\e[31m"', "cannot be printed"),
    "control character in a key": ('  label: Made up', '  "label\\e": Made up', "cannot be printed"),
    "text turned around": ('  label: Made up', '  label: "\\u202Edam"', "cannot be printed"),
    "schema of another time": ("schema: 1", "schema: 2", "allowed"),
}  # fmt: skip

# the mistake is noticed at another line than that of the change
ELSEWHERE = {"n missing": 6, "timeline of a million years": 73, "limits upside down": 10,
             "kind missing": 37, "two events": 5}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_one_place_changed(write, name):
    old, new, word = CHANGES[name]
    assert GOOD.count(old) == 1, "the change must be clear"
    text = GOOD.replace(old, new)
    error = refused(write(text))
    changed = next(
        i
        for i, (a, b) in enumerate(zip(GOOD.split("\n"), text.split("\n"), strict=False), 1)
        if a != b
    )
    assert error.line == ELSEWHERE.get(name, changed)
    assert word in error.sentence


def test_every_number_of_the_file_is_guarded(write):
    """Nonsense in the place of any scalar is refused with its line, or is harmless text."""
    lines = GOOD.split("\n")
    for i, line in enumerate(lines, 1):
        if 'printed: "' in line or '"' not in line:
            continue
        before, _, rest = line.partition('"')
        text = "\n".join([*lines[: i - 1], before + '"1O2' + rest[rest.index('"') :], *lines[i:]])
        assert refused(write(text)).line == i


# --- whole files --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("~", 1),
        ("just words", 1),
        ("- a\n- b\n", 1),
        ("42", 1),
        ("{", 2),
        ("a: [1, 2\nb: 3\n", 2),
        ("? [a]\n: b\n", 1),
        ("a: 1\n? {b: c}\n: d\n", 2),
        ("a: &x [1]\nb: *x\n", 2),
        ("a: &x [*x]\n", 1),
        ("a: !!python/object/apply:os.system ['ls']\n", None),
        (GOOD + "---\nschema: 1\n", 75),
        ("[" * 10_000, 1),
        ("[" * 1_900_000, 1),
        ("a: " + "[" * 10_000, 1),
        ("a: " + "[" * 1_900_000, 1),
        ("a: " + "{a: " * 100_000, 1),
        ("\n".join(" " * i + "a:" for i in range(1500)), None),
        (b"\x00\x01\x02\xff", None),
        (bytes(range(256)) * 10, None),
        (GOOD.encode("utf-16"), None),
        (GOOD.encode("utf-16-le"), None),
        (GOOD.encode("utf-32"), None),
        (GOOD.encode("latin-1", "replace").replace(b"Made up", b"M\xe4de"), 4),
        (b"PK\x03\x04" + b"\x80" * 100, 1),
        ("a: b: c\n", 1),
        ("a: 'open\n", None),
        ('a: "\\ud800"\n', 1),
        ("%YAML 9.9\n---\na: 1\n", None),
    ],
)  # fmt: skip
def test_files_that_are_no_paper(write, content, line):
    error = refused(write(content))
    if line is not None:
        assert error.line == line


def test_a_yaml_bomb(write):
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    error = refused(write("\n".join(bomb)))
    assert error.line == 2
    assert "alias" in error.sentence


def test_a_file_of_50_mb(write):
    error = refused(write(b"# x\n" * 12_500_000))
    assert "larger" in error.sentence


def test_paths_that_are_no_file(tmp_path):
    assert "no such file" in refused(tmp_path / "nowhere.yaml").sentence
    assert "folder" in refused(tmp_path).sentence
    refused(tmp_path / ("x" * 5000))
    refused(tmp_path / "nowhere" / "paper.yaml")
    with pytest.raises(PaperError):
        load_paper("a\x00b")
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    refused(loop)
    dangling = tmp_path / "dangling.yaml"
    dangling.symlink_to(tmp_path / "gone")
    assert "no such file" in refused(dangling).sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "regular" in refused(tmp_path / "pipe.yaml").sentence


def test_an_unreadable_file(write, monkeypatch):
    file = write(GOOD)

    def denied(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert "Permission denied" in refused(file).sentence


def load_or_error(file):
    try:
        return load_paper(file), None
    except PaperError as error:
        return None, error


def test_null_and_wrong_types_everywhere(write):
    """Each key of the file once null, once a word, once a list, once a mapping: no crash."""
    tree = yaml.safe_load(GOOD)

    def places(node, path=()):
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, child in list(items):
            yield (*path, key)
            if isinstance(child, dict | list):
                yield from places(child, (*path, key))

    checked = 0
    for path in list(places(tree)):
        for wrong in (None, "word", ["word"], {"word": "word"}, [], {}):
            broken = copy.deepcopy(tree)
            node = broken
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = wrong
            file = write(
                yaml.dump(broken, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
            )
            paper, error = load_or_error(file)
            if paper is None:
                assert error.line is not None
                assert "\n" not in str(error)
            else:
                run(paper)
                checked += 1
    assert checked > 20  # an optional key may be left empty
