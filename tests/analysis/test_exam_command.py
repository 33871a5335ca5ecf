"""``python -m analysis plant-errors``: what it writes, what it refuses, what it marks."""

from __future__ import annotations

import csv
import json

import pytest

from analysis import exam_command
from analysis.__main__ import main
from analysis.exam.draw import MARK
from analysis.paper import load_paper
from tests.analysis.ledgers import ROOT


def run(capsys, *arguments):
    code = main(["plant-errors", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def refused(result, *words):
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert all(str(word) in err for word in words), err
    return True


def contents(folder):
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}  # fmt: skip


@pytest.fixture(scope="module")
def exam(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exam") / "out"
    assert main(["plant-errors", "--seed", "7", "--count", "3", "--out", str(folder)]) == 0
    return folder


def test_the_files(exam):
    names = set(contents(exam))
    of_papers = {
        f"task/{name.format(i)}"
        for i in (1, 2, 3)
        for name in ("paper-{}.html", "paper-{}.md", "paper-{}.yaml", "numbers-{}.csv")
    }
    assert names == of_papers | {"task/answers.csv", "key/key.json", "key/key.html", "key/key.md"}
    assert not [f for f in exam.parent.iterdir() if f != exam]


def test_the_same_wish_gives_the_same_bytes(exam, tmp_path, capsys):
    (tmp_path / "again").mkdir()  # an empty folder will do
    code, out, _ = run(capsys, "--seed", 7, "--count", 3, "--out", tmp_path / "again")
    assert code == 0
    assert "not for the class" in out
    assert contents(tmp_path / "again") == contents(exam)


def test_the_mark_is_on_everything_a_class_gets(exam):
    for file in (exam / "task").glob("paper-*"):
        text = " ".join(file.read_text("utf-8").replace("\n#", "").split())
        assert text.count(MARK) >= 2, file.name
    for file in (exam / "task").glob("numbers-*.csv"):
        assert "(may be changed)" in file.read_text("utf-8").partition("\n")[0]
    for file in (exam / "task").glob("*.yaml"):
        about = load_paper(file).paper
        assert "may be changed" in about.label
        assert MARK in about.notice


def test_the_task_does_not_hold_the_key(exam):
    key = json.loads((exam / "key" / "key.json").read_text("utf-8"))
    for paper in key["papers"]:
        for form in ("html", "md", "yaml"):
            text = (exam / "task" / f"paper-{paper['paper']}.{form}").read_text("utf-8")
            for error in paper["errors"]:
                assert not [f for f in error["findings"] if f["by_hand"] in text]
            assert str(key["seed"]) not in text.partition("</style>")[2][:400]


def test_answers_are_marked(exam, tmp_path, capsys):
    key = json.loads((exam / "key" / "key.json").read_text("utf-8"))
    right = [
        (p["paper"], e["changed"][0]["numbers"][0]) for p in key["papers"] for e in p["errors"]
    ]
    with (tmp_path / "best.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("paper", "number"), *right])
    none = exam / "task" / "answers.csv"
    sheet = exam / "task" / "numbers-1.csv"
    code, out, err = run(
        capsys, "--mark", tmp_path / "best.csv", none, sheet, "--key", exam / "key" / "key.json"
    )
    assert (code, err) == (0, "")
    best, nothing, unmarked = out.rstrip().split("\n\n")
    most = sum(p["points"] for p in key["papers"])
    assert f"{most} of {most}" in best
    assert f"{len(right)} of {len(right)} errors found" in best
    assert f"0 of {len(right)} errors found" in nothing
    assert nothing.partition("\n")[2] == unmarked.partition("\n")[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("--out",)),
        (("--out", "{there}"), ("not empty",)),
        (("--out", "{file}"), ("no folder",)),
        (("--out", "{tmp}/no/such"), ("does not exist",)),
        (("--out", "{new}", "--errors", -1), ("--errors", "-1", "0 to 12")),
        (("--out", "{new}", "--errors", 99), ("--errors", "99")),
        (("--out", "{new}", "--count", 0), ("--count", "1 to 100")),
        (("--out", "{new}", "--seed", -3), ("--seed",)),
        (("--out", "{new}", "--level", "nasty"), ("nasty", "medium")),
        (("--out", "{new}", "--format", "pdf"), ("pdf", "markdown")),
        (("--out", "{new}", "--paper", "smith2020"), ("smith2020", "simulated", "wjh2026")),
        (("--out", "{new}", "--paper", "{tmp}/none.yaml"), ("no such file",)),
        (("--mark", "{file}"), ("--key",)),
        (("--key", "{file}"), ("--mark",)),
        (("--mark", "{file}", "--key", "{file}"), ("no JSON",)),
    ],
)
def test_bad_input_is_refused_in_one_sentence(arguments, words, tmp_path, capsys):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "x").touch()
    (tmp_path / "file.csv").write_text("x\n")
    names = {"tmp": tmp_path, "new": tmp_path / "new", "there": tmp_path / "there",
             "file": tmp_path / "file.csv"}  # fmt: skip
    told = [str(a).format(**names) for a in arguments]
    assert refused(run(capsys, *told), *words)
    assert sorted(f.name for f in tmp_path.iterdir()) == ["file.csv", "there"]


def test_nothing_half_written_when_the_disk_refuses(tmp_path, capsys, monkeypatch):
    from analysis import files

    def full(stream):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    result = run(capsys, "--seed", 7, "--errors", 0, "--out", tmp_path / "new")
    assert refused(result, "cannot be written", "No space left")
    assert not list(tmp_path.iterdir())


def test_shipped_papers_are_known_by_their_names():
    known = exam_command.shipped()
    assert {"yu2023", "gao2017"} <= known.keys()
    assert all(file.is_relative_to(ROOT) for file in known.values())


def test_one_form_only(tmp_path, capsys):
    for form, other in (("html", ".md"), ("markdown", ".html")):
        folder = tmp_path / form
        code, _, _ = run(capsys, "--errors", 0, "--format", form, "--out", folder)
        assert code == 0
        assert not [name for name in contents(folder) if name.endswith(other)]
