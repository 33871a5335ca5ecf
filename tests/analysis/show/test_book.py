import sys
from fractions import Fraction
from types import SimpleNamespace

import pytest

from analysis.findings import Verdict
from analysis.paper import load_paper
from analysis.show import book, figures
from analysis.show.book import Chapter
from tests.analysis.ledgers import PAPER, ledger
from tests.analysis.show.pages import ids, read


@pytest.fixture
def here():
    return Chapter("table1", load_paper(PAPER), ledger())


@pytest.fixture
def glued(monkeypatch):
    kept = {}

    def glue(key, what, display):
        assert display is False
        kept[key] = what

    monkeypatch.setitem(sys.modules, "myst_nb", SimpleNamespace(glue=glue))
    return kept


def test_a_chapter_tells_the_findings_of_its_parts(here):
    assert {f.table for f in here.findings} == {"table1"}
    abstract = Chapter("abstract", here.paper, here.ledger)
    assert [f.id for f in abstract.findings] == ["results.auc"]
    methods = Chapter("methods", here.paper, here.ledger)
    assert {f.table for f in methods.findings} == {"methods", "groups"}


def test_every_finding_is_told_in_exactly_one_chapter(here):
    names = ["methods", "abstract", "figure1", "figure2", "figure3"]
    names += [f"table{i}" for i in range(1, 5)]
    told = [f.id for n in names for f in Chapter(n, here.paper, here.ledger).findings]
    assert sorted(told) == sorted(f.id for f in here.ledger)


def test_verdicts_of_some_checks_only(here):
    page = read(here.verdicts("convention").html)
    assert ids(page) == ["finding-table1.p_convention"]
    with pytest.raises(ValueError, match="there are convention, means"):
        here.verdicts("nonsense")


def test_tell_glues_texts(here, glued):
    here.tell(n=272, share="0.412", verdict=Verdict.DEPENDS, age=here.paper.number("table1.age.p"))
    assert glued == {"n": "272", "share": "0.412", "verdict": "depends", "age": "0.289"}
    assert all(type(text) is str for text in glued.values())


@pytest.mark.parametrize("bare", [0.1, Fraction(1, 3)])
def test_bare_numbers_are_refused_because_the_reader_would_see_all_digits(here, glued, bare):
    with pytest.raises(TypeError, match="format it"):
        here.tell(x=bare)
    assert glued == {}


def test_show_glues_what_can_be_shown(here, glued):
    table, figure = here.verdicts(), figures.counts_plot(here.ledger, key="counts")
    here.show("table", table)
    here.show("figure", figure)
    assert glued == {"table": table, "figure": figure}
    with pytest.raises(TypeError, match="table or figure"):
        here.show("text", "words")


def test_a_line_in_the_prose_links_to_the_ledger(here):
    line = here.line("table1.age.t")
    assert read(line.html).all("a")[0].attributes["href"] == "verdicts.html#finding-table1.age.t"
    assert repr(line) == "consistent"
    assert "1.063" in repr(here.by_hand("table1.age.t"))


def test_the_paper_is_the_one_that_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv(book.PAPER_VARIABLE, str(tmp_path / "other.yaml"))
    assert book.paper_file() == tmp_path / "other.yaml"
    monkeypatch.delenv(book.PAPER_VARIABLE)
    assert book.paper_file() == PAPER


def test_several_papers_must_be_told_apart(tmp_path):
    with pytest.raises(FileNotFoundError, match="found 2 files"):
        book._only_one([tmp_path / "a", tmp_path / "b"])
