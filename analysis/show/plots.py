"""From a paper and its ledger to the plots of the chapters: which findings, which rows.

Works for any paper: what a table does not print is not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

from analysis.checks import roc_bounds
from analysis.findings import Ledger, first_up
from analysis.paper import MeanRow, Paper, RegressionTable, RocTable, TwoGroupTable
from analysis.printed import Interval, PrintedDate
from analysis.show import figures

_GRID_STEPS = 200


def t_statistics(paper: Paper, ledger: Ledger, table: str, key: str) -> figures.Figure:
    """Each printed t inside the interval that the printed means and SDs allow."""
    rows = [
        {
            "label": finding.values["label"],
            "printed": paper.number(finding.numbers[0]),
            "low": finding.values["t_low"],
            "high": finding.values["t_high"],
        }
        for finding in ledger.only(table, check="t from means and SDs")
    ]
    return figures.interval_plot(
        rows, key=key, quantity="t", title="Printed t in the interval that means and SDs allow"
    )


def multiplicity(paper: Paper, ledger: Ledger, table: str, key: str) -> figures.Figure:
    """The P values of a table with the thresholds of Holm and Benjamini–Hochberg."""
    values = ledger[f"{table}.multiplicity"].values
    p, alpha = values["p"], values["alpha"]
    order = sorted(range(len(p)), key=p.__getitem__)  # type: ignore[arg-type, attr-defined]
    rows = []
    for rank, i in enumerate(order):
        row_id = values["rows"][i]  # type: ignore[index]
        rows.append(
            {
                "label": values["labels"][i],  # type: ignore[index]
                "p": p[i],  # type: ignore[index]
                "printed": paper.number(f"{row_id}.p"),
                "holm": alpha / (len(order) - rank),  # type: ignore[operator]
                "bh": alpha * (rank + 1) / len(order),  # type: ignore[operator]
            }
        )
    return figures.p_multiplicity_plot(rows, key=key, alpha=alpha)  # type: ignore[arg-type]


def roc_curves(
    paper: Paper,
    ledger: Ledger,
    table_id: str,
    key: str,
    *,
    curves: Mapping[str, Sequence[figures.Curve]] | None = None,
    title: str | None = None,
) -> figures.Figure:
    """The printed point of each marker, the band of all curves with the printed area
    through it, the band if the point has the largest Youden index, the binormal curve.

    `curves`: simulated curves by variable, drawn over the bands in place of the binormal one.
    """
    table = paper.table(table_id)
    assert isinstance(table, RocTable)
    grid = [i / _GRID_STEPS for i in range(_GRID_STEPS + 1)]
    rows, bands = [], {}
    for row in table.rows:
        shares = [f"{table_id}.{row.id}.{c}" for c in ("sensitivity", "specificity")]
        if row.auc is None or not all(id in ledger for id in shares):
            continue
        label = paper.variable(row.variable).label
        rows.append(
            {
                "label": label,
                "sensitivity": row.sensitivity,
                "specificity": row.specificity,
                "auc": row.auc,
            }
        )
        try:
            se, sp = (_share(ledger, id) for id in shares)
        except (KeyError, IndexError):
            continue  # no whole number of patients prints so; the ledger says so
        auc = row.auc.interval
        try:
            band = roc_bounds.roc_band(auc, se, sp, grid)
        except ValueError:
            continue  # no curve at all; the ledger says so
        rule = f"{table_id}.{row.id}.criterion"
        criterion = ledger[rule].values["youden"] if rule in ledger else {"status": "open"}
        excluded = criterion["status"] == "excluded"  # type: ignore[index]
        youden = None if excluded else _youden_band(auc, se, sp, grid)
        bands[label] = figures.Band(
            grid,
            *band,
            *(youden or (None, None)),
            binormal=_binormal(paper, table, row.variable, grid) if curves is None else None,
            no_youden=excluded,
            simulated=(curves or {}).get(row.variable, ()),
        )
    return figures.roc_plot(rows, key=key, bands=bands, title=title)


def _share(ledger: Ledger, finding: str) -> float:
    """The share behind a printed sensitivity or specificity: its count over its group, the
    middle one where several print alike."""
    values = ledger[finding].values
    counts = values["counts"]
    return counts[len(counts) // 2] / values["n"]  # type: ignore[arg-type, index, operator]


def _youden_band(auc: Interval, se: float, sp: float, grid: list[float]):  # type: ignore[no-untyped-def]
    """The band under TPR = FPR + J, or None where no such curve has the printed area."""
    try:
        return roc_bounds.roc_band(auc, se, sp, grid, youden=True)
    except ValueError:
        return None


def _binormal(paper: Paper, table: RocTable, variable: str, grid: list[float]):  # type: ignore[no-untyped-def]
    for two_group in paper.tables_of("two_group"):
        assert isinstance(two_group, TwoGroupTable)
        for row in two_group.rows:
            if isinstance(row, MeanRow) and row.variable == variable:
                positive = row.values[table.positive]
                others = [cell for group, cell in row.values.items() if group != table.positive]
                if len(others) != 1:
                    return None
                numbers = (positive.mean, positive.sd, others[0].mean, others[0].sd)
                return roc_bounds.binormal_curve(*(float(x) for x in numbers), grid)
    return None


def ratios(paper: Paper, table_id: str, key: str) -> figures.Figure:
    """The printed ratios and limits above those recomputed from B and its SE."""
    import math

    from analysis.checks.common import z_for_level

    table = paper.table(table_id)
    assert isinstance(table, RegressionTable)
    level = table.confidence.value / 100 if table.confidence else Fraction(95, 100)
    z = float(z_for_level(level).low)
    rows = []
    for row in table.rows:
        recomputed = printed = None
        if row.b is not None and row.se is not None:
            b, se = float(row.b), float(row.se)
            recomputed = tuple(math.exp(x) for x in (b, b - z * se, b + z * se))
        if row.ratio is not None and row.ci is not None:
            printed = (row.ratio, row.ci.low, row.ci.high)
        rows.append({"label": row.label, "printed": printed, "recomputed": recomputed})
    return figures.forest_plot(
        rows, key=key, quantity=table.effect_label, names=("printed", "from B and SE")
    )


def constant(paper: Paper, ledger: Ledger, table_id: str, key: str) -> figures.Figure:
    """The attainable mean risk under the uniform codings, and every mixed one that fits,
    for the two links whose fitted values must add up to the events."""
    values = ledger[f"{table_id}.constant_coding"].values
    rows = [
        {
            "coding": row["coding"],
            "link": row["link"],
            "low": row["low"],
            "high": row["high"],
            "contains": row["holds_rate"],
        }
        for row in values["codings"]  # type: ignore[attr-defined]
        if row["verdict"] != "not decided"
        and (row["coding"].startswith("all ") or row["holds_rate"])
    ]
    return figures.constant_plot(rows, observed=values["rate"], key=key)


def flow(paper: Paper, key: str) -> figures.Figure:
    """The flow of patients as far as the text gives it; uncounted steps are named so."""
    boxes = [
        {
            "id": step.id,
            "label": step.label,
            "count": int(paper.number(step.count).value) if step.count else None,
            "after": step.after,
            "aside": step.aside,
        }
        for step in paper.flow
    ]
    return figures.flow_plot(boxes, key=key)


def dates(paper: Paper, key: str) -> figures.Figure:
    """The printed dates in order, and the end of the follow-up that follows from them."""
    from analysis.checks.text import end_of_follow_up

    rows: list[dict[str, object]] = [
        {"label": first_up(number.about), "when": number.value}
        for number in paper.numbers.values()
        if isinstance(number.value, PrintedDate) and number.repeats is None
    ]
    for timeline in paper.timelines:
        if timeline.start and timeline.until:
            first, last = end_of_follow_up(paper, timeline)
            rows.append(
                {"label": "End of follow-up of the last patient", "first": first, "last": last,
                 "text": f"{_day(first)} to {_day(last)}", "computed": True}
            )  # fmt: skip
    rows.sort(key=lambda row: row.get("first") or row["when"].first)  # type: ignore[attr-defined, union-attr]
    return figures.timeline_plot(rows, key=key)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
