"""`python -m workshop.slides`: the slides of every class plan into `_build/slides`."""

from __future__ import annotations

import sys

from analysis.files import write_all
from workshop import slides
from workshop.course import CourseError
from workshop.places import ROOT
from workshop.slides.source import NotThere


def main() -> None:
    try:
        files = {slides.OUT / name: text for name, text in slides.decks().items()}
        slides.OUT.mkdir(parents=True, exist_ok=True)
        write_all(files)
    except (CourseError, NotThere, ValueError, OSError) as error:
        sys.exit(f"The slides were not made: {error}")
    for file in files:
        print(f"The slides are in {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
