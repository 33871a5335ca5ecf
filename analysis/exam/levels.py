"""How hard a planted error is to find: by the simplest finding that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from analysis.findings import Finding


class Level(StrEnum):
    """The least that a reader must do to see that an error is there."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"

    @property
    def meaning(self) -> str:
        """What finds an error of this level, as a sentence."""
        return _MEANINGS[self]

    @property
    def points(self) -> int:
        """What finding one error is worth."""
        return list(Level).index(self) + 1


_MEANINGS = {
    Level.EASY: "One sum, product or division with numbers of one row, or a look at their order, shows each error.",
    Level.MEDIUM: "Recomputing a statistic, an interval or P from numbers of one row shows each error; nothing simpler does.",
    Level.HARD: "Only a comparison across rows, across tables or with the text shows each error.",
}

# One step with a pocket calculator, or none.
_EASY = {
    "counts and percentages", "all patients and their groups", "measures of a cut-off",
    "sensitivity and specificity", "means of whole numbers", "medians and quartiles",
    "order of the limits", "order of cut-offs", "significance and interval",
}  # fmt: skip
# A formula for a test, an error or an interval, and often a table or a program for P.
_MEDIUM = {
    "t from means and SDs", "P from t", "P from means and SDs", "F from means and SDs", "P from F",
    "a test by ranks", "chi-square from counts", "P from chi-square", "P from counts",
    "means and SDs within limits", "AUC, SE and CI", "standard error of the AUC", "P of the AUC",
    "AUC as pairs of patients", "direction of the AUC", "area and point",
    "one table behind a cut-off", "level of the intervals", "columns of a regression row",
}  # fmt: skip


def level_of(finding: Finding) -> Level:
    """The level of one finding.

    What needs numbers of more than one row, the sizes of groups aside, is a comparison across
    rows, whatever its arithmetic; so is every check that is not known here.
    """
    if len(rows_of(finding)) > 1:
        return Level.HARD
    if finding.check in _EASY:
        return Level.EASY
    return Level.MEDIUM if finding.check in _MEDIUM else Level.HARD


def easiest(findings: Iterable[Finding]) -> Level | None:
    """The level of the simplest of some findings; None if there are none."""
    return min(map(level_of, findings), key=list(Level).index, default=None)


def rows_of(finding: Finding) -> set[tuple[str, ...]]:
    """The rows (table and row, or section and statement) that a finding speaks about, the sizes
    of groups aside."""
    return {tuple(id.split(".")[:2]) for id in finding.numbers if not is_size(id)}


def is_size(number_id: str) -> bool:
    """Whether a number is the size of a group, which half of all findings lean on."""
    parts = number_id.split(".")
    return parts[0] == "groups" or (len(parts) > 3 and parts[2] == "n")
