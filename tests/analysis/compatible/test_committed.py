"""The cohorts of the book: every one prints the paper, and the file beside them is of them."""

from __future__ import annotations

import json

import pytest

from analysis.cohort import load_cohort
from analysis.compatible import ensemble
from analysis.compatible.constraints import constraints
from analysis.compatible.reprint import misses
from analysis.paper import load_paper
from tests.analysis.ledgers import PAPER

FILE = PAPER.with_name("cohorts.parquet")


@pytest.fixture(scope="module")
def book():
    return constraints(load_paper(PAPER))


@pytest.fixture(scope="module")
def cohorts():
    return load_cohort(FILE)


def test_no_cohort_misses_a_printed_number(book, cohorts):
    found = {number: misses(own, book) for number, own in cohorts.groupby("cohort")}
    assert found == {number: [] for number in range(24)}


def test_the_file_beside_them_is_about_them(book, cohorts):
    told = json.loads(ensemble.beside_of(FILE).read_text(encoding="utf-8"))
    assert told == ensemble.report(book, cohorts, seed=1)


def test_no_two_cohorts_are_the_same(cohorts):
    tables = [own.drop(columns="cohort") for _, own in cohorts.groupby("cohort")]
    assert len({table.to_csv(index=False) for table in tables}) == len(tables)
