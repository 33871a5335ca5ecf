"""The rows of tables that compare groups, which test each names, and wording that their
checks share."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import Enum
from fractions import Fraction

from analysis.checks import common
from analysis.checks.common import p_interval_text
from analysis.findings import Finding, Verdict
from analysis.paper import (
    Column,
    CountRow,
    LevelsRow,
    MeanRow,
    MedianRow,
    Paper,
    Row,
    TwoGroupTable,
)
from analysis.printed import Interval, Printed, parse_whole

Rows = Iterator[tuple[TwoGroupTable, Row]]

# what the figures of a table may be instead of rounded means and sample SDs
ERRORS = "the figures after ± are standard errors, not SDs"
DIVISOR = "SDs have the divisor n, not n − 1"
CUT = "the figures are cut off, not rounded"

# and every comparison of means
WHOLE_GROUPS = "the test is of the whole groups, two-sided or one-sided"
SPREADS = "the figures after ± are SDs or standard errors"


def rows_of(paper: Paper, *kinds: type) -> Rows:
    """The rows of these kinds of all tables that compare groups (all rows if none is named)."""
    for table in paper.tables_of("two_group"):
        for row in table.rows:
            if not kinds or isinstance(row, kinds):
                yield table, row


def label_of(paper: Paper, row: Row) -> str:
    """The label of the variable of a row."""
    return paper.variable(row.variable).label


def cells_of(row: Row) -> list[tuple[str, dict]]:
    """The cells of a row by group; those of levels with the id of the level before them."""
    if isinstance(row, LevelsRow):
        return [(f"{level.id}.", dict(level.values)) for level in row.levels]
    return [("", dict(row.values))]


def everyone_column(paper: Paper, table: TwoGroupTable, row: Row) -> Column | None:
    """All patients as a row counts them; None where no number of them is printed."""
    everyone = paper.everyone
    if everyone is None or not any(everyone.id in cells for _, cells in cells_of(row)):
        return None
    own = (row.n or {}).get(everyone.id)
    if own is not None:
        return Column(everyone.id, everyone.label, own, f"{table.id}.{row.id}.n.{everyone.id}")
    if everyone.n is None:
        return None
    n = everyone.n
    if row.n:  # values are missing: all patients are those of the groups, or unknown
        if paper.total_of(table) != int(n.value):
            return None
        n = parse_whole(str(paper.total_of(table, row)))
    return Column(everyone.id, everyone.label, n, f"groups.{everyone.id}")


_UNKNOWN = re.compile(
    r"unknown|missing|unclear|undetermined|no data|not (?:available|known|reported|recorded|"
    r"applicable|assessed|done|evaluated|stated|tested)|^\s*(?:n/?a|nd|unk)\s*$",
    re.I,
)


def is_unknown(label: str) -> bool:
    """Whether a category holds the patients whose value is not known."""
    return bool(_UNKNOWN.search(label))


# --- which test a row names ------------------------------------------------------------


class Family(Enum):
    """What the test of a row is made from.

    `MEANS` and `COUNTS`: what the row prints.  `RANKS`: the order of the patients' values.
    `OPEN`: nothing is said, and ranks are not excluded.  `OTHER`: what no such table
    prints.  `CONTRADICTED`: the row names a test, or a kind of statistic, of other rows.
    """

    MEANS = "means"
    COUNTS = "counts"
    RANKS = "ranks"
    OPEN = "open"
    OTHER = "other"
    CONTRADICTED = "contradicted"


TEST_NAMES = {
    "t": "Student's t test", "welch": "Welch's t test", "paired_t": "a paired t test",
    "anova": "analysis of variance", "mann_whitney": "the Mann–Whitney test",
    "wilcoxon": "Wilcoxon's test", "kruskal_wallis": "the Kruskal–Wallis test",
    "chi_square": "Pearson's chi-square", "yates": "Yates's correction",
    "likelihood_ratio": "the likelihood ratio", "fisher": "Fisher's exact test",
    "trend": "a test for trend", "mcnemar": "McNemar's test", "other": "another test",
}  # fmt: skip
STATISTIC_NAMES = {"t": "t", "z": "Z", "u": "U", "f": "F", "h": "H", "chi2": "χ²"}

# what would have to be known to check a test that the table does not decide
MISSING = {
    "paired_t": "the test of this row is of pairs; the differences within the pairs would be needed",
    "wilcoxon": "the test of this row is by signed ranks of pairs; the patients' values would be needed",
    "mcnemar": "the test of this row is of pairs; how many pairs changed, each way, would be needed",
    "other": "the test of this row is none that these numbers decide; its name and the patients' "
    "values would be needed",
    "ranks": "the test of this row is by ranks; the patients' values would be needed",
}

_OF_MEANS = {"t", "welch", "anova"}
_OF_RANKS = {"mann_whitney", "kruskal_wallis"}
_OF_COUNTS = {"chi_square", "yates", "likelihood_ratio", "fisher", "trend"}
_RANK_WORDS = re.compile(
    r"mann|whitney|wilcoxon|kruskal|rank|non-?\s?parametric|\b[UH][- ]test", re.I
)
_OTHER_WORDS = re.compile(
    r"mcnemar|mantel|haenszel|regression|logistic|\bgee\b|estimating|mixed|adjust|ancova|covarian|"
    r"permut|bootstrap|\blog-?\s?transform|transformed|weighted|weighting|\biptw\b|multilevel|log-?rank|"
    # pairs, and P values made larger for several tests; an unpaired t is no test of pairs
    r"(?<!un)(?<!un-)(?<!non-)\bpaired|\bmatched|\bpairs\b|repeated|(?<!in)\bdependent|"
    r"bonferroni|\bholm\b|tukey|scheff|dunnett|post[- ]hoc|\bsnk\b|newman|"
    r"multiple (?:comparison|testing)|multiplicity|false discovery",
    re.I,
)

# what every comparison of groups takes for granted; a reader may know better
AS_PRINTED = (
    "the test compared the values as printed: of different patients in each group and not of "
    "pairs, and nothing transformed, weighted, adjusted or corrected for several tests"
)


def family(paper: Paper, row: Row) -> Family:
    """What the test of a row is made from, as far as the row and the methods say."""
    test, statistic = row.test, row.statistic_is
    if test in ("paired_t", "wilcoxon", "mcnemar", "other"):
        return Family.OTHER
    if isinstance(row, CountRow | LevelsRow):
        ordered = test in _OF_RANKS or (test is None and statistic in ("u", "h"))
        if ordered and isinstance(row, LevelsRow):
            return Family.COUNTS  # ranks of ordered categories follow from the counts
        if test in _OF_MEANS | _OF_RANKS or statistic in ("t", "f", "u", "h"):
            return Family.CONTRADICTED
        return Family.COUNTS
    if isinstance(row, MedianRow):  # Kruskal and Wallis's H is printed as χ² too
        return Family.CONTRADICTED if test in _OF_MEANS | _OF_COUNTS else Family.RANKS
    if test in _OF_COUNTS or (test is None and statistic == "chi2"):
        return Family.CONTRADICTED
    if row.by_ranks or test in _OF_RANKS or (test is None and statistic in ("u", "h")):
        return Family.RANKS
    if test in _OF_MEANS:
        odd = statistic is not None and statistic not in ("t", "f")
        return Family.CONTRADICTED if odd else Family.MEANS
    if statistic is not None:
        return Family.OPEN if statistic == "z" else Family.MEANS
    said = paper.paper.tests.continuous
    if said is None or _RANK_WORDS.search(said) or undecided_methods(row, said):
        return Family.OPEN
    return Family.MEANS


_WEIGHTS = re.compile(r"weighted|weighting|\biptw\b|imput|pseudo-?population", re.I)


def weighted_methods(paper: Paper) -> str | None:
    """Why counts need not be numbers of patients: the methods name weights, or imputed
    values."""
    said = [x for x in (paper.paper.tests.continuous, paper.paper.tests.categorical) if x]
    words = next((x for x in said if _WEIGHTS.search(x)), None)
    return f'the counts may be weighted or imputed; the methods say "{words}"' if words else None


def undecided_methods(row: Row, said: str | None) -> str | None:
    """Why the methods, in their own words, leave open what a row was tested by: they name
    tests that no table of groups decides, and the row names none."""
    if row.test is not None or said is None or not _OTHER_WORDS.search(said):
        return None
    return f'the methods also name tests that this row does not decide: "{said}"'


def named(row: Row) -> str | None:
    """What the row says about its test, in words: "the row names Welch's t test"."""
    if row.test is not None:
        return f"the row names {TEST_NAMES[row.test]}"
    if row.statistic_is is not None:
        return f"the row names its statistic {STATISTIC_NAMES[row.statistic_is]}"
    if isinstance(row, MeanRow) and row.by_ranks:
        return "the row names a test by ranks"
    return None


def fits_other(row: Row, fitting: str) -> str:
    """The assumption of a number that fits another test than the row names."""
    said = named(row)
    return f"fits {fitting}, {said}" if said else fitting


# --- comparing a statistic with what is printed ------------------------------------------


def fits_squared(printed: Printed, squared: Interval) -> bool:
    """Whether |t| may print like this; compared as squares, which are exact."""
    target = size_of(printed)
    return Interval(target.low**2, target.high**2).intersects(squared)


def size_of(printed: Printed) -> Interval:
    """The absolute values that may print like this; "<0.1" says 0 to 0.1."""
    if printed.comparison in ("<", "<="):
        return printed.interval.clip(0, math.inf)
    return common.absolute(printed.interval)


def cut_off(printed: Printed) -> Interval:
    """The values that print like this when further digits are dropped, or rounded."""
    if printed.comparison != "=":
        return printed.interval
    unit, near = 2 * printed.half_unit, printed.interval
    if printed.value < 0:
        return Interval(printed.value - unit, near.high)
    return Interval(near.low, printed.value + unit)


def first_that_fits(
    finding: Finding,
    p: Printed,
    readings: Iterable[tuple[str, Interval]],
    row: Row | None = None,
    *,
    one_sided: bool = True,
) -> Finding:
    """The finding; if it says impossible, the first other reading that fits is tried.  With
    a `row`, the finding says that the row names another test.  Tests of more than two groups
    have no sides: `one_sided` is then false."""
    if finding.verdict is not Verdict.IMPOSSIBLE:
        return finding
    readings = list(readings)
    sides = and_one_sided(readings, p) if one_sided else readings
    ways = [(name, span, p.interval) for name, span in sides]
    ways += [
        (f"{name}, and P is cut off, not rounded", span, cut_off(p)) for name, span in readings
    ]
    for name, interval, shown in ways:
        if shown.clip(0, 1).intersects(interval):
            return replace(
                finding,
                verdict=Verdict.DEPENDS,
                assumptions=(fits_other(row, name) if row is not None else name,),
                attainable=f"{finding.attainable}; P {p_interval_text(interval)} with {name}",
            )
    return finding


def and_one_sided(
    readings: Iterable[tuple[str, Interval]], p: Printed
) -> Iterator[tuple[str, Interval]]:
    """Two-sided P values, then each of them one-sided; the other way only where a P above
    one half is printed, because every two-sided P gives one."""
    readings = list(readings)
    yield from readings
    for name, two_sided in readings:
        if "one-sided" in name:
            continue
        half = Interval(two_sided.low / 2, two_sided.high / 2)
        yield f"{name}, one-sided", half
        if p.comparison == "=" and p.value > Fraction(1, 2):
            yield f"{name}, one-sided the other way", Interval.point(1) - half


def grant(finding: Finding, *granted: str) -> Finding:
    """The finding; if it says impossible, with what it takes for granted."""
    if finding.verdict is not Verdict.IMPOSSIBLE:
        return finding
    return replace(finding, assumptions=(*finding.assumptions, *granted))


def not_impossible(
    finding: Finding, excuse: str | None, granted: str | None = AS_PRINTED
) -> Finding:
    """The finding; `depends` instead of `impossible` where an excuse is given.  Where none is,
    it says what the check takes for `granted`."""
    if finding.verdict is not Verdict.IMPOSSIBLE:
        return finding
    if excuse is None:
        return grant(finding, *([granted] if granted else []))
    return replace(finding, verdict=Verdict.DEPENDS, assumptions=(excuse,))
