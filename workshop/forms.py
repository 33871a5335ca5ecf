"""Print the form of an appraisal, empty and filled in, to `_build`: `python -m workshop.forms`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from analysis.files import write_all
from analysis.record import RecordError
from workshop import ChapterFailed, browser
from workshop.downloads import FILLED_FORM, FORM, filled_form, in_words
from workshop.pdf import chromium, without_clock
from workshop.places import HTML, ROOT


def make_forms(folder: Path = HTML.parent) -> list[Path]:
    """Both forms as PDF files in `folder`; the same bytes every time from the same Chromium.

    Raises :class:`ChapterFailed` without one.
    """
    from analysis.show import appraisal_form as show

    program = chromium()
    filled = filled_form()
    texts = {FORM: show.blank_page(filled.form), FILLED_FORM: show.filled_page(filled)}
    files = {folder / f"{name}.pdf": printed(program, text) for name, text in texts.items()}
    folder.mkdir(parents=True, exist_ok=True)
    write_all(files)
    return list(files)


def printed(program: str, text: str) -> bytes:
    """A page that stands alone as a PDF: A4, light, every fold open."""
    with tempfile.TemporaryDirectory() as folder, browser.started(program) as started:
        page = started.new_context(
            java_script_enabled=False, offline=True, color_scheme="light"
        ).new_page()
        file = Path(folder, "form.html")
        file.write_text(text, "utf-8")
        page.goto(file.as_uri(), wait_until="load")
        margin = dict.fromkeys(("top", "right", "bottom", "left"), "16mm")
        content = page.pdf(format="A4", margin=margin, tagged=True, outline=True)
    return without_clock(content)


def main() -> None:
    try:
        files = make_forms()
    except (ChapterFailed, RecordError) as failure:
        sys.exit(str(failure))
    for file in files:
        print(f"{file.relative_to(ROOT)}, {in_words(file.stat().st_size)}")


if __name__ == "__main__":
    main()
