"""What a reader can take home: notebooks that run alone, the library with its data, the ledger.

All of it is made from the repository while the book is built, the same bytes every time.
`make check-downloads` does what a reader would do with it, in a fresh environment.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from workshop import ChapterFailed, chapters, slides
from workshop.places import BOOK, HTML, LOCK, ROOT

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from analysis.appraisal_form import Filled
    from analysis.findings import Ledger
    from analysis.paper import Paper

FOLDER = "_static/downloads"  # of the site
PAGE = "book/downloads"
NOTEBOOKS, DATA, CERTIFICATES = "notebooks.zip", "data.zip", "certificates.zip"
FORM_PAGE = "book/appraisal_form"
FORM, FILLED_FORM = "appraisal_form", "appraisal_form_filled"
LEDGER_CSV, LEDGER_JSON, SUMS = "ledger.csv", "ledger.json", "SHA256SUMS"
SETUP_CELL = "reread-setup"  # the id of the cell that a downloaded notebook begins with
TAG = "generated"
PRACTICE = "practice"

WHOLE_BOOK = ("<!-- whole book: begin -->", "<!-- whole book: end -->")
SITE = HTML.parent / "site"

CODE, TEXT = "MIT", "CC BY 4.0"
_WHEN = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say
_LIBRARY = ("analysis", "data", "pyproject.toml", "setup.py", "LICENSE", "LICENSE-text")
_LEFT_BEHIND = {"__pycache__", ".ipynb_checkpoints"}


@dataclass(frozen=True)
class Download:
    """One file that is offered: its name in the folder, what it is, and under which licence."""

    name: str
    what: str
    licence: str


def version() -> str:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def wheel_name() -> str:
    return f"reread-{version()}-py3-none-any.whl"


def install_lines() -> list[str]:
    """What pip is told, twice, before a single notebook runs anywhere."""
    return [f"--require-hashes -r {LOCK.name}", f"--no-deps {wheel_name()}"]


def offers() -> dict[str, list[Download]]:
    """Everything in the folder, by the part of the page that tells of it."""
    from analysis.cohort import MARK

    ours = f"{CODE} (code), {TEXT} (text)"
    return {
        "notebooks": [
            Download(NOTEBOOKS, "all notebooks, the library, the data and the lock", ours),
            Download(wheel_name(), "the library with its data, to install by pip", CODE),
            Download(LOCK.name, "the exact versions of all packages, with hashes", CODE),
        ],
        "ledger": [
            Download(LEDGER_CSV, "all findings, for a spreadsheet", TEXT),
            Download(LEDGER_JSON, "all findings with every value, for a program", TEXT),
        ],
        "data": [
            Download("paper.yaml", "the record: every number that the paper prints", TEXT),
            Download("paper.schema.json", "the form of a record, for editors", CODE),
            Download("cohorts.parquet", f"simulated cohorts: {MARK}", TEXT),
            Download("cohorts.json", "how the cohorts were simulated, and what they leave out", TEXT),
            Download(CERTIFICATES, "proofs, to be checked without a solver", TEXT),
            Download("witnesses.json", "whole patients behind some readings (made up: no patients)", TEXT),
            Download("coherence.json", "what was tried across the tables", TEXT),
            Download("references.bib", "the sources of the methods, as BibTeX", TEXT),
            Download(DATA, "the whole folder data/, with checklists, trials and other papers", TEXT),
        ],
        "form": [
            Download(f"{FORM}.html", "the form, to fill in on the screen or on paper", TEXT),
            Download(f"{FORM}.docx", "the same for a word processor", TEXT),
            Download(f"{FILLED_FORM}.html", "the form filled in for this paper", TEXT),
            Download(f"{FILLED_FORM}.docx", "the same for a word processor", TEXT),
        ],
        "slides": [
            Download(slides.file_name(plan), f"the slides of the plan {title!r}, with notes", TEXT)
            for plan, title in slides.plans().items()
        ],
        "sums": [Download(SUMS, "the SHA-256 sums of all these files", TEXT)],
    }  # fmt: skip


# --- a notebook that says what it needs -----------------------------------------------------

_SETUP = """\
# Written when the book was built; it does nothing where everything is there.
try:
    import analysis.show.book
    import myst_nb
