"""What a reader takes home: the files of the page, the same every time, and notebooks that run."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from analysis.cohort import MARK
from workshop import chapters, downloads
from workshop.places import LOCK, ROOT
from workshop.teaching.sheet import is_sheet

CHAPTERS = chapters.notebooks()
OFFERS = [offer for group in downloads.offers().values() for offer in group]


@pytest.fixture
def folder(site: Path) -> Path:
    return site / downloads.FOLDER


# --- the cell that says what is missing ---------------------------------------------------


@pytest.mark.parametrize("chapter", CHAPTERS, ids=chapters.name_of)
def test_the_offered_notebook_is_the_stored_one_after_one_cell(chapter: Path) -> None:
    stored = chapter.with_suffix(".ipynb").read_bytes()
    offered = downloads.offered(stored)
    assert downloads.as_stored(offered) == stored
    notebook = nbformat.reads(offered.decode(), as_version=4)
    nbformat.validate(notebook)
    assert len(notebook.cells) == len(json.loads(stored)["cells"]) + 1
    assert notebook.cells[0].metadata.tags == [downloads.TAG]


def test_a_sheet_is_offered_to_be_filled_in(site: Path) -> None:
    made = downloads.practice()
    assert set(made) == {chapters.name_of(c) for c in CHAPTERS if is_sheet(chapters.name_of(c))}
    for page, content in made.items():
        offered = (site / "_sources" / f"{downloads.to_fill_in(page)}.ipynb").read_bytes()
        assert downloads.as_stored(offered) == content
        nbformat.validate(nbformat.reads(offered.decode(), as_version=4))


def run_setup(address: str) -> str:
    """What the first cell says in IPython, where no library `analysis` is to be had."""
    source = "".join(downloads.setup_cell(address)["source"])
    program = (
        "import sys; sys.modules['analysis'] = None\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"InteractiveShell().run_cell({source!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("", downloads.FOLDER),
        ("https://example.org/re-read", "https://example.org/re-read/book/downloads.html"),
    ],
)
def test_without_the_library_it_says_one_sentence(address: str, place: str) -> None:
    said = run_setup(address)
    assert "Traceback" not in said
    assert "\n" not in said
    assert said.startswith("This notebook needs `analysis")
    for part in (place, downloads.wheel_name(), LOCK.name, "--require-hashes", "--no-deps"):
        assert part in said


# --- the files ------------------------------------------------------------------------------


def test_every_file_is_there_and_no_other(folder: Path) -> None:
    assert {f.name for f in folder.iterdir()} == {offer.name for offer in OFFERS}


def test_the_page_links_each_with_its_size(site: Path, folder: Path) -> None:
    page = site / f"{downloads.PAGE}.html"
    rows = BeautifulSoup(page.read_text("utf-8"), "html.parser").select("table.reread-downloads tr")
    told = {row.a.get_text(): row for row in rows if row.a}
    assert set(told) == {offer.name for offer in OFFERS}
    for name, row in told.items():
        assert (page.parent / row.a["href"]).resolve() == (folder / name).resolve()
        assert row.find_all("td")[2].get_text() == downloads.in_words(
            (folder / name).stat().st_size
        )
        assert row.find_all("td")[3].get_text()


def test_what_is_simulated_says_so_where_it_is_offered() -> None:
    marked = {offer.name for offer in OFFERS if "no patients" in offer.what}
    assert marked == {"cohorts.parquet", "witnesses.json"}
    assert any(MARK in offer.what for offer in OFFERS)


@pytest.mark.parametrize("format", ["csv", "json"])
def test_the_ledger_is_what_the_command_writes(folder: Path, tmp_path: Path, format: str) -> None:
    out = tmp_path / f"ledger.{format}"
    subprocess.run(
        [sys.executable, "-m", "analysis", "audit", "data/yu2023/paper.yaml",
         "--format", format, "--out", str(out)],
        cwd=ROOT, check=True, timeout=120,
    )  # fmt: skip
    assert (folder / out.name).read_bytes() == out.read_bytes()


def test_the_sums_are_right(folder: Path) -> None:
    lines = (folder / downloads.SUMS).read_text().splitlines()
    told = dict(reversed(line.split("  ")) for line in lines)
    assert set(told) == {offer.name for offer in OFFERS} - {downloads.SUMS}
    for name, digest in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_the_wheel_holds_the_library_and_its_data(folder: Path) -> None:
    wheel = zipfile.ZipFile(folder / downloads.wheel_name())
    brought = "analysis/shipped_files/"
    for file in sorted((ROOT / "data").rglob("*")):
        if file.is_file():
            assert wheel.read(f"{brought}{file.relative_to(ROOT).as_posix()}") == file.read_bytes()
    for file in sorted((ROOT / "analysis").rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            assert wheel.read(file.relative_to(ROOT).as_posix()) == file.read_bytes()
    assert not [n for n in wheel.namelist() if n.startswith(("workshop", "tests", "benchmarks"))]


def test_all_notebooks_are_in_one_file_with_all_that_they_read(folder: Path) -> None:
    archive = zipfile.ZipFile(folder / downloads.NOTEBOOKS)
    top = {name.partition("/")[0] for name in archive.namelist()}
    assert len(top) == 1
    names = {name.partition("/")[2] for name in archive.namelist()}
    assert {f"{downloads.alone(c)}.ipynb" for c in CHAPTERS} <= names
    assert len([n for n in names if n.startswith("practice_")]) == len(downloads.practice())
    assert {"README.txt", LOCK.name, "LICENSE", "LICENSE-text", "analysis/show/book.py"} <= names
    assert "data/yu2023/cohorts.parquet" in names


def test_zip_files_do_not_know_when_they_were_made() -> None:
    files = {"b/a.txt": b"two", "a.txt": b"one"}
    one = downloads.zipped(files)
    assert one == downloads.zipped(dict(reversed(files.items())))
    archive = zipfile.ZipFile(io.BytesIO(one))
    assert archive.namelist() == ["a.txt", "b/a.txt"]
    assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


@pytest.mark.parametrize(
    ("size", "words"),
    [(408, "408 bytes"), (1138, "1 kB"), (98763, "99 kB"), (999_600, "1.0 MB"), (1582448, "1.6 MB")],
)  # fmt: skip
def test_sizes_in_words(size: int, words: str) -> None:
    assert downloads.in_words(size) == words


def test_the_version_is_said_once() -> None:
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {downloads.version()}\n" in citation


# --- what the check would find -------------------------------------------------------------


def executed(*outputs: dict) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell("x", outputs=[nbformat.from_dict(o) for o in outputs])
    return nbformat.v4.new_notebook(cells=[cell])


def test_a_failing_or_different_notebook_would_be_found() -> None:
    shown = {"output_type": "stream", "name": "stdout", "text": "1"}
    other = shown | {"text": "2"}
    error = {"output_type": "error", "ename": "E", "evalue": "oh", "traceback": ["a", "b"]}
    assert downloads.differences(executed(shown), executed(shown)) == []
    assert downloads.differences(executed(other), executed(shown)) == [
        "cell 0 shows something else than in the book"
    ]
    assert downloads.differences(executed(error), executed(shown)) == ["cell 0 ends in E: oh"]


def test_where_a_kernel_cuts_what_it_prints_is_no_difference() -> None:
    one, two = ({"output_type": "stream", "name": "stdout", "text": text} for text in "12")
    both = one | {"text": "12"}
    last = {"output_type": "display_data", "data": {"text/plain": "2"}, "metadata": {}}
    assert downloads.differences(executed(one, two), executed(both)) == []
    assert downloads.differences(executed(one, last), executed(both)) != []
    assert downloads.differences(executed(one, two | {"name": "stderr"}), executed(both)) != []


def test_a_notebook_to_fill_in_that_is_not_ready_would_be_found() -> None:
    def said(text: str) -> nbformat.NotebookNode:
        notebook = executed({"output_type": "stream", "name": "stdout", "text": text})
        notebook.cells[0].source = "%%check a"
        return notebook

    error = {"output_type": "error", "ename": "E", "evalue": "oh", "traceback": ["a", "b"]}
    assert downloads.unready(said("Not answered yet: give `a` a value.\n")) == []
    assert downloads.unready(said("Right.\n")) == [
        "before anything is filled in, the checks of cell 0 say 'Right.\\n'"
    ]
    assert downloads.unready(executed(error)) == ["cell 0 ends in E: oh"]


# --- what is published ---------------------------------------------------------------------


def test_the_pdf_is_linked_where_it_stands_beside_the_pages(tmp_path: Path) -> None:
    html, target = tmp_path / "html", tmp_path / "site"
    (html / downloads.FOLDER).mkdir(parents=True)
    page = html / f"{downloads.PAGE}.html"
    page.parent.mkdir()
    begin, end = downloads.WHOLE_BOOK
    page.write_text(f"<p>a</p>{begin}<p>make pdf</p>{end}<p>b</p>", "utf-8")
    assert downloads.publish(html, target) == []
    assert (target / f"{downloads.PAGE}.html").read_text() == "<p>a</p><p>make pdf</p><p>b</p>"

    (tmp_path / "book.pdf").write_bytes(b"x" * 2000)
    downloads.publish(html, target)
    told = BeautifulSoup((target / f"{downloads.PAGE}.html").read_text(), "html.parser")
    link = told.select_one("li a")
    assert "make pdf" not in told.get_text()
    assert "2 kB" in told.get_text()
    assert (target / "book" / link["href"]).resolve().read_bytes() == b"x" * 2000
    assert page.read_text().count("make pdf") == 1


def test_the_page_has_the_place_for_them(site: Path) -> None:
    text = (site / f"{downloads.PAGE}.html").read_text("utf-8")
    assert [text.count(mark) for mark in downloads.WHOLE_BOOK] == [1, 1]
