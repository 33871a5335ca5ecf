"""Printed numbers beside the recomputed ones, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analysis.paper import Paper
from analysis.printed import format_fixed
from analysis.replication import DIFFERS, NOT, OTHER, SAME, Line
from analysis.show.study_tables import Part

_MEANING = {
    SAME: "the recomputed number prints as the paper's",
    OTHER: "it prints so if it is computed in another usual way, which is named",
    DIFFERS: "no usual way to compute it gives the printed digits",
    NOT: "the file, the study or the record lacks something, which is named",
}


def replication_parts(lines: Sequence[Line], paper: Paper) -> list[Part]:
    """Counts of the verdicts, and one table of numbers for the groups and each table of the
    paper."""
    counts = Counter(line.verdict for line in lines)
    rows = [
        {"Verdict": word, "Numbers": f"{counts[word]}", "Meaning": meaning}
        for word, meaning in _MEANING.items()
    ]
    made = [
        Part(
            "against", f"{paper.paper.label}: printed and recomputed", rows, "",
            ["Where it differs, the patients of the file and those of the paper may not be the "
             "same, or were handled in another way; the comparison does not say which."],
        )
    ]  # fmt: skip
    parts: dict[str, list[Line]] = {}
    for line in lines:
        parts.setdefault(line.table, []).append(line)
    for table, found in parts.items():
        label = "Group sizes" if table == "groups" else paper.label_of_table(table)
        same = sum(line.verdict in (SAME, OTHER) for line in found)
        made.append(
            Part(
                f"against_{table}", f"{label}, printed and recomputed", [_row(x) for x in found],
                f"{same} of {len(found)} printed numbers come out with the same digits.",
            )
        )  # fmt: skip
    return made


def _row(line: Line) -> dict[str, str]:
    return {
        "Number": line.about, "What": line.role + _group(line),
        "Printed": line.printed.text.strip(), "Recomputed": _shown(line), "Verdict": line.verdict,
        "How": line.why if line.verdict == NOT else "; ".join(filter(None, (line.convention, line.why))),
    }  # fmt: skip


def _group(line: Line) -> str:
    parts = line.id.split(".")
    ends = ("mean", "sd", "count", "percent", "median", "q1", "q3")
    if parts[-1] in ends and len(parts) > 2:
        return f", {parts[-2]}"
    return f", {parts[-1]}" if parts[-2:-1] == ["ci"] else ""


def _shown(line: Line) -> str:
    """The recomputed number with two decimals more than the printed one."""
    if line.value is None:
        return "–"
    if abs(line.value) == float("inf"):
        return "∞"
    if line.value and abs(line.value) < 10.0 ** -(line.printed.decimals + 2):
        return f"{line.value:.2g}"
    return format_fixed(line.value, line.printed.decimals + 2)
