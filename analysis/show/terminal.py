"""The ledger in a terminal, or in a plain text file."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import Paper
from analysis.show import parts
from analysis.show.html import visible
from analysis.show.palette import MARKS

NARROWEST, WIDE = 60, 120
EXPLAINED = (Verdict.DEPENDS, Verdict.IMPOSSIBLE, Verdict.NOT_CHECKABLE)
_VERDICT_WIDTH = max(len(verdict) for verdict in Verdict) + 2


def ledger_text(
    ledger: Ledger, paper: Paper | None = None, *, width: int = 80, by_hand: bool = False
) -> str:
    """The ledger as plain text without colour codes, `width` characters wide."""
    console = Console(file=io.StringIO(), width=max(width, NARROWEST), color_system=None)
    print_ledger(ledger, paper, console, by_hand=by_hand)
    return console.file.getvalue()  # type: ignore[attr-defined]


def print_ledger(
    ledger: Ledger, paper: Paper | None, console: Console, *, by_hand: bool = False
) -> None:
    """Write the ledger part by part, verdict first, nothing cut off; counts at the end.

    The line to check by hand stands under what depends on a convention, is impossible or
    cannot be checked, and under every finding with `by_hand`.
    """
    if paper is not None:
        _say(console, Text(visible(paper.paper.label), style="bold"))
    for part, findings in parts.grouped(ledger):
        _say(console, Text())
        heading = f"{parts.title(part, paper)} ({_findings(len(findings))})"
        _say(console, Text(visible(heading), style="bold"))
        _rows(console, findings, by_hand)
    _say(console, Text())
    _counts(console, ledger)


def _rows(console: Console, findings: Sequence[Finding], by_hand: bool) -> None:
    """Four columns where they fit, otherwise the claim with its numbers below it."""
    wide = console.width >= WIDE
    table = Table(box=None, show_header=wide, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("verdict", width=_VERDICT_WIDTH, no_wrap=True)
    table.add_column("checked", overflow="fold", ratio=4)
    if wide:
        table.add_column("printed", overflow="fold", ratio=2)
        table.add_column("allowed", overflow="fold", ratio=3)
    for finding in findings:
        mark = MARKS[finding.verdict]
        verdict = Text(f"{mark.sign} {finding.verdict}", style=mark.rich)
        checked = Text(visible(finding.claim))
        if not wide:
            numbers_text = f"\nprinted {finding.printed} · allowed {finding.attainable}"
            checked.append(visible(numbers_text), style="dim")
        if by_hand or finding.verdict in EXPLAINED:
            for line in explanation(finding):
                checked.append(visible(f"\n{line}"), style="italic")
        numbers = [Text(visible(t)) for t in (finding.printed, finding.attainable)] if wide else []
        table.add_row(verdict, checked, *numbers)
    _say(console, table)


def explanation(finding: Finding) -> list[str]:
    """How to check a finding, what it rests on, and its note, one a line."""
    name = "why" if finding.verdict is Verdict.NOT_CHECKABLE else "by hand"
    lines = [f"{name}: {finding.by_hand}"]
    lines += [f"rests on: {line}" for line in finding.assumptions]
    return [*lines, f"note: {finding.note}"] if finding.note else lines


def _counts(console: Console, ledger: Ledger) -> None:
    _say(console, Text(_findings(len(ledger)), style="bold"))
    counts = ledger.counts()
    digits = len(str(max(counts.values(), default=0)))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", width=digits)
    table.add_column(width=_VERDICT_WIDTH, no_wrap=True)
    table.add_column(overflow="fold")
    for verdict, n in counts.items():
        mark = MARKS[verdict]
        table.add_row(str(n), Text(f"{mark.sign} {verdict}", style=mark.rich), verdict.meaning)
    _say(console, table)


def _findings(n: int) -> str:
    return f"{n} finding" if n == 1 else f"{n} findings"


def _say(console: Console, what: object) -> None:
    # Padding to the full width would leave blanks at the ends of lines.
    with console.capture() as captured:
        console.print(what, highlight=False, overflow="fold")
    for line in captured.get().splitlines():
        console.file.write(line.rstrip() + "\n")
