"""The folder to start in, and the commands that make it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from analysis.__main__ import main
from analysis.audit import audit
from analysis.findings import Verdict
from analysis.new_paper import TEMPLATE, FolderError, new_paper, write_new
from analysis.paper import load_paper
from analysis.schema import DRAFT, RowTest, StatementKind, json_schema
from tests.analysis.ledgers import PAPER


def test_the_example_loads_and_is_consistent_either_way(tmp_path):
    new_paper(tmp_path / "a")
    new_paper(tmp_path / "b", sheets=True)
    one, other = (load_paper(tmp_path / name / "paper.yaml") for name in "ab")
    assert one.numbers == other.numbers
    ledger = audit(one)
    counts = Counter(f.verdict for f in ledger)
    assert counts[Verdict.IMPOSSIBLE] == 0
    assert counts[Verdict.REPRODUCED] + counts[Verdict.CONSISTENT] > 120
    covered = {number for f in ledger for number in f.numbers}
    assert set(one.numbers) <= covered
    assert len(audit(other)) == len(ledger)


def test_the_example_says_that_it_is_one_and_shows_every_part():
    text = TEMPLATE.read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=paper.schema.json"
    assert "EXAMPLE. Every number below is made up" in text
    record = json_schema()["properties"]
    assert [key for key in record if f"\n{key}:" not in text and f"\n# {key}:" not in text] == []
    for kind in ("two_group", "roc", "regression"):
        assert f"kind: {kind}" in text
    for word in (
        "mean_sd", "median_iqr", "n_pct", "levels", "percent_of: row", "n: {", "statistic_is: z",
        "cuts:", "ppv:", "npv:", "lr_positive:", "model: logistic", "model: cox",
        "analysis: univariable", "analysis: multivariable", "constant:", "wald:", "all:",
    ):  # fmt: skip
        assert word in text
    for kind in set(StatementKind.__args__) - {"share"}:
        assert f"kind: {kind}" in text
    assert "mann_whitney" in RowTest.__args__


def test_the_folder_holds_what_is_needed(tmp_path):
    files = new_paper(tmp_path / "mine")
    assert sorted(f.name for f in (tmp_path / "mine").iterdir()) == sorted(f.name for f in files)
    assert DRAFT in (tmp_path / "mine/paper.schema.json").read_text(encoding="utf-8")
    tables = [t.id for t in load_paper(TEMPLATE).tables]
    assert {f"{t}.csv" for t in tables} < {f.name for f in files}
    assert (tmp_path / "mine/table1.csv").read_bytes().startswith(b"\xef\xbb\xbfid,variable")


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/notes.txt").write_text("mine")
    with pytest.raises(FolderError, match="the folder is not empty, nothing was written"):
        new_paper(tmp_path / "a")
    assert [f.name for f in (tmp_path / "a").iterdir()] == ["notes.txt"]
    with pytest.raises(FolderError, match="no folder"):
        new_paper(tmp_path / "a/notes.txt")
    with pytest.raises(FolderError, match="does not exist"):
        new_paper(tmp_path / "x/y")
    with pytest.raises(FolderError, match="no name"):
        new_paper(tmp_path / "a\0b")
    (tmp_path / "b").symlink_to(tmp_path / "gone")
    with pytest.raises(FolderError, match="no folder"):
        new_paper(tmp_path / "b")
    with pytest.raises(FolderError, match="there is such a file already"):
        write_new(tmp_path / "a", {"new.csv": "", "notes.txt": ""})
    assert [f.name for f in (tmp_path / "a").iterdir()] == ["notes.txt"]


def test_what_fails_half_way_leaves_nothing(tmp_path, monkeypatch):
    import analysis.files as module

    fill, written = module._fill, []

    def full(beside, target, data):
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(target)
        fill(beside, target, data)

    monkeypatch.setattr(module, "_fill", full)
    with pytest.raises(FolderError, match="No space left"):
        new_paper(tmp_path / "mine")
    assert len(written) == 2
    assert list(tmp_path.iterdir()) == []


def test_the_commands(tmp_path, capsys):
    folder = tmp_path / "mine"
    assert main(["new", str(folder), "--sheets"]) == 0
    assert f"audit {folder / 'paper.yaml'}" in capsys.readouterr().out
    assert main(["new", str(folder)]) == 2
    assert capsys.readouterr().err == (
        f"error: {folder}: the folder is not empty, nothing was written.\n"
    )
    assert main(["sheets", str(PAPER), "--out", str(tmp_path / "out")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert main(["sheets", str(PAPER), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_schema_is_printed():
    result = subprocess.run(
        [sys.executable, "-m", "analysis", "schema"], capture_output=True, timeout=60, check=True
    )
    assert result.stdout.decode() == (TEMPLATE.parents[2] / "data/paper.schema.json").read_text(
        encoding="utf-8"
    )
