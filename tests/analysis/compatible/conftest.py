"""The two papers whose patients are simulated: the one of the book, and a made-up one."""

import pytest

from analysis.compatible import search
from analysis.compatible.constraints import constraints
from analysis.paper import load_paper
from tests.analysis import paper_writer
from tests.analysis.compatible import made_up
from tests.analysis.ledgers import PAPER


@pytest.fixture(scope="session")
def made_up_file(tmp_path_factory):
    """The record of a small paper whose cohorts are found in a second or two."""
    file = tmp_path_factory.mktemp("made_up") / "paper.yaml"
    paper_writer.load(file, made_up.tree())
    return file


@pytest.fixture(scope="session")
def quick_file(tmp_path_factory):
    """A smaller one yet, for what happens around the search."""
    file = tmp_path_factory.mktemp("quick") / "paper.yaml"
    paper_writer.load(file, made_up.quick_tree())
    return file


@pytest.fixture(scope="session")
def quick(quick_file):
    """What its cohorts must print."""
    return constraints(load_paper(quick_file))


@pytest.fixture(scope="session")
def small(made_up_file):
    """What cohorts of the made-up paper must print."""
    return constraints(load_paper(made_up_file))


@pytest.fixture(scope="session", params=["book", "made up"])
def wanted(request, made_up_file):
    """What cohorts must print, of either paper."""
    return constraints(load_paper(PAPER if request.param == "book" else made_up_file))


@pytest.fixture(scope="session")
def patients(wanted):
    """One cohort of either paper."""
    return search.find(wanted, seed=1, index=11).patients