except ImportError as error:
    class NotInstalled(Exception):
        def _render_traceback_(self):  # one sentence, no traceback
            return [str(self)]

    raise NotInstalled(
        f"This notebook needs `{{error.name}}`, which this Python does not have: "
        {how}
    ) from None
"""
_HOW = (
    "get {lock} and {wheel} from {place}, install them with `python -m pip install {first}` and "
    "`python -m pip install {second}`, and start this notebook again."
)


def setup_cell(address: str = "") -> dict[str, object]:
    """The first cell of a downloaded notebook: it tells in one sentence what is missing and how
    to get it; `address` is where the site is published, empty where nobody said."""
    place = (
        urljoin(address.rstrip("/") + "/", f"{PAGE}.html")
        if address
        else f"the folder {FOLDER} of the book (its page is {PAGE}.html)"
    )
    first, second = install_lines()
    sentence = _HOW.format(
        lock=LOCK.name, wheel=wheel_name(), place=place, first=first, second=second
    )
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": SETUP_CELL,
        "metadata": {"tags": [TAG]},
        "outputs": [],
        "source": _SETUP.format(how=_quoted(sentence)).rstrip("\n").splitlines(keepends=True),
    }


def _quoted(sentence: str) -> str:
    """The sentence as string literals, one a line."""
    lines, line = [], ""
    for word in sentence.split(" "):
        if line and len(line) + len(word) > 80:
            lines.append(line)
            line = ""
        line += f"{word} "
    return "\n        ".join(json.dumps(text) for text in [*lines, line.rstrip()])


def offered(notebook: bytes, address: str = "") -> bytes:
    """A notebook of the repository as it is offered: the same, after the cell above."""
    tree = json.loads(notebook)
    tree["cells"].insert(0, setup_cell(address))
    return (json.dumps(tree, ensure_ascii=False, indent=1) + "\n").encode()


def as_stored(downloaded: bytes) -> bytes:
    """The repository's notebook behind one that was offered."""
    tree = json.loads(downloaded)
    first = tree["cells"].pop(0)
    if first["id"] != SETUP_CELL:
        raise ValueError(f"the first cell is {first['id']}, not {SETUP_CELL}")
    return (json.dumps(tree, ensure_ascii=False, indent=1) + "\n").encode()


# --- the files ------------------------------------------------------------------------------


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip file with the same bytes whenever and wherever it is made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def _under(name: str) -> dict[str, bytes]:
    """The files of a folder of the repository (or the one file), by their names in it."""
    start = ROOT / name
    found = sorted(start.rglob("*")) if start.is_dir() else [start]
    return {
        file.relative_to(ROOT).as_posix(): file.read_bytes()
        for file in found
        if file.is_file() and not _LEFT_BEHIND & set(file.parts) and file.suffix != ".pyc"
    }


def library() -> dict[str, bytes]:
    """The library and what it reads, as they stand in the repository."""
    files = {key: content for name in _LIBRARY for key, content in _under(name).items()}
    static = [*(BOOK / "_static").glob("*.css"), *(BOOK / "_static").glob("*.js")]
    return files | {f.relative_to(ROOT).as_posix(): f.read_bytes() for f in sorted(static)}


def build_wheel() -> bytes:
    """The library with its data as a wheel.  It is built in a copy: setuptools leaves folders."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "source"), Path(folder, "out")
        for name, content in library().items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)
        out.mkdir()
        done = subprocess.run(
            [sys.executable, "-c",
             f"from setuptools.build_meta import build_wheel; build_wheel({str(out)!r})"],
            cwd=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=_plain_environment() | {"SOURCE_DATE_EPOCH": "315532800"},
        )  # fmt: skip
        if done.returncode:
            raise ChapterFailed(f"{done.stdout}\nThe wheel cannot be made; the cause stands above.")
        with zipfile.ZipFile(out / wheel_name()) as wheel:
            # The rights of the files differ from machine to machine; the content does not.
            return zipped({name: wheel.read(name) for name in wheel.namelist()})


_README = """\
The notebooks of "{title}", version {version}

These notebooks stand beside the library `analysis` and the folder `data`, which they read.
You need Python 3.11, 3.12 or 3.13. In this folder:

    python -m venv .venv
    .venv/bin/python -m pip install --require-hashes -r requirements.lock
    .venv/bin/python -m pip install jupyterlab
    .venv/bin/jupyter lab

