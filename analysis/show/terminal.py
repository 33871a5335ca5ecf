"""The ledger in a terminal, or in a plain text file."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import Paper
from analysis.show import parts
from analysis.show.palette import MARKS

NARROWEST = 60
EXPLAINED = (Verdict.DEPENDS, Verdict.IMPOSSIBLE)
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

    The line to check by hand stands under what depends on a convention or is impossible,
    and under every finding with `by_hand`.
    """
    if paper is not None:
        _say(console, Text(paper.paper.label, style="bold"))
    for part, findings in parts.grouped(ledger):
        _say(console, Text())
        heading = f"{parts.title(part, paper)} ({_findings(len(findings))})"
        _say(console, Text(heading, style="bold"))
        _rows(console, findings, by_hand)
    _say(console, Text())
    _counts(console, ledger)


def _rows(console: Console, findings: Sequence[Finding], by_hand: bool) -> None:
    """Tables of findings; a line by hand closes one and the next goes on below it."""
    inner = console.width - _VERDICT_WIDTH - 6
    widths = (inner - 2 * (inner // 3), inner // 3, inner // 3)

    def table(header: bool) -> Table:
        result = Table(box=None, show_header=header, padding=(0, 2, 0, 0), header_style="dim")
        result.add_column("verdict", width=_VERDICT_WIDTH, no_wrap=True)
        for name, size in zip(("checked", "printed", "allowed"), widths, strict=True):
            result.add_column(name, width=size, overflow="fold")
        return result

    rows = table(header=True)
    for finding in findings:
        mark = MARKS[finding.verdict]
        rows.add_row(
            Text(f"{mark.sign} {finding.verdict}", style=mark.rich),
            Text(finding.claim),
            Text(finding.printed),
            Text(finding.attainable),
        )
        if by_hand or finding.verdict in EXPLAINED:
            _say(console, rows)
            _explain(console, finding)
            rows = table(header=False)
    if rows.row_count:
        _say(console, rows)


def _explain(console: Console, finding: Finding) -> None:
    lines = [f"by hand: {finding.by_hand}"]
    lines += [f"rests on: {line}" for line in finding.assumptions]
    lines += [finding.note] if finding.note else []
    for line in lines:
        _say(console, Padding(Text(line, style="italic"), (0, 0, 0, _VERDICT_WIDTH + 2)))


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
