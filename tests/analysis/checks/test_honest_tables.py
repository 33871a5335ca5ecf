"""Honest tables of every shape are never called impossible; planted errors are.

``HONEST_TABLES`` in the environment sets how many papers are drawn (40 without it).
"""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pytest
from honest_tables import honest_paper

from analysis.findings import Verdict
from paper_writer import impossible, load, run

V = Verdict
PAPERS = int(os.environ.get("HONEST_TABLES", "40"))


def audited(scratch, tree):
    return run(load(scratch, tree), ("two_group",))


@pytest.fixture(scope="module")
def papers(scratch):
    return [
        (tree, audited(scratch, tree))
        for tree in (honest_paper(np.random.default_rng(seed)) for seed in range(PAPERS))
    ]


def test_honest_tables_are_never_impossible(papers):
    for seed, (_, ledger) in enumerate(papers):
        assert not impossible(ledger), (seed, [ledger[id] for id in impossible(ledger)])


def test_every_check_spoke(papers):
    """The tables hold every shape: no check passes because it was never asked."""
    seen = Counter(f.check for _, ledger in papers for f in ledger.values())
    assert set(seen) >= {
        "counts and percentages", "means of whole numbers", "means and SDs within limits",
        "medians and quartiles", "t from means and SDs", "P from t", "F from means and SDs",
        "P from F", "P from means and SDs", "chi-square from counts", "P from chi-square",
        "P from counts", "a test by ranks", "all patients and their groups", "tests left open",
        "one convention for the table",
    }  # fmt: skip
    verdicts = Counter(f.verdict for _, ledger in papers for f in ledger.values())
    assert verdicts[V.REPRODUCED] + verdicts[V.CONSISTENT] > 0.6 * sum(verdicts.values())


def test_every_finding_is_whole(papers):
    for tree, ledger in papers:
        rows = {row["id"] for row in tree["tables"][0]["rows"]}
        for finding in ledger.values():
            assert finding.numbers
            assert finding.claim
            assert finding.attainable
            assert finding.by_hand
            part = finding.id.split(".")[1]
            assert part in rows | {"all"} or part.endswith(("convention", "multiplicity"))
            if finding.verdict is V.NOT_CHECKABLE:
                assert finding.by_hand.startswith("Missing: ") or finding.note


def test_every_test_printed_is_spoken_about(papers):
    for tree, ledger in papers:
        spoken = {number for finding in ledger.values() for number in finding.numbers}
        for row in tree["tables"][0]["rows"]:
            for name in ("statistic", "p"):
                if name in row:
                    assert f"table1.{row['id']}.{name}" in spoken, row


def _bump(text: str) -> str:
    """Another leading digit."""
    i = next(i for i, c in enumerate(text) if c.isdigit() and c != "0")
    return f"{text[:i]}{int(text[i]) % 9 + 1}{text[i + 1 :]}"


def _plant(tree: dict, kind: str) -> bool:
    """Spoil one number of the first row that has it; False where no row does."""
    for row in tree["tables"][0]["rows"]:
        values = row.get("values", {})
        if (
            kind == "statistic"
            and "p" in row
            and any(c in "123456789" for c in row.get("statistic", ""))
        ):
            row["statistic"] = _bump(row["statistic"])
            return True
        if kind == "count of all" and row["summary"] == "n_pct" and "all" in values:
            count, _, rest = values["all"].partition(" ")
            values["all"] = f"{int(count) + 1} {rest}".strip()
            return True
        if kind == "mean of all" and row["summary"] == "mean_sd" and "all" in values:
            means = [float(values[g].split("±")[0].replace("−", "-")) for g in values if g != "all"]
            values["all"] = f"{max(means) + 1:.2f} ± {values['all'].split('±')[1].strip()}"
            return True
        if kind == "SD of all" and row["summary"] == "mean_sd" and "all" in values:
            sds = [float(values[g].split("±")[1]) for g in values if g != "all"]
            means = [float(values[g].split("±")[0].replace("−", "-")) for g in values if g != "all"]
            wide = 2 * max(sds) + 2 * (max(means) - min(means)) + 1
            values["all"] = f"{values['all'].split('±')[0].strip()} ± {wide:.2f}"
            return True
    return False


FLOORS = {"statistic": 0.35, "count of all": 0.75, "mean of all": 0.5, "SD of all": 0.5}


@pytest.mark.parametrize("kind", FLOORS)
def test_planted_errors_are_seen(scratch, kind):
    """An all-column of more patients than the groups, and tests that the row leaves open,
    hide some of them."""
    tried = seen = 0
    for seed in range(500, 560):
        tree = honest_paper(np.random.default_rng(seed))
        tree["paper"]["tests"] = {"continuous": "t test"}
        if len(tree["groups"]) < 2 or not _plant(tree, kind):
            continue
        tried += 1
        seen += bool(impossible(audited(scratch, tree)))
        if tried == 16:
            break
    assert tried >= 12
    assert seen / tried >= FLOORS[kind], (seen, tried)
