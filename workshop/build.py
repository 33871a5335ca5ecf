"""Make the book: execute what changed, then let Jupyter Book write the pages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from workshop.places import HTML, PAGE_INPUTS, ROOT, STAMP, fingerprint, site_is_current


def make_book() -> None:
    if site_is_current():
        print(f"Nothing changed: {HTML.relative_to(ROOT)}/index.html is up to date")
        return
    from workshop.execute import fill_cache  # late: it imports all of Jupyter

    made_from = fingerprint(PAGE_INPUTS)
    # Sphinx repeats no warning of a page it does not read again, and leaves deleted pages
    # behind: a second build could pass where the first one failed. So every build is whole.
    shutil.rmtree(HTML.parent, ignore_errors=True)
    fill_cache()
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    subprocess.run(
        [jupyter_book, "build", "-q", "-W", "-n", "--keep-going", "."],
        cwd=ROOT,
        check=True,
    )
    # Sphinx's own note of its settings, absolute paths among them: of no use, each build is whole
    (HTML / ".buildinfo").unlink(missing_ok=True)
    STAMP.write_text(made_from)
    print(f"The book is at {HTML.relative_to(ROOT)}/index.html")
