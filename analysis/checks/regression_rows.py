"""Each row of a regression table against itself: B, SE, Wald, P, exp(B) and its interval."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from scipy import special

from analysis.checks import common
from analysis.checks.coefficient import LARGEST, PrintedRow, Region
from analysis.checks.regression_readings import (
    NAMES,
    any_line,
    exp_float,
    exp_of,
    other_reading,
    recompute,
    z_text,
)
from analysis.checks.words import (
    ROUNDED_ONCE,
    as_float,
    as_printed,
    is_positive,
    level_of,
    listed,
    reach_text,
    text_of,
    uses_spss,
)
from analysis.findings import Finding, Verdict
from analysis.paper import Coefficient, Constant, Paper, RegressionTable
from analysis.printed import Interval, Printed, format_fixed

_CLAIMS = {
    "b": "B fits the other numbers of its row",
    "se": "the standard error fits the other numbers of its row",
    "wald": "the Wald statistic is (B/SE)²",
    "p": "P is that of the Wald statistic",
    "ratio": "the ratio is exp(B)",
    "ci.low": "the lower limit is exp(B − z·SE)",
    "ci.high": "the upper limit is exp(B + z·SE)",
}


# --- each row against itself -----------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    """One row of the table, constant included, with what its checks share."""

    table: RegressionTable
    id: str
    label: str
    row: PrintedRow
    wald_type: bool

    @property
    def prefix(self) -> str:
        return f"{self.table.id}.{self.id}"

    def numbers(self, *columns: str) -> tuple[str, ...]:
        return tuple(f"{self.prefix}.{c}" for c in columns if c in self.row.printed)

    @property
    def assumptions(self) -> tuple[str, ...]:
        stated = [ROUNDED_ONCE]
        if {"wald", "p"} & self.row.printed.keys():
            stated.append(
                "Wald is (B/SE)², and P its two-sided normal P (χ² with 1 degree of freedom)"
            )
        if {"ci.low", "ci.high"} & self.row.printed.keys():
            level = "" if self.table.confidence else " (level not printed, 95% taken)"
            stated.append(f"the limits are exp(B ± {z_text(self.row)}·SE){level}")
        return tuple(stated)

    def granted(self, verdict: Verdict) -> tuple[str, ...]:
        """The assumptions; what a contradiction takes for granted beside them."""
        if verdict is not Verdict.IMPOSSIBLE:
            return self.assumptions
        return (*self.assumptions, "all columns of the row are of the same fit")


def _lines(paper: Paper, table: RegressionTable) -> Iterator[_Line]:
    """The rows that print at least one number of the kinds that belong together."""
    everything: list[tuple[str, str, Coefficient | Constant]] = [
        (row.id, row.label, row) for row in table.rows
    ]
    if table.constant is not None:
        everything.append(("constant", "Constant", table.constant))
    # SPSS prints Wald's P beside a coefficient; a univariable row may show that of another test
    wald_type = (uses_spss(paper) and table.analysis == "multivariable") or any(
        row.wald is not None for _, _, row in everything
    )
    for id, label, row in everything:
        printed = _columns(row)
        if printed:
            yield _Line(table, id, label, PrintedRow(printed, level_of(table)), wald_type)


def _columns(row: Coefficient | Constant) -> dict[str, Printed]:
    printed = {c: getattr(row, c) for c in ("b", "se", "wald", "p", "ratio")}
    limits = getattr(row, "ci", None)
    if limits is not None:
        printed |= {"ci.low": limits.low, "ci.high": limits.high}
    return {c: n for c, n in printed.items() if n is not None and abs(n.value) <= LARGEST}


def rows(paper: Paper) -> Iterator[Finding]:
    """Every row: is there a (B, SE) behind all its numbers, and what do the others allow
    for each number?

    The set of (B, SE) is computed exactly (:mod:`analysis.checks.coefficient`).  Where it
    is empty, a number is called impossible if the row is coherent without it; if no single
    number mends the row, each is held against its direct parents only.

    P values of likelihood-ratio tests and profile-likelihood limits are not Wald's.  Where
    neither a Wald column nor the program says that these are Wald's, a conflict that
    vanishes without P or without both limits is ``depends``, not ``impossible``; a ratio
    outside its own limits stays impossible (a profile interval holds its estimate).  Other
    ways to print a row (:mod:`analysis.checks.regression_readings`) are tried as well.
    """
    for table in paper.tables_of("regression"):
        for line in _lines(paper, table):
            yield from _row_findings(line)


def _row_findings(line: _Line) -> Iterator[Finding]:
    row = line.row
    others = row.without_each()
    full = _with_own(row, others)
    if full.is_empty:
        # limits computed with 1.96 are as good as those with 1.959964
        rounded = PrintedRow(row.printed, row.level, round_z=True)
        if not rounded.region().is_empty:
            line, row = replace(line, row=rounded), rounded
            others = row.without_each()
            full = _with_own(row, others)
    known = [c for c in row.printed if _is_bounded(row, others[c], c)]
    if full.is_empty:
        yield from _conflicting(line, others, known)
        return
    findings = [
        _number_finding(line, column, others[column], Verdict.CONSISTENT) for column in known
    ]
    yield from findings
    if len(findings) < 2:
        return
    all_hit = all(f.verdict is Verdict.REPRODUCED for f in findings)
    yield _joint_finding(line, full, Verdict.REPRODUCED if all_hit else Verdict.CONSISTENT)


def _with_own(row: PrintedRow, others: dict[str, Region]) -> Region:
    """The region of all columns, from one that lacks a single column."""
    column = next(iter(row.printed))
    region = others[column]
    return region if region.is_empty else row.add(region, column)


def _is_bounded(row: PrintedRow, region: Region, column: str) -> bool:
    """Whether the other columns say anything about this one."""
    if region.is_empty:
        return len(row.printed) > 1
    reach = _reach(row, region, column)
    return reach.low > _FLOORS.get(column, -math.inf) or reach.high < _CEILINGS.get(
        column, math.inf
    )


_FLOORS: dict[str, Fraction | float] = {"b": -math.inf} | dict.fromkeys(
    ("se", "wald", "p", "ratio", "ci.low", "ci.high"), Fraction(0)
)
_CEILINGS: dict[str, Fraction | float] = {"p": Fraction(1)}


def _reach(row: PrintedRow, region: Region, column: str) -> Interval:
    """The values of one column over a region that is not empty, enclosed."""
    if column == "b":
        return region.values(1, 0)
    if column == "se":
        return region.values(0, 1)
    if column in ("wald", "p"):
        z = region.z
        square = Interval(z.low**2, z.high**2 if not math.isinf(z.high) else math.inf)
        if column == "wald":
            return square
        far = Fraction(10**4)  # P is 0 in floating point long before
        return common.p_from_z(Interval(min(z.low, far), min(z.high, far)))
    if column == "ratio":
        return exp_of(region.values(1, 0))
    ends = [region.values(1, (-z if column == "ci.low" else z)) for z in (row.z.low, row.z.high)]
    return exp_of(Interval(min(e.low for e in ends), max(e.high for e in ends)))


def _number_finding(
    line: _Line, column: str, region: Region | None, found: Verdict, note: str = ""
) -> Finding:
    """The finding for one number; `region` is what the others allow (None: nothing does).

    `found` is the verdict of the exact sets: ``consistent`` is raised to ``reproduced``
    where the number computed from the printed ones rounds to this one.
    """
    row = line.row
    printed = row.printed[column]
    central, by_hand = recompute(row, column)
    if found is Verdict.CONSISTENT and central is not None and printed.shows(central):
        found = Verdict.REPRODUCED
    decimals = min(max(printed.decimals + 1, 0), 12)
    values: dict[str, object] = {"central": central}
    if region is None:
        attainable = "nothing: the other numbers of the row contradict each other"
    else:
        reach = _reach(row, region, column)
        text = common.p_interval_text(reach) if column == "p" else reach_text(reach, decimals)
        attainable = f"{NAMES[column]} {text}"
        values |= {"low": float(reach.low), "high": as_float(reach.high)}
    if column == "p" and printed.value == 0:
        note = f"{note} A printed P of zero stands for a P under half a unit.".strip()
    sign = "" if printed.comparison != "=" else "= "
    return Finding(
        id=f"{line.prefix}.{column}",
        check="columns of a regression row",
        verdict=found,
        numbers=line.numbers(column),
        claim=f"{line.label}: {_CLAIMS[column]}",
        printed=f"{NAMES[column]} {sign}{text_of(printed)}",
        attainable=attainable,
        by_hand=by_hand or any_line(row) or _witness_line(row, row.region((column,))),
        assumptions=line.granted(found),
        note=note,
        values=values,
    )


def _joint_finding(line: _Line, region: Region, verdict: Verdict) -> Finding:
    row = line.row
    b, se = region.values(1, 0), region.values(0, 1)
    columns = listed([NAMES[c] for c in row.printed])
    return Finding(
        id=f"{line.prefix}.row",
        check="columns of a regression row",
        verdict=verdict,
        numbers=line.numbers(*row.printed),
        claim=f"{line.label}: one B and one SE lie behind {columns}",
        printed=_printed_row(row),
        attainable=f"B {reach_text(b, 5)}, SE {reach_text(se, 5)}",
        by_hand=_witness_line(row, region),
        assumptions=line.assumptions,
        values={
            "witness": tuple(as_float(x) for x in region.witness),
            "b": (as_float(b.low), as_float(b.high)),
            "se": (as_float(se.low), as_float(se.high)),
            "region": [[(float(x), float(y)) for x, y in p.vertices] for p in region.parts],
        },
    )


def _witness_line(row: PrintedRow, region: Region) -> str:
    """One (B, SE) of the region and what it prints, each with one more decimal."""
    if region.is_empty:
        return f"no B and SE within what programs print give {_printed_row(row)}"
    b, se = (round(x, 7) for x in region.witness)
    shown = {c: n.decimals + 1 for c, n in row.printed.items()}
    parts = []
    if "wald" in row.printed and se:
        parts.append(f"(B/SE)² {format_fixed((b / se) ** 2, shown['wald'])}")
    if "ratio" in row.printed:
        parts.append(f"exp(B) {_exp_text(float(b), shown['ratio'])}")
    for column, sign, word in (("ci.low", -1, "−"), ("ci.high", 1, "+")):
        if column in row.printed:
            end = float(b) + sign * float(row.z.low) * float(se)
            parts.append(f"exp(B {word} {z_text(row)}·SE) {_exp_text(end, shown[column])}")
    return (
        f"B {format_fixed(b, 7)} and SE {format_fixed(se, 7)} give {', '.join(parts) or 'the row'}"
    )


def _exp_text(value: float, decimals: int) -> str:
    return format_fixed(exp_float(value), max(decimals, 0))


def _conflicting(line: _Line, others: dict[str, Region], known: list[str]) -> Iterator[Finding]:
    row = line.row
    conflicts = row.conflicts()
    convention = other_reading(row, line.wald_type, line.table.confidence is not None)
    verdict = Verdict.DEPENDS if convention else Verdict.IMPOSSIBLE
    menders = [c for c in row.printed if not others[c].is_empty]
    for column in known:
        if column in menders:
            yield _number_finding(line, column, others[column], verdict, convention)
            continue
        rest = [c for c in row.printed if c != column and c not in menders]
        if menders:
            region = row.region(rest)
            if _is_bounded(row, region, column):
                names = listed([NAMES[c] for c in menders])
                note = f"Held against the row without {names}."
                yield _number_finding(line, column, region, Verdict.CONSISTENT, note)
            continue
        parents = [c for c in _PARENTS[column] if c in row.printed]
        region = row.region(parents)
        if region.is_empty or not _is_bounded(row, region, column):
            continue
        fits = not row.add(region, column).is_empty
        names = listed([NAMES[c] for c in parents])
        note = f"Held against {names} alone: the row contradicts itself in more than one place."
        yield _number_finding(line, column, region, Verdict.CONSISTENT if fits else verdict, note)
    sets = "; ".join(listed([NAMES[c] for c in conflict]) for conflict in conflicts[:6])
    mend = [f"{NAMES[c]} {_mend_text(row, others[c], c)}" for c in menders]
    yield Finding(
        id=f"{line.prefix}.row",
        check="columns of a regression row",
        verdict=verdict,
        numbers=line.numbers(*row.printed),
        claim=f"{line.label}: one B and one SE lie behind all numbers of the row",
        printed=_printed_row(row),
        attainable=f"no B and SE give {sets} together",
        by_hand=recompute(row, (menders or list(row.printed))[0])[1] or any_line(row),
        assumptions=line.granted(verdict),
        note=" ".join(
            part
            for part in (
                convention,
                f"One changed number would mend the row: {' or '.join(mend)}." if mend else
                "No single changed number would mend the row.",
            )
            if part
        ),
        values={"conflicts": conflicts, "menders": menders},
    )  # fmt: skip


def _mend_text(row: PrintedRow, region: Region, column: str) -> str:
    reach = _reach(row, region, column)
    return (
        common.p_interval_text(reach)
        if column == "p"
        else reach_text(reach, row.printed[column].decimals + 1)
    )


_PARENTS = {
    "b": ("ratio",),
    "se": ("ci.low", "ci.high"),
    "wald": ("b", "se"),
    "p": ("wald",),
    "ratio": ("b",),
    "ci.low": ("b", "se"),
    "ci.high": ("b", "se"),
}


# --- the level of the intervals, and P against the interval ----------------------------


def confidence_level(paper: Paper) -> Iterator[Finding]:
    """The printed confidence level against the width of the intervals.

    ``(ln upper − ln lower) / (2·SE)`` is the normal quantile of the level, whatever B is;
    its interval over the roundings is intersected over the rows.
    """
    for table in paper.tables_of("regression"):
        if table.confidence is None:
            continue
        lines = [
            x for x in _lines(paper, table) if {"se", "ci.low", "ci.high"} <= x.row.printed.keys()
        ]
        lines = [
            x
            for x in lines
            if x.row.printed["ci.low"].interval.low > 0
            and is_positive(as_printed(x.row.printed["se"]))
        ]
        if not lines:
            continue
        per_row = {x.id: _level_of(x.row) for x in lines}
        low, high = max(i.low for i in per_row.values()), min(i.high for i in per_row.values())
        printed = table.confidence.interval
        target = Interval(printed.low / 100, printed.high / 100)
        fitting = [id for id, i in per_row.items() if i.intersects(target)]
        widest = min(lines, key=lambda x: x.row.printed["se"].half_unit / x.row.printed["se"].value)
        se, ends = widest.row.printed["se"], [widest.row.printed[c] for c in ("ci.low", "ci.high")]
        quantile = (math.log(float(ends[1])) - math.log(float(ends[0]))) / (2 * float(se))
        central = 2 * float(special.ndtr(quantile)) - 1
        if low <= high and Interval(low, high).intersects(target):
            verdict = (
                Verdict.REPRODUCED if table.confidence.shows(100 * central) else Verdict.CONSISTENT
            )
            note = ""
        else:
            odd = [x.label for x in lines if x.id not in fitting]
            verdict = Verdict.DEPENDS
            note = (
                f"Not with Wald's interval at this level: {listed(odd) or 'the rows together'}. "
                "Another kind of interval, another level or a misprint would do."
            )
        attainable = (
            f"{reach_text(Interval(100 * low, 100 * high), 2)} %"
            if low <= high
            else "no level fits all rows"
        )
        yield Finding(
            id=f"{table.id}.confidence",
            check="level of the intervals",
            verdict=verdict,
            numbers=(f"{table.id}.confidence",),
            claim="The width of the intervals belongs to the printed confidence level",
            printed=f"{text_of(table.confidence)}{'' if table.confidence.percent and '%' in table.confidence.text else ' %'}",
            attainable=attainable,
            by_hand=(
                f"{widest.label}: (ln {text_of(ends[1])} − ln {text_of(ends[0])}) / (2 × {text_of(se)}) = "
                f"{format_fixed(quantile, 3)}, the quantile of {format_fixed(100 * central, 1)} %"
            ),
            assumptions=(ROUNDED_ONCE, "the limits are exp(B ± z·SE)"),
            note=note,
            values={
                "level": central,
                "rows": {id: (float(i.low), float(i.high)) for id, i in per_row.items()},
            },
        )


def _level_of(row: PrintedRow) -> Interval:
    """The confidence levels (as shares) that the limits and the SE of a row allow."""
    logs = [common.log(row.printed[c].interval) for c in ("ci.low", "ci.high")]
    width = logs[1] - logs[0]
    se = row.printed["se"].interval.clip(0, math.inf)
    z = Interval(max(width.low, Fraction(0)), max(width.high, Fraction(0))) / (se + se)
    far = Fraction(100)
    p = common.p_from_z(Interval(min(max(z.low, Fraction(0)), far), min(z.high, far)))
    return Interval(1 - p.high, 1 - p.low)


def significance(paper: Paper) -> Iterator[Finding]:
    """Each row's P against its interval: P < 1 − level exactly if the interval leaves out 1.

    Both follow from |B|/SE, so they cannot differ if both are Wald's; over the roundings
    either may be undecided, which is ``consistent``.
    """
    for table in paper.tables_of("regression"):
        for line in _lines(paper, table):
            printed = line.row.printed
            if not {"p", "ci.low", "ci.high"} <= printed.keys():
                continue
            alpha = 1 - line.row.level
            p, low, high = printed["p"], printed["ci.low"].interval, printed["ci.high"].interval
            by_p = True if p.interval.high <= alpha else False if p.interval.low >= alpha else None
            leaves_out = low.low > 1 or high.high < 1
            holds = low.high < 1 < high.low
            by_interval = True if leaves_out else False if holds else None
            note = ""
            if by_p is None or by_interval is None:
                verdict = Verdict.CONSISTENT
                note = "The roundings leave open on which side this row lies."
            elif by_p == by_interval:
                verdict = Verdict.REPRODUCED
            elif line.wald_type:
                note = other_reading(line.row, True, table.confidence is not None)
                verdict = Verdict.DEPENDS if note else Verdict.IMPOSSIBLE
            else:
                verdict = Verdict.DEPENDS
                note = "P and the interval may come from different methods (Wald, likelihood ratio, profile)."
            level = format_fixed(alpha, 2)
            side = {True: "leaves out 1", False: "holds 1", None: "may or may not hold 1"}[
                by_interval
            ]
            where = {True: f"under {level}", False: f"at least {level}", None: f"close to {level}"}[
                by_p
            ]
            yield Finding(
                id=f"{line.prefix}.significance",
                check="significance and interval",
                verdict=verdict,
                numbers=line.numbers("p", "ci.low", "ci.high"),
                claim=f"{line.label}: P is under {level} exactly if the interval leaves out 1",
                printed=f"P {text_of(p)}, interval {text_of(printed['ci.low'])} to {text_of(printed['ci.high'])}",
                attainable=f"the interval {side}, P is {where}",
                by_hand=f"{text_of(printed['ci.low'])} to {text_of(printed['ci.high'])} {side}; P {text_of(p)} is {where}",
                assumptions=line.assumptions,
                note=note,
                values={"significant_by_p": by_p, "significant_by_interval": by_interval},
            )


def _printed_row(row: PrintedRow) -> str:
    return ", ".join(f"{NAMES[c]} {text_of(n)}" for c, n in row.printed.items())
