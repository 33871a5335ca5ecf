"""A small ledger with all five verdicts, for tests of what shows findings."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

from analysis.findings import Finding, Ledger, Verdict
from analysis.printed import Interval, parse_number

ROOT = Path(__file__).resolve().parents[2]
PAPER = ROOT / "data" / "yu2023" / "paper.yaml"


def _finding(id: str, verdict: Verdict, claim: str, **rest: object) -> Finding:
    fields = {
        "check": "means",
        "numbers": (id,),
        "printed": "1.064",
        "attainable": "1.0545 to 1.0714",
        "by_hand": "(56.31 − 54.96) / 1.27 = 1.063",
    }
    return Finding(id=id, verdict=verdict, claim=claim, **(fields | rest))


def findings() -> list[Finding]:
    v = Verdict
    return [
        _finding("methods.patients", v.REPRODUCED, "the groups make the total", check="text"),
        _finding(
            "table1.age.t", v.CONSISTENT, "Age: t from means",
            values={"t": "1.064", "t_low": Fraction(21, 20), "t_high": 1.0714, "label": "Age"},
        ),
        _finding(
            "table1.sii.t", v.IMPOSSIBLE, 'Index <"A&B">: t | means',
            printed="9.945", attainable="9.1 to 9.2",
            assumptions=("equal variances, pooled", 'a "second" one'),
            note="P is 1.2×10^−16.",
            values={"t": "9.945", "t_low": 9.1, "t_high": 9.2, "label": "Index"},
        ),
        _finding(
            "table1.bmi.t", v.REPRODUCED, "=cmd, comma",
            by_hand="line one\nline two",
            values={
                "nested": {"interval": Interval(Fraction(1, 3), math.inf)},
                "printed": parse_number("0.70"), "nothing": None, "set": {2, 1},
                "not_a_number": math.nan, "verdict": Verdict.DEPENDS,
            },
        ),
        _finding("table1.p_convention", v.DEPENDS, "Welch or Student", check="convention"),
        _finding("table2.sii.auc", v.CONSISTENT, "AUC of the index"),
        _finding("table2.sii.p", v.REPRODUCED, "P of the index", attainable="P at most 1.4×10^−16"),
        _finding("table3.albumin.p", v.DEPENDS, "P of albumin"),
        _finding("table4.constant", v.IMPOSSIBLE, "the constant gives the event rate"),
        _finding("figure2.picture", v.NOT_CHECKABLE, "ROC curves", attainable="no bound"),
        _finding("results.auc", v.REPRODUCED, "the text repeats Table 2", check="text"),
        _finding("groups.control", v.REPRODUCED, "size of a group", check="text"),
    ]  # fmt: skip


def ledger() -> Ledger:
    return Ledger(findings())


def stub_audit() -> None:
    """Let every audit of this process give :func:`ledger`, whatever the checks say."""
    import analysis.audit

    analysis.audit.audit = lambda paper: ledger()
