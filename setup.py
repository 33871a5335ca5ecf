"""What pyproject.toml cannot say: the wheel brings the data along.

`data/` and the book's style sheets stand beside the library, not inside it; a wheel holds only
what is inside. So they are copied into `analysis/shipped_files/` of the wheel, where
`analysis.shipped` finds them. An editable install reads them where they are.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
SHIPPED = ("data/**/*", "book/_static/*.css", "book/_static/*.js")


class BuildWithData(build_py):
    """The modules as always, and the files of SHIPPED beside them."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "analysis", "shipped_files")
        files = [f for pattern in SHIPPED for f in sorted(ROOT.glob(pattern)) if f.is_file()]
        if not any(f.name == "paper.yaml" for f in files):
            raise FileNotFoundError("data/ is missing: the wheel would hold no paper.")
        for file in files:
            there = target / file.relative_to(ROOT)
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, there)


setup(cmdclass={"build_py": BuildWithData})
