"""The command ``cohort`` in a chapter: its example, and a replication that is known."""

from __future__ import annotations

import pytest

from analysis.paper import load_paper
from analysis.show.your_cohort import YourCohort
from analysis.study_example import patients_csv
from tests.analysis.ledgers import PAPER


@pytest.fixture(scope="module")
def yours() -> YourCohort:
    return YourCohort(load_paper(PAPER))


def test_what_is_told_is_what_the_example_holds(yours):
    told = yours.told()
    lines = patients_csv().splitlines()
    assert int(told["patients"]) == len(lines) - 1
    missing = repr(yours.sheet("missing")).splitlines()[1:]
    assert int(told["incomplete"]) == sum(line.split(" | ")[1] != "0" for line in missing)


def test_a_remark_is_found_by_its_beginning(yours):
    assert yours.remark("missing", "Patients with all values").endswith(".")
    with pytest.raises(ValueError, match="no remark of missing"):
        yours.remark("missing", "Nothing")


def test_the_tables_that_the_cohort_was_made_for_come_out(yours):
    lines = [line.split(" | ") for line in repr(yours.replication()).splitlines()[1:]]
    by_part = {name: list(map(int, numbers)) for name, *numbers in lines}
    for part in ("Group sizes", "Table 1", "Table 2", "Table 3"):
        printed, *rest = by_part[part]
        assert sum(rest) == printed
        assert rest[-2:] == [0, 0]
    assert by_part["Table 4"][-2] > 20


def test_every_sheet_of_the_example_says_that_it_is_simulated(yours):
    for key in ("missing", "cut", "logistic"):
        assert "simulated: no patients" in yours.sheet(key)._repr_html_()
