"""The audit: every number once, ids unique, order of the paper."""

from __future__ import annotations

import pytest

from analysis import audit
from analysis.findings import Verdict
from paper_writer import count_row, load, mean_row, paper

TEXT = [
    {
        "section": "methods", "place": "Methods",
        "statements": [
            {"id": "version", "kind": "label", "printed": "26.0", "about": "version"},
            {"id": "rule", "kind": "number", "printed": "10", "role": "rule", "about": "rule"},
            {"id": "odd", "kind": "number", "printed": "7", "about": "odd", "role": "something new"},
        ],
    },
    {"section": "discussion", "place": "Discussion", "statements": [
        {"id": "n", "kind": "whole", "printed": "20", "about": "patients", "repeats": "groups.g0"},
    ]},
]  # fmt: skip


@pytest.fixture
def made_up(scratch):
    rows = [
        mean_row("x", ("5.0 ± 1.0", "6.0 ± 1.1"), statistic="3.16", p="0.003"),
        mean_row("y", ("5.0 ± 1.0", "6.0 ± 1.1")),
        count_row("z", ("7 (35.0%)", "6 (24.0%)"), p="0.42"),
    ]
    pictures = [{"id": "figure1", "shows": "flow", "numbers": "counts"}]
    return load(scratch, paper((20, 25), rows, text=TEXT, pictures=pictures))


def test_every_number_has_a_finding(made_up):
    ledger = audit.audit(made_up)
    for id in made_up.numbers:
        assert ledger.about(id), id


def test_what_no_check_speaks_about_says_what_is_missing(made_up):
    ledger = audit.audit(made_up)
    for id in ("methods.version", "methods.rule", "methods.odd", "table1.y.g0.mean"):
        finding = ledger[f"{id}.not_checkable"]
        assert finding.verdict is Verdict.NOT_CHECKABLE
        assert finding.by_hand
    assert ledger["figure1.picture"].numbers == ()
    assert "table1.x.g0.mean.not_checkable" not in ledger


def test_order_of_the_paper(made_up):
    tables = list(dict.fromkeys(f.table for f in audit.audit(made_up)))
    assert tables == ["methods", "groups", "figure1", "table1", "discussion"] or tables == [
        "methods", "figure1", "table1", "discussion",
    ]  # fmt: skip


def test_an_audit_repeats_itself(made_up):
    first, second = audit.audit(made_up), audit.audit(made_up)
    assert list(first) == list(second)


def test_checks_are_registered_by_module_and_name(made_up):
    names = audit.checks()
    assert "two_group.t_from_means" in names
    assert all("." in name and callable(check) for name, check in names.items())
