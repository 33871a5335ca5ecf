"""A small sheet that needs no library, so that its notebooks run at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.book.conftest import FRONT_MATTER
from workshop import chapters
from workshop.teaching import sheet as sheets


@cache
def all_sheets() -> list[sheets.Sheet]:
    """Every sheet of the book, read once for all files of tests."""
    return sheets.sheets()


SMALL = """\
# Exercises: a made-up table

A group of patients, and a calculator.

```{code-cell} ipython3
patients = 40
```

## 1. A share

*By hand · 5 minutes · easy · 3 points*

Ten of the forty patients had an event. Which share is that?

:::{dropdown} Hint
Divide.
:::

```{code-cell} ipython3
:tags: [exercise]

share = ...  # between zero and one
```

```{code-cell} ipython3
:tags: [solution]

secret_events = 10
share = secret_events / patients
```

```{code-cell} ipython3
:tags: [check]

assert abs(share - 0.25) < 1e-9, "share: divide the events by the patients."
```

:::{dropdown} Solution
One patient in four had an event.
:::

:::{marking}
- 2 points by the checks: the share itself
- 1 point: says of how many patients it is
:::

## 2. A function

*Code · 10 minutes · medium · 4 points*

Write the odds that belong to a share.

:::{dropdown} Hint
With the event, over without.
:::

```{code-cell} ipython3
:tags: [exercise]

def odds(share):
    \"\"\"The odds of a share.\"\"\"
    raise NotImplementedError
```

```{code-cell} ipython3
:tags: [solution]

def odds(share):
    return share / (1.0 - share)
```

```{code-cell} ipython3
:tags: [check]

assert abs(odds(0.5) - 1) < 1e-9, "odds: half of all patients have even odds."
```

```{code-cell} ipython3
:tags: [check]

assert abs(odds(0.2) - 0.25) < 1e-9, "odds: divide by those without the event, not by all."
```

```{code-cell} ipython3
:tags: [check, more]

assert odds(0) == 0, "odds: without an event they are none."
```

:::{marking}
- 1 point by the checks: even odds
- 3 points by the checks: other odds
:::

## 3. A sentence

*Reading · 5 minutes · easy · 2 points*

May one say that the odds are the risk?

:::{dropdown} Hint
Try a share of one half.
:::

:::{dropdown} Solution
Only where the event is rare are the two nearly one.
:::

:::{marking}
- 2 points: says that rare events make them alike
:::
"""


def write_sheet(folder: Path, text: str = SMALL, name: str = "small") -> Path:
    """A sheet with its notebook, in a book of its own."""
    (folder / "_toc.yml").write_text("format: jb-book\nroot: small\n")
    file = folder / f"{name}.md"
    file.write_text(FRONT_MATTER + text)
    chapters.write_pair(chapters.as_paired(file), file)
    return file


@pytest.fixture
def small(tmp_path: Path) -> sheets.Sheet:
    folder = tmp_path / "sheet"
    folder.mkdir()
    return sheets.read(write_sheet(folder))
