"""The whole book as one file: the same bytes from the same pages, whoever packs them and when."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from workshop import ChapterFailed
from workshop.places import HTML, ROOT, SITE_ZIP, site_is_current

FOLDER = SITE_ZIP.stem  # unpacked, the book lies in a folder of its own
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold
_MODE = 0o644


def pack(html: Path, target: Path) -> Path:
    """Write every file of `html` into `target`, in the order of their names."""
    partial = target.with_suffix(".partial")
    with ZipFile(partial, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(p for p in html.rglob("*") if p.is_file()):
            entry = ZipInfo(f"{FOLDER}/{path.relative_to(html).as_posix()}", _TIME)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 3  # as on Unix, on Windows too
            entry.external_attr = _MODE << 16
            archive.writestr(entry, path.read_bytes())
    partial.replace(target)
    return target


def zip_site() -> None:
    if not site_is_current():
        raise ChapterFailed("The pages are not those of the sources: run `make book` first.")
    pack(HTML, SITE_ZIP)
    size = SITE_ZIP.stat().st_size / 1e6
    print(
        f"The book is in {SITE_ZIP.relative_to(ROOT)} ({size:.1f} MB): unpack it, open index.html"
    )
