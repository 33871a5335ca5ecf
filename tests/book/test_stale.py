"""No page outlives the code or the data it was computed from."""

import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CHAPTER = """\
# Probe

```{code-cell} ipython3
from pathlib import Path

import analysis.probe
```

```{code-cell} ipython3
print(analysis.probe.VALUE, Path("../data/probe.txt").read_text())
```
"""


def test_page_follows_a_helper_and_the_data(one_chapter) -> None:
    one_chapter.write_chapter(CHAPTER)
    one_chapter.write("analysis/probe.py", "VALUE = 'helper-before'\n")
    one_chapter.write("data/probe.txt", "data-before")
    first = one_chapter.build()
    assert first.returncode == 0, first.stdout
    assert "helper-before data-before" in one_chapter.page()

    again = one_chapter.build()
    assert "Nothing changed" in again.stdout

    one_chapter.write("analysis/probe.py", "VALUE = 'helper-after'\n")
    changed_helper = one_chapter.build()
    assert changed_helper.returncode == 0, changed_helper.stdout
    assert "helper-after data-before" in one_chapter.page()

    one_chapter.write("data/probe.txt", "data-after")
    jupyter_book = str(Path(sys.executable).with_name("jupyter-book"))
    # Jupyter Book alone, too: the extension points it at the right cache.
    plain = one_chapter.run(jupyter_book, "build", "-W", "-n", "--keep-going", ".")
    assert plain.returncode == 0, plain.stdout
    assert "helper-after data-after" in one_chapter.page()
