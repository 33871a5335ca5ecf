"""The whole book as one file: complete, the same bytes each time, and it opens."""

import os
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser

from tests.site.browsers import listen, settle
from workshop.site_zip import FOLDER, pack

LIMIT = 15_000_000


@pytest.fixture(scope="module")
def packed(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack(site, tmp_path_factory.mktemp("zip") / "book.zip")


def test_the_zip_holds_the_whole_book(site: Path, packed: Path) -> None:
    files = {p.relative_to(site).as_posix(): p for p in site.rglob("*") if p.is_file()}
    with ZipFile(packed) as archive:
        assert archive.namelist() == sorted(f"{FOLDER}/{name}" for name in files)
        for name, path in files.items():
            assert archive.read(f"{FOLDER}/{name}") == path.read_bytes(), name


def test_the_zip_is_small(packed: Path) -> None:
    assert packed.stat().st_size < LIMIT


def test_the_zip_is_the_same_whenever_it_is_packed(tmp_path: Path) -> None:
    made = []
    for order in (("a", "b/c", "b/a"), ("b/a", "a", "b/c")):
        folder = tmp_path / f"{order[0].replace('/', '')}"
        for number, name in enumerate(order):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name, "utf-8")
            path.chmod(0o600 if number else 0o644)
            os.utime(path, (number * 1e8, number * 1e8))
        made.append(pack(folder, tmp_path / f"{len(made)}.zip").read_bytes())
    assert made[0] == made[1]


def test_nothing_is_left_half_packed(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.html").write_text("a", "utf-8")
    pack(tmp_path / "pages", tmp_path / "book.zip")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["book.zip", "pages"]


def test_it_opens_from_the_folder(browser: Browser, packed: Path, tmp_path: Path) -> None:
    with ZipFile(packed) as archive:
        archive.extractall(tmp_path / "my folder")
    context = browser.new_context(offline=True)
    page = context.new_page()
    faults = listen(page)
    front = tmp_path / "my folder" / FOLDER / "index.html"
    page.goto(front.as_uri())
    page.wait_for_url("**/book/index.html")
    settle(page)
    assert page.locator("article h1").is_visible()
    assert faults == []
    context.close()
