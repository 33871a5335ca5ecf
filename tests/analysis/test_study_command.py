"""``python -m analysis cohort``, in processes of its own and within this one."""

import csv
import io
import re
import stat
from pathlib import Path

import pytest

from analysis import files
from analysis.__main__ import main
from tests.analysis.ledgers import PAPER
from tests.analysis.studies import BASIC, HEAD, rows, write


@pytest.fixture
def study(tmp_path):
    return write(tmp_path, rows())


def run(capsys, *arguments):
    code = main(["cohort", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def refused(result, *words):
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    for word in words:
        assert str(word) in err
    return True


def test_the_example_runs_as_it_stands(tmp_path, capsys):
    folder = tmp_path / "mine"
    code, out, _ = run(capsys, "--example", folder)
    assert code == 0
    assert "simulated: no patients" in out
    page, tables = tmp_path / "report.html", tmp_path / "tables"
    code, out, err = run(
        capsys, folder / "patients.csv", "--config", folder / "study.toml",
        "--html", page, "--csv", tables,
    )  # fmt: skip
    assert (code, err) == (0, "")
    for words in ("simulated: no patients", "Cox models", "Decision curve", "Warnings"):
        assert words in out
    assert "\x1b" not in out
    html = page.read_text("utf-8")
    # no address of any host but the names of formats
    assert set(re.findall(r"https?://[^\s\"'<)]+", html)) <= {"http://www.w3.org/2000/svg"}
    assert html.count('role="img"') == 5
    assert "simulated: no patients" in html
    # every drawing has words that hold numbers
    for words in re.findall(r"<desc id=[^>]*>([^<]*)", html):
        assert re.search(r"\d", words)
    # both files of the example stay as they were, and nothing else is there
    assert refused(run(capsys, "--example", folder), "nothing was written")
    assert {f.name for f in tmp_path.iterdir()} == {"mine", "report.html", "tables"}
    text = (tables / "logistic.csv").read_text("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert {line["patients"] for line in lines} == {"simulated: no patients"}
    assert float(lines[0]["Odds ratio"]) > 1


def test_what_a_cell_says_is_text_in_every_output(tmp_path, capsys):
    evil = '<img src=x onerror="alert(1)">'
    config = BASIC.replace('label = "Male"', f"label = '{evil}'").replace(
        'label = "Quotient"', "label = '=HYPERLINK(\"x\")'"
    )
    table = rows()
    patients, study = write(tmp_path, table, config)
    page, tables = tmp_path / "r.html", tmp_path / "t"
    code, _, err = run(capsys, patients, "--config", study, "--html", page, "--csv", tables)
    assert (code, err) == (0, "")
    html = page.read_text("utf-8")
    assert "<img" not in html
    assert "&lt;img src=x" in html
    for file in tables.iterdir():
        for line in csv.reader(io.StringIO(file.read_text("utf-8-sig"))):
            for cell in line:
                assert not re.match(r"[=+@\t\r]|-(?![\d.])", cell), (file.name, cell)


def test_bad_input_is_one_sentence_and_nothing_is_written(study, tmp_path, capsys):
    patients, config = study
    table = rows()
    table[4][2] = "high"
    bad, _ = write(tmp_path, table, name="bad.csv")
    page, tables = tmp_path / "r.html", tmp_path / "t"
    out = ("--html", page, "--csv", tables)
    assert refused(run(capsys, bad, "--config", config, *out), "row 6", "high")
    assert refused(run(capsys, patients, "--config", tmp_path / "none.toml", *out), "no such file")
    assert refused(
        run(capsys, patients, "--config", config, "--against", tmp_path / "p.yaml", *out), "p.yaml"
    )
    assert refused(run(capsys, patients), "--config")
    assert refused(run(capsys), "--example")
    assert refused(run(capsys, patients, "--config", config, "--fail"), "--against")
    assert refused(run(capsys, patients, "--config", config, "--html", patients), "input")
    assert refused(run(capsys, patients, "--config", config, "--html", tmp_path), "folder")
    assert refused(run(capsys, patients, "--config", config, "--csv", config), "folder")
    assert refused(run(capsys, patients, "--config", config, "--csv", tmp_path), "own")
    assert refused(
        run(capsys, patients, "--config", config, "--html", tmp_path / "a" / "r.html"), "not exist"
    )
    assert not page.exists()
    assert not tables.exists()


def test_other_files_of_the_folder_stay(study, tmp_path, capsys):
    patients, config = study
    tables = tmp_path / "t"
    tables.mkdir()
    (tables / "own.txt").write_text("mine")
    assert run(capsys, patients, "--config", config, "--csv", tables)[0] == 0
    assert (tables / "own.txt").read_text() == "mine"
    assert (tables / "table1.csv").stat().st_mode & stat.S_IRUSR
    assert not [f for f in tables.iterdir() if f.name.startswith(".")]


def test_against_a_paper(study, tmp_path, capsys):
    patients, config = study
    code, out, _ = run(capsys, patients, "--config", config, "--against", PAPER)
    assert code == 0
    assert "printed and recomputed" in out
    code, _, _ = run(capsys, patients, "--config", config, "--against", PAPER, "--fail")
    assert code == 1  # the sizes of the groups are others


def test_simulated_patients_are_never_shown_without_their_mark(tmp_path, capsys):
    table = [[*r, "true"] for r in rows()]
    patients, config = write(tmp_path, table, head=(*HEAD, "simulated"))
    page, tables = tmp_path / "r.html", tmp_path / "t"
    code, out, _ = run(capsys, patients, "--config", config, "--html", page, "--csv", tables)
    assert code == 0
    assert "simulated: no patients" in out.splitlines()[0]
    html = page.read_text("utf-8")
    captions = re.findall(r"<caption>(.*?)</caption>|<figcaption><p>(.*?)</p>", html, re.DOTALL)
    assert len(captions) > 8
    assert all("simulated: no patients" in a + b for a, b in captions)
    for file in tables.iterdir():
        lines = list(csv.reader(io.StringIO(file.read_text("utf-8-sig"))))[1:]
        assert all(line[-1] == "simulated: no patients" for line in lines)


def test_a_link_in_a_folder_leads_nowhere(study, tmp_path, capsys):
    file, config = study
    other = tmp_path / "other.txt"
    other.write_text("mine")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/roc.csv").symlink_to(other)
    arguments = (file, "--config", config, "--csv", tmp_path / "tables")
    assert refused(run(capsys, *arguments), "roc.csv", "link")
    (tmp_path / "example").mkdir()
    (tmp_path / "example/patients.csv").symlink_to(tmp_path / "gone.csv")
    assert refused(run(capsys, "--example", tmp_path / "example"), "nothing was written")
    assert other.read_text() == "mine"
    assert not (tmp_path / "gone.csv").exists()
    assert [f.name for f in (tmp_path / "tables").iterdir()] == ["roc.csv"]
    assert [f.name for f in (tmp_path / "example").iterdir()] == ["patients.csv"]


def test_a_page_is_none_of_the_tables(study, tmp_path, capsys):
    file, config = study
    (tmp_path / "tables").mkdir()
    told = run(
        capsys, file, "--config", config, "--csv", tmp_path / "tables",
        "--html", tmp_path / "tables/roc.csv",
    )  # fmt: skip
    assert refused(told, "roc.csv", ".html")
    assert not list((tmp_path / "tables").iterdir())


def test_a_folder_that_cannot_be_made_is_one_sentence(study, tmp_path, capsys, monkeypatch):
    file, config = study

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    told = run(capsys, file, "--config", config, "--csv", tmp_path / "tables")
    assert refused(told, "tables", "No space left on device")


@pytest.fixture
def full_after_one(monkeypatch):
    """A disk that takes one file; what it took."""
    fill, written = files._fill, []

    def full(beside, target, data):
        if written:
            raise OSError(28, "No space left on device")
        written.append(target)
        fill(beside, target, data)

    monkeypatch.setattr(files, "_fill", full)
    return written


def test_the_example_is_written_whole_or_not_at_all(tmp_path, capsys, full_after_one):
    assert refused(run(capsys, "--example", tmp_path / "mine"), "No space left on device")
    assert full_after_one
    assert not list(tmp_path.iterdir())


def test_all_outputs_are_written_or_none(study, tmp_path, capsys, full_after_one):
    file, config = study
    page, tables = tmp_path / "report.html", tmp_path / "tables"
    page.write_text("the old page")
    before = {f.name for f in tmp_path.iterdir()}
    told = run(capsys, file, "--config", config, "--csv", tables, "--html", page)
    assert refused(told, tables, "No space left on device")
    assert len(full_after_one) == 1
    assert page.read_text() == "the old page"
    assert {f.name for f in tmp_path.iterdir()} == before


def test_the_name_of_a_file_is_not_obeyed_by_a_terminal(tmp_path, capsys):
    file, config = write(tmp_path, rows(), name="\x1b[31m\n.csv")
    code, out, err = run(capsys, file, "--config", config)
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert "patients of \\x1b[31m\\n.csv" in out
    assert refused(run(capsys, tmp_path / "\x1b[2J\n.csv", "--config", config), r"\x1b[2J\n.csv")
