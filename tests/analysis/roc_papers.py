"""Papers with one ROC table, and the findings of its checks."""

from __future__ import annotations

from pathlib import Path

import yaml

from analysis.checks import roc
from analysis.findings import Finding, Verdict
from analysis.paper import load_paper


def findings(folder: Path, rows: list[dict], n1: int, n0: int, **more) -> dict[str, Finding]:
    """The findings of a paper with one ROC table, by id."""
    tree = {
        "schema": "1",
        "paper": more.pop("paper", {"key": "made_up", "label": "Made up"}),
        "groups": [
            {"id": "event", "label": "Event", "n": str(n1), "event": "true"},
            {"id": "control", "label": "Control", "n": str(n0)},
        ],
        "variables": [{"id": row["id"], "label": row["id"]} for row in rows],
        "tables": [
            *more.pop("tables", []),
            {
                "id": "table2", "kind": "roc", "title": "Cuts", "positive": "event",
                "rows": [{"variable": row["id"], **row} for row in rows],
            }
            | ({"confidence": more.pop("confidence")} if "confidence" in more else {}),
        ],
    }  # fmt: skip
    file = folder / "paper.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    paper = load_paper(file)
    found = [f for check in roc.CHECKS for f in check(paper)]
    assert len({f.id for f in found}) == len(found)
    for f in found:
        assert set(f.numbers) <= set(paper.numbers)
        assert f.by_hand
        assert f.assumptions
        assert f.attainable
    return {f.id: f for f in found}


def impossible(found: dict[str, Finding]) -> list[str]:
    return [id for id, f in found.items() if f.verdict is Verdict.IMPOSSIBLE]
