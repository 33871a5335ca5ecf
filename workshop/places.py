"""Where things are, and the fingerprints that decide what must be made again."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
HTML = ROOT / "_build" / "html"
SITE_ZIP = ROOT / "_build" / "four-tables-272-patients.zip"
STAMP = ROOT / "_build" / "made-from"
PAPERS = ROOT / "_papers"  # books of other papers: `make book` of this one leaves them alone
CACHES = ROOT / ".cache" / "notebooks"
CACHE_VARIABLE = "REREAD_NOTEBOOK_CACHE"
LOCK = ROOT / "requirements.lock"
TOC = ROOT / "_toc.yml"
CITATION = ROOT / "CITATION.cff"
EXECUTION_TIMES = BOOK / "_data" / "execution.json"
READING_LEVELS = BOOK / "_data" / "reading.json"

# What a chapter's code can reach. jupyter-cache itself looks at the notebook's code only.
NOTEBOOK_INPUTS = ("analysis", "data", "requirements.lock")
# What a page can be made of.
PAGE_INPUTS = (*NOTEBOOK_INPUTS, "book", "workshop", "_config.yml", "_toc.yml", "CITATION.cff")

_LEFT_BEHIND = {"__pycache__", ".ipynb_checkpoints", "_build"}


def files_in(names: Iterable[str], root: Path = ROOT) -> Iterator[Path]:
    """Every file under `names`, sorted, without what tools leave behind."""
    for name in names:
        path = root / name
        candidates = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in candidates:
            parts = set(file.relative_to(root).parts)
            if file.is_file() and not parts & _LEFT_BEHIND and file.suffix != ".pyc":
                yield file


def fingerprint(names: Iterable[str], root: Path = ROOT) -> str:
    """One hash of the names and bytes of all files under `names`."""
    total = hashlib.sha256(platform.python_version().encode())
    for file in files_in(names, root):
        # Names relative to the project: the same from any directory.
        total.update(file.relative_to(root).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:16]


def notebook_cache() -> Path:
    """The cache of executed notebooks that belongs to the code and data of this moment; the
    book of another paper names one of its own."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named)
    return CACHES / fingerprint(NOTEBOOK_INPUTS)


def site_is_current() -> bool:
    """Whether _build/html was made, without a fault, from exactly what is on disk now."""
    return (
        (HTML / "index.html").is_file()
        and STAMP.is_file()
        and STAMP.read_text() == fingerprint(PAGE_INPUTS)
    )
