"""Make the book of a paper from its record: all of it, or one sentence and nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.audit import audit
from analysis.paper import PaperError, load_paper
from analysis.printed import printable
from analysis.show.book import PAPER_VARIABLE
from workshop import ChapterFailed
from workshop.places import CACHE_VARIABLE, CACHES, PAPERS, ROOT

if TYPE_CHECKING:
    from analysis.findings import Ledger
    from analysis.paper import Paper
    from workshop.paper_book.plan import Plan


def make_paper_book(file: Path) -> Path:
    """Build the book of the record `file`; the folder of its pages is returned.

    Raises ChapterFailed with one sentence where the record cannot be used, and where a chapter
    fails; a book that was there before stays as it was.
    """
    from workshop.paper_book.plan import PlanError, plan

    file = Path(file).resolve()
    try:
        paper = load_paper(file)
        ledger = audit(paper)
        wanted = plan(paper, ledger)
    except PaperError as error:
        raise ChapterFailed(f"error: {printable(error)}") from None
    except PlanError as error:
        raise ChapterFailed(f"error: {printable(f'{file}: {error}')}") from None
    target = PAPERS / paper.paper.key
    work = PAPERS / f".{paper.paper.key}.making"
    with _alone(paper.paper.key):
        _make(paper, ledger, wanted, file, work, target)
    return target / "html"


@contextmanager
def _alone(key: str) -> Iterator[None]:
    """One run makes a book; a run that dies lets go by itself."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # Windows lets nobody rename or remove what another run has open
        yield
        return
    lock = CACHES.parent / f"book-of-{key}.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        try:
            flock(held, LOCK_EX | LOCK_NB)
        except OSError:
            raise ChapterFailed(
                f"error: another run is making the book of {key}, wait for it."
            ) from None
        yield


def _make(paper: Paper, ledger: Ledger, wanted: Plan, file: Path, work: Path, target: Path) -> None:
    from workshop.paper_book.write import write

    shutil.rmtree(work, ignore_errors=True)
    try:
        source = work / "source"
        write(source, wanted, paper, ledger)
        print(f"{paper.paper.label}: {len(wanted.pages)} chapters", flush=True)
        _build(source, work / "cache", file)
        html = source / "_build" / "html"
        (work / "book").mkdir()
        html.rename(work / "book" / "html")
        shutil.rmtree(target, ignore_errors=True)
        (work / "book").rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _build(source: Path, cache: Path, file: Path) -> None:
    # The kernels and Sphinx find the record and the cache in their environment.
    own = {PAPER_VARIABLE: str(file), CACHE_VARIABLE: str(cache)}
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        from workshop import chapters
        from workshop.execute import fill_cache

        fill_cache(wanted=chapters.notebooks(source))
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        done = subprocess.run(
            [Path(sys.executable).with_name("jupyter-book"), "build", "-q", "-W", "-n",
             "--keep-going", "."],
            cwd=source, env=os.environ | {"PYTHONPATH": path},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        if done.returncode:
            raise ChapterFailed(f"{done.stdout}\nThe pages cannot be made; the cause stands above.")
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
