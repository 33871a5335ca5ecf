"""An exercise opens the papers that it names, and says in one line what its checks found."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from analysis.shipped import DATA
from analysis.show.book import chapter
from analysis.show.exercise import empty, fault, not_answered, papers


def test_the_books_paper_comes_first_then_those_that_are_named():
    here, second, third = papers("table1", "wjgs2025", "wjh2026")
    assert here.paper is chapter("table1").paper
    for found, folder in ((second, "wjgs2025"), (third, "wjh2026")):
        known = chapter("table1", DATA / "examples" / folder / "paper.yaml")
        assert found.paper is known.paper
        assert found.ledger is known.ledger


def test_a_paper_that_is_not_there_is_refused():
    with pytest.raises(FileNotFoundError, match="nowhere"):
        papers("table1", "nowhere")


# --- what is said of an answer -----------------------------------------------------------------


def test_what_is_not_filled_in_is_named():
    values = {"a": ..., "b": 3, "c": ...}
    assert empty(["a", "b", "c"], values) == "`a` and `c`"
    assert empty(["b", "gone"], values) == ""
    assert not_answered("`a`") == "not answered yet: give `a` a value in place of `...`."


@pytest.mark.parametrize(
    ("error", "said", "told"),
    [
        ("AssertionError", "n: of whom?", "n: of whom?"),
        ("NotImplementedError", "", "not answered yet: write the code that the starting cell"),
        ("NameError", "name 'n' is not defined", "name 'n' is not defined: keep the names"),
        ("TypeError", "no str", "the checks cannot use your answer: TypeError: no str"),
    ],
)
def test_every_end_of_a_check_is_a_sentence(error, said, told):
    assert fault(error, said).startswith(told)


@pytest.fixture
def shell():
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "analysis.show.exercise")
    shell.user_ns.pop("share", None)
    yield shell
    shell.run_line_magic("unload_ext", "analysis.show.exercise")
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("share = ...", "Not answered yet: give `share` a value in place of `...`.\n"),
        ("share = 0.5", "Share: of all patients.\n"),
        ("share = 0.25", "Right.\n"),
        (
            "class Odd:\n    def __sub__(self, other): raise ValueError('two\\nlines')\nshare = Odd()",
            "The checks cannot use your answer: ValueError: two lines\n",
        ),
        ("share = 'a'", "The checks cannot use your answer: TypeError"),
        ("other = 0.25", "Name 'share' is not defined: keep the names"),
    ],
)
def test_the_magic_says_one_line_and_ends_no_notebook(shell, capsys, answer, told):
    shell.run_cell(answer)
    done = shell.run_cell(
        "%%check share\nassert abs(share - 0.25) < 0.01, 'share: of all patients.'"
    )
    assert done.success
    out = capsys.readouterr().out
    assert out.startswith(told)
    assert out.count("\n") == 1


def test_checks_see_the_names_of_the_notebook_and_leave_theirs(shell, capsys):
    shell.run_cell("share = 0.25")
    shell.run_cell("%%check\ntext = '''two\n  lines'''\ndef double():\n    return 2 * share")
    shell.run_cell("%%check\nassert double() == 0.5\nassert text == 'two\\n  lines'")
    assert capsys.readouterr().out == "Right.\nRight.\n"
