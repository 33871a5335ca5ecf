"""What must never be published stops the build, and the message says where."""

import pytest

pytestmark = pytest.mark.slow


def line_of(project, text: str) -> int:
    lines = (project.root / "book/index.md").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_failing_cell(one_chapter) -> None:
    one_chapter.write_chapter(
        "# Probe\n\n```{code-cell} ipython3\n1 + 1\n```\n\n"
        "```{code-cell} ipython3\nraise ValueError('no such patient')\n```\n"
    )
    result = one_chapter.build()
    assert result.returncode != 0
    line = line_of(one_chapter, "raise ValueError")
    assert f"book/index.md:{line}: code cell 2 fails" in result.stdout
    assert "ValueError: no such patient" in result.stdout
    assert not (one_chapter.root / "_build/html/index.html").exists()


def test_cell_that_warns(one_chapter) -> None:
    one_chapter.write_chapter(
        "# Probe\n\n```{code-cell} ipython3\nimport warnings\nwarnings.warn('old')\n```\n"
    )
    result = one_chapter.build()
    assert result.returncode != 0
    assert "code cell 1 writes to stderr" in result.stdout


FAULTS = {
    "{glue:text}`no_text`": "No key 'no_text' found",
    "{numref}`no-target`": "no-target",
    "{cite}`nobody1900`": "nobody1900",
    "$\\nosuchcommand{x}$": "unknown command \\nosuchcommand",
    "$\\begin{nosuch}x\\end{nosuch}$": "unknown environment nosuch",
    "[nowhere](#no-anchor)": "no-anchor",
    "```{computed-table} no_table": "No key 'no_table' found",
    "```{glue:figure} no_figure": "No key 'no_figure' found",
    "```{computed-table} nameless": "needs a :name:",
    "```{computed-table} not_html": "has no HTML",
}

FAULTY = """\
# Probe

```{code-cell} ipython3
from myst_nb import glue
from IPython.display import HTML
```

```{code-cell} ipython3
glue("nameless", HTML("<table></table>"), display=False)
glue("not_html", 1, display=False)
```

"""


def test_faults_are_all_reported_with_file_and_line(one_chapter) -> None:
    paragraphs = [
        f"{fault}\n:name: a-{n}\n\nCaption\n```" if "no_" in fault and "```" in fault else fault
        for n, fault in enumerate(FAULTS)
    ]
    paragraphs = [
        f"{p}\n\nCaption\n```" if p.startswith("```") and ":name:" not in p else p
        for p in paragraphs
    ]
    one_chapter.write_chapter(FAULTY + "\n\n".join(paragraphs) + "\n")
    result = one_chapter.build()
    assert result.returncode != 0
    messages = [line for line in result.stdout.splitlines() if "WARNING" in line]
    for fault, message in FAULTS.items():
        line = line_of(one_chapter, fault)
        assert any(message in m and f"index.md:{line}:" in m for m in messages), (
            f"no message {message!r} for line {line} in:\n" + "\n".join(messages)
        )
