"""What the README says of the paper and of our findings is what record and ledger say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.audit import audit
from analysis.findings import Verdict
from analysis.paper import load_paper

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def paper():
    return load_paper(ROOT / "data" / "yu2023" / "paper.yaml")


def test_numbers_of_the_paper(paper):
    said = README.partition("## What the paper says")[2].partition("\n## ")[0]
    said = said.partition("): ")[2]  # behind the citation
    numbers = set(re.findall(r"\d+(?:\.\d+)?", said))
    ids = ("methods.patients", "groups.recurrence", "groups.control", "table2.sii.auc", "table4.sii.ratio")  # fmt: skip
    assert numbers == {paper.numbers[id].text for id in ids}


def test_counts_of_the_verdicts(paper):
    ledger = audit(paper)
    counts = ledger.counts()
    block = README.partition("<!-- findings:")[2].partition("<!-- /findings -->")[0]
    expected = (
        f"{len(ledger)} findings about {len(paper.numbers)} printed numbers: "
        + ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
        + "."
    )
    assert expected in block


def test_every_command_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert named
    assert named <= targets


def test_the_title_counts_the_patients(paper):
    title = re.search(r'^title: "(.*)"', (ROOT / "_config.yml").read_text(), re.MULTILINE)[1]
    assert f" {paper.total} patients" in title
    assert title.startswith("Four tables,")
    assert len(paper.tables) == 4
    for page in (README, (ROOT / "book" / "index.md").read_text(encoding="utf-8")):
        assert f"\n# {title}\n" in f"\n{page}"
