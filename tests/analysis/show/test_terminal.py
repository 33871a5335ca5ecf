import io

import pytest
from rich.console import Console

from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import load_paper
from analysis.show.terminal import ledger_text, print_ledger
from tests.analysis.ledgers import PAPER, findings, ledger


@pytest.fixture(scope="module")
def paper():
    return load_paper(PAPER)


@pytest.mark.parametrize("width", [60, 80, 119, 120, 200])
def test_lines_fit_and_nothing_is_cut(paper, width):
    text = ledger_text(ledger(), paper, width=width, by_hand=True)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    words = text.split()
    for finding in findings():
        for word in f"{finding.claim} {finding.printed} {finding.attainable}".split():
            assert word in words


def test_a_number_longer_than_its_column_is_folded_not_cut():
    digits = "0." + "123456789" * 20
    finding = Finding("t.x", "c", Verdict.CONSISTENT, (), "x", digits, digits, "y")
    text = ledger_text(Ledger([finding]), width=80)
    assert digits in "".join(text.split())


def test_colour_is_not_forced_into_a_file(monkeypatch, paper):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in ledger_text(ledger(), paper)


def test_a_terminal_gets_colour(monkeypatch, paper):
    monkeypatch.delenv("NO_COLOR", raising=False)
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
    print_ledger(ledger(), paper, console)
    assert "\x1b[" in console.file.getvalue()


def test_findings_stand_under_their_table(paper):
    text = ledger_text(ledger(), paper)
    headings = [line for line in text.splitlines() if line.endswith(("findings)", "finding)"))]
    assert (
        headings[:3]
        == [
            "Methods (1 finding)",
            "Table 1: Clinical features of the two groups (4 findings)",
            "Table 2: Discrimination of recurrence by the index, neutrophils and platelets (2",
        ][:2]
        + headings[2:3]
    )
    assert text.index("Age: t from means") > text.index("Table 1:")


def test_what_is_grave_is_explained_and_the_rest_on_demand(paper):
    text = ledger_text(ledger(), paper)
    grave = (Verdict.DEPENDS, Verdict.IMPOSSIBLE)
    assert text.count("by hand: ") == sum(f.verdict in grave for f in findings())
    assert text.count("why: ") == 1
    assert "rests on: equal variances, pooled" in text
    full = ledger_text(ledger(), paper, by_hand=True)
    assert full.count("by hand: ") + full.count("why: ") == len(findings())


def test_counts_and_meanings_stand_at_the_end(paper):
    end = ledger_text(ledger(), paper, width=200).splitlines()[-6:]
    assert end[0] == f"{len(findings())} findings"
    for line, (verdict, n) in zip(end[1:], ledger().counts().items(), strict=True):
        assert line.split()[0] == str(n)
        assert verdict in line
        assert verdict.meaning in line


def test_an_empty_ledger_has_counts_only():
    assert ledger_text(Ledger([])).lstrip().startswith("0 findings")