(On Windows: .venv\\Scripts\\python and .venv\\Scripts\\jupyter.) The third line brings an editor; any
other that runs notebooks with this Python will do. The longest notebook takes about a minute.

exercises_NAME.ipynb holds the exercises of a chapter with their solutions; practice_NAME.ipynb is to
be filled in: it checks the answers, and keeps the solutions folded.

To run one notebook from another folder, install the library: see the page "Take it home".

Simulated patients carry the mark "simulated: no patients" in every row.

Licences: code MIT (LICENSE), text CC BY 4.0 (LICENSE-text). The paper is CC BY-NC-ND 4.0 and is not
part of this; its numbers are facts, recorded with their place.
"""


def alone(chapter: Path) -> str:
    """A chapter's name among all notebooks in one folder: ``table1``, ``exercises_table1``."""
    return chapters.name_of(chapter).removeprefix(f"{BOOK.name}/").replace("/", "_")


def beside_notebooks() -> dict[str, bytes]:
    """What notebooks need in their folder to run: the library and the data, not to be built."""
    builds = {"pyproject.toml", "setup.py"}
    return {name: content for name, content in library().items() if name not in builds}


@cache
def practice() -> dict[str, bytes]:
    """The notebook to fill in of each sheet of exercises, by the name of its page."""
    from workshop.teaching import editions, sheet

    return {
        chapters.name_of(found.file): editions.written(editions.practice_notebook(found))
        for found in sheet.sheets()
    }


def notebooks_zip(address: str = "") -> bytes:
    """All notebooks beside the library and the data: unpacked, they run."""
    top = f"reread-notebooks-{version()}"
    files = beside_notebooks()
    for chapter in chapters.notebooks():
        file = chapter.with_suffix(".ipynb")
        files[f"{alone(chapter)}.ipynb"] = offered(file.read_bytes(), address)
    files |= {
        f"{PRACTICE}_{name.rpartition('/')[2]}.ipynb": offered(content, address)
        for name, content in practice().items()
    }
    files[LOCK.name] = LOCK.read_bytes()
    title = chapters.pages()[0].read_text("utf-8").partition("\n# ")[2].partition("\n")[0]
    files["README.txt"] = _README.format(title=title, version=version()).encode()
    return zipped({f"{top}/{name}": content for name, content in files.items()})


@cache
def _audited() -> tuple[Paper, Ledger]:
    from analysis.audit import audit
    from analysis.paper import load_paper
    from analysis.show.book import paper_file

    paper = load_paper(paper_file())
    return paper, audit(paper)


def filled_form() -> Filled:
    """The form of an appraisal with its answers for the paper of this book."""
    from analysis.appraisal_form import fill, load_form

    return fill(load_form(), *_audited())


def forms() -> dict[str, bytes]:
    """The form of an appraisal, empty and filled in, as `python -m analysis form` writes it.

    Raises :class:`ChapterFailed` without python-docx.
    """
    from analysis.show import appraisal_form as show
    from analysis.show.appraisal_docx import NoDocxError, to_docx

    filled = filled_form()
    try:
        return {
            f"{FORM}.html": show.blank_page(filled.form).encode(),
            f"{FORM}.docx": to_docx(filled.form),
            f"{FILLED_FORM}.html": show.filled_page(filled).encode(),
            f"{FILLED_FORM}.docx": to_docx(filled.form, filled),
        }
    except NoDocxError as error:
        raise ChapterFailed(str(error)) from None


def ledgers() -> dict[str, bytes]:
    """The ledger as `python -m analysis audit` writes it."""
    from analysis.show.export import to_csv, to_json

    paper, ledger = _audited()
    return {
        LEDGER_CSV: to_csv(ledger).encode(),
        LEDGER_JSON: to_json(ledger, paper).encode(),
    }


