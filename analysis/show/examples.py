"""Other published papers through the same checks: what they printed and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.audit import audit
from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import Paper, load_paper
from analysis.show.html import Html
from analysis.show.tables import paper_rows

_KINDS = {
    "two_group": "groups compared",
    "roc": "ROC curves",
    "regression": "regression",
}


@dataclass(frozen=True)
class Example:
    """One paper and its audit."""

    paper: Paper
    ledger: Ledger

    @property
    def label(self) -> str:
        """How the paper is called, with what its journal has published about it since."""
        about = self.paper.paper
        return f"{about.label} ({about.notice})" if about.notice else about.label

    @property
    def tables(self) -> str:
        """Its tables by kind, with their rows."""
        return "; ".join(
            f"{self.paper.label_of_table(t.id)}: {_KINDS[t.kind]}, {len(t.rows)} rows"
            for t in self.paper.tables
        )

    def of(self, *verdicts: Verdict) -> list[Finding]:
        """The findings with one of these verdicts."""
        return [f for f in self.ledger if f.verdict in verdicts]

    def rows_with(self, *verdicts: Verdict) -> set[str]:
        """The rows of its tables that have a finding with one of these verdicts."""
        return {".".join(number.split(".")[:2]) for f in self.of(*verdicts) for number in f.numbers}


@dataclass(frozen=True)
class Examples:
    """All papers ``*/paper.yaml`` of one folder, in the order of their names."""

    folder: Path

    @cached_property
    def papers(self) -> dict[str, Example]:
        """The papers by key.  Raises PaperError if one cannot be read."""
        found = [load_paper(file) for file in sorted(self.folder.glob("*/paper.yaml"))]
        return {paper.paper.key: Example(paper, audit(paper)) for paper in found}

    def shapes(self) -> Html:
        """What of each paper was at hand."""
        rows = [
            {
                "Paper": one.label,
                "Groups": ", ".join(f"{g.label} ({g.size})" for g in one.paper.groups),
                "Tables": one.tables,
                "Numbers": len(one.paper.numbers),
                "DOI": one.paper.paper.doi or "",
            }
            for one in self.papers.values()
        ]
        return paper_rows(rows, label="Other papers: what was at hand")

    def verdicts(self) -> Html:
        """The findings of each paper by verdict."""
        rows = []
        for one in self.papers.values():
            counts = Counter(f.verdict for f in one.ledger)
            rows.append({"Paper": one.label} | {str(v).capitalize(): counts[v] for v in Verdict})
        return paper_rows(rows, label="Other papers: findings by verdict")

    def findings(self, *verdicts: str) -> Html:
        """The findings of all papers that have one of these verdicts."""
        wanted = [Verdict(v) for v in verdicts]
        rows: list[dict[str, Any]] = [
            {
                "Finding": f"{one.label}: {finding.claim}",
                "Printed": finding.printed,
                "By hand": f"{finding.by_hand}. Allowed: {finding.attainable}",
                "If": "; ".join(finding.assumptions),
            }
            for one in self.papers.values()
            for finding in one.of(*wanted)
        ]
        return paper_rows(rows, label=f"Other papers: findings that are {' or '.join(verdicts)}")

    def told(self) -> dict[str, str]:
        """For the prose: how many papers, and for each its numbers and its verdicts."""
        told = {
            "n_papers": str(len(self.papers)),
            "n_impossible": str(sum(bool(x.of(Verdict.IMPOSSIBLE)) for x in self.papers.values())),
        }
        for key, one in self.papers.items():
            told |= {
                f"{key}.label": one.paper.paper.label,
                f"{key}.numbers": str(len(one.paper.numbers)),
                f"{key}.findings": str(len(one.ledger)),
            }
            told |= {f"{key}.{_key(v)}": str(len(one.of(v))) for v in Verdict}
        return told

    def clean(self, clean: str, retracted: str) -> dict[str, str]:
        """For the prose: two papers without an impossible number, one of them retracted.
        ValueError if that is not so."""
        told = {"impossible": str(Verdict.IMPOSSIBLE)}
        for name, key in (("clean", clean), ("retracted", retracted)):
            one = self.papers[key]
            if one.of(Verdict.IMPOSSIBLE):
                raise ValueError(f"{key} has impossible numbers")
            told |= {name: one.paper.paper.label, f"{name}_numbers": str(len(one.paper.numbers))}
        if not self.papers[retracted].paper.paper.notice:
            raise ValueError(f"{retracted} carries no notice")
        return told


def _key(verdict: Verdict) -> str:
    return str(verdict).replace(" ", "_")