def all_files(address: str = "") -> dict[str, bytes]:
    """Every file of :func:`offers`, by its name."""
    from analysis.show.book import paper_file

    data, own = _under("data"), paper_file().parent
    files = {
        NOTEBOOKS: notebooks_zip(address),
        wheel_name(): build_wheel(),
        LOCK.name: LOCK.read_bytes(),
        DATA: zipped(data),
        CERTIFICATES: zipped(
            {f"certificates/{f.name}": f.read_bytes() for f in (own / "certificates").iterdir()}
        ),
    }
    files |= ledgers() | forms()
    files |= {name: text.encode() for name, text in slides.decks().items()}
    for name in (
        "paper.yaml",
        "cohorts.parquet",
        "cohorts.json",
        "witnesses.json",
        "coherence.json",
    ):
        files[name] = (own / name).read_bytes()
    for name in ("paper.schema.json", "references.bib"):
        files[name] = (own.parent / name).read_bytes()
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return files | {SUMS: "".join(sums).encode()}


def write(folder: Path, address: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in all_files(address).items():
        (folder / name).write_bytes(content)


def in_words(size: int) -> str:
    """``850 bytes``, ``12 kB``, ``1.2 MB``."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:.0f} kB" if size < 999_500 else f"{size / 1e6:.1f} MB"


# --- to be published ------------------------------------------------------------------------


def publish(html: Path = HTML, target: Path = SITE) -> list[Path]:
    """A copy of the built pages, with the PDF and the zip file of the book where they stand beside
    them, and links to these on the page that tells what there is to take home."""
    beside = sorted([*html.parent.glob("*.pdf"), *html.parent.glob("*.zip")])
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(html, target)
    for file in beside:
        shutil.copyfile(file, target / FOLDER / file.name)
    forms = [file for file in beside if file.stem in (FORM, FILLED_FORM)]
    _link(target, PAGE, [file for file in beside if file not in forms])
    _link(target, FORM_PAGE, forms)
    return beside


_WHAT = {
    f"{FORM}.pdf": "the form, to print",
    f"{FILLED_FORM}.pdf": "the form filled in for this paper",
}


def _link(site: Path, name: str, files: list[Path]) -> None:
    """Links to `files` in the place that a page of the site keeps for them."""
    page = site / f"{name}.html"
    if not page.is_file():
        return
    begin, end = WHOLE_BOOK
    before, _, rest = page.read_text("utf-8").partition(begin)
    told, _, after = rest.partition(end)
    if rows := [_row_of(file) for file in files]:
        told = f"<ul>{''.join(rows)}</ul>"
    page.write_text(f"{before}{told}{after}", "utf-8")


def _row_of(file: Path) -> str:
    what = _WHAT.get(file.name) or (
        "all pages, to print or to read" if file.suffix == ".pdf" else "the site as a folder"
    )
    licence = TEXT if file.name in _WHAT else f"{CODE} (code), {TEXT} (text)"
    return (
        f'<li><a href="../{FOLDER}/{file.name}">{file.name}</a>: {what}, '
        f"{in_words(file.stat().st_size)}, {licence}</li>"
    )


# --- as a reader would do it ----------------------------------------------------------------

AT_A_TIME = 2

# Run by the fresh Python: one notebook, alone in its folder; what went wrong stands in it.
_RUN = """\
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
client = NotebookClient(notebook, timeout=600, kernel_name="python3", record_timing=False,
                        extra_arguments=["--log-level=ERROR"])
try:
    client.execute()
except Exception:
    pass
nbformat.write(notebook, "executed.ipynb")
"""


def _plain_environment(home: Path | None = None) -> dict[str, str]:
    """The environment without what leads back to this repository."""
    ours = ("PYTHON", "JUPYTER", "IPYTHON", "REREAD", "VIRTUAL_ENV", "PYTEST", "COV_")
    plain = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return plain | ({"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")} if home else {})


def check(site: Path = HTML, only: Collection[str] = ()) -> list[str]:
    """Install what the site offers into a fresh environment and run every notebook that it
    offers (or `only` those chapters), each alone in an empty folder; what does not go as it
    should is returned."""
    import nbformat

    offered_there = site / FOLDER
    pages = {alone(c): chapters.name_of(c) for c in chapters.notebooks()}
    pages |= {f"{PRACTICE}_{page.rpartition('/')[2]}": to_fill_in(page) for page in practice()}
    notebooks = {name: site / "_sources" / f"{page}.ipynb"
                 for name, page in pages.items() if not only or name in only}  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = _fresh_python(folder, offered_there / LOCK.name)
        first = next(iter(notebooks))
        faults = _missing_is_told(_run_alone(python, folder / "without", notebooks[first]))
        _install(python, "--no-deps", str(offered_there / wheel_name()))

        def run(chapter: str) -> list[str]:
            executed = _run_alone(python, folder / chapter, notebooks[chapter])
            stored = nbformat.read(notebooks[chapter], as_version=4)
            if chapter.startswith(PRACTICE):
                return [f"{chapter}: {fault}" for fault in unready(executed)]
            return [f"{chapter}: {fault}" for fault in differences(executed, stored)]

        with ThreadPoolExecutor(AT_A_TIME) as pool:
            for chapter, found in zip(notebooks, pool.map(run, notebooks), strict=True):
                print(f"  {chapter}: {'; '.join(found) or 'runs alone'}", flush=True)
                faults += found
    return faults


def _fresh_python(folder: Path, lock: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    _install(python, "--require-hashes", "-r", str(lock))
    return python


def _install(python: Path, *what: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    tool = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    if not uv.is_file():
        tool = [str(python), "-m", "pip", "install", "--quiet"]
    # the user's own settings of these tools name the mirror in use
    subprocess.run([*tool, *what], check=True, env=_plain_environment())


def _run_alone(python: Path, folder: Path, notebook: Path) -> NotebookNode:
    import nbformat

    folder.mkdir()
    (folder / notebook.name).write_bytes(notebook.read_bytes())
    subprocess.run(
        [str(python), "-c", _RUN, notebook.name], cwd=folder, check=True,
        env=_plain_environment(folder.parent),
    )  # fmt: skip
    return nbformat.read(folder / "executed.ipynb", as_version=4)


def to_fill_in(page: str) -> str:
    """The notebook to fill in among the sources of the site, for the page of a sheet."""
    return f"{page}_{PRACTICE}"


def _missing_is_told(notebook: NotebookNode) -> list[str]:
    """Faults of a notebook that was run without the library: one sentence, and no traceback."""
    outputs = notebook.cells[0].outputs
    lines = [line for output in outputs for line in output.get("traceback", [])]
    told = len(outputs) == len(lines) == 1 and wheel_name() in lines[0] and "\n" not in lines[0]
    return [] if told else [f"without the library the first cell says {outputs}"]


def differences(executed: NotebookNode, stored: NotebookNode) -> list[str]:
    """Where an executed notebook fails, or shows something else than the stored one."""
    faults = []
    for number, (ours, theirs) in enumerate(zip(executed.cells, stored.cells, strict=True)):
        if ours.cell_type != "code":
            continue
        for output in ours.outputs:
            if output.output_type == "error":
                return [f"cell {number} ends in {output.ename}: {output.evalue}"]
        if shown(ours.outputs) != shown(theirs.outputs):
            faults.append(f"cell {number} shows something else than in the book")
    return faults


def unready(executed: NotebookNode) -> list[str]:
    """Where a notebook that nobody has filled in fails, or a check says anything else than that."""
    faults = []
    for number, cell in enumerate(executed.cells):
        if cell.cell_type != "code":
            continue
        if errors := [o for o in cell.outputs if o.output_type == "error"]:
            return [f"cell {number} ends in {errors[0].ename}: {errors[0].evalue}"]
        said = "".join(o.get("text", "") for o in cell.outputs)
        if cell.source.startswith("%%check") and not said.startswith("Not answered yet: "):
            faults.append(f"before anything is filled in, the checks of cell {number} say {said!r}")
    return faults


def shown(outputs: list[NotebookNode]) -> list[tuple[str, object]]:
    """What each stream prints, and the data of the rest; a kernel may cut a print in two."""
    found: list[tuple[str, object]] = []
    for output in outputs:
        stream = output.get("name", "")
        if stream and found and found[-1][0] == stream:
            found[-1] = (stream, found[-1][1] + output.text)
        else:
            found.append((stream, output.text if stream else output.get("data")))
    return found


def main() -> None:
    if sys.argv[1:] == ["publish"]:
        names = ", ".join(file.name for file in publish()) or "no PDF, no zip file"
        print(f"To be published: {SITE.relative_to(ROOT)} ({names})")
        return
    if faults := check():
        sys.exit("\n".join(faults))
    print(
        "Every downloaded notebook runs alone and shows what the book shows, or waits for answers."
    )


if __name__ == "__main__":
    main()
