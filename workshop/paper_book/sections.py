"""Which checks a chapter about a part of a paper tells, in which order, under which words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, the shared paragraphs under it (names in ``book/shared``), the checks whose
    findings it shows, the caption of their sheet, the plot before it (a method of the chapter
    and its caption), and what else the shared paragraphs must be told."""

    key: str
    title: str
    shared: tuple[str, ...]
    checks: tuple[str, ...]
    caption: str
    plot: str | None = None
    plot_caption: str = ""
    after_plot: str | None = None
    tells: str | None = None


TWO_GROUP = (
    Section(
        "percentages", "Counts and percentages", ("rounding_tie_what", "rounding_tie"),
        ("counts and percentages",),
        "Every count against its percentage and its group.",
    ),
    Section(
        "t", "Means, standard deviations and t", ("t_statistic", "two_t_tests"),
        ("t from means and SDs", "P from t", "P from means and SDs"),
        "Each t against the printed means and standard deviations, and each P against its t.",
        "t_plot", "Where each printed t lies in the interval that the printed means and standard "
        "deviations allow.",
    ),
    Section(
        "several", "Three groups and more", ("analysis_of_variance",),
        ("F from means and SDs", "P from F"),
        "Each F against the printed means and standard deviations, and each P against its F.",
    ),
    Section(
        "ranks", "Medians and tests by ranks", ("ranks",),
        ("medians and quartiles", "a test by ranks", "tests left open"),
        "What medians, quartiles and statistics of ranks can be, and what the patients would be "
        "needed for.",
    ),
    Section(
        "everyone", "All patients beside their groups", ("all_patients",),
        ("all patients and their groups",),
        "The column of all patients against the groups.",
    ),
    Section(
        "chi", "Chi-square and its P", ("chi_square",),
        ("chi-square from counts", "P from chi-square", "P from counts"),
        "Each chi-square and its P against the printed counts, under every variant that programs "
        "print.",
    ),
    Section(
        "conventions", "One test for the whole table?", ("one_convention",),
        ("one convention for the table",),
        "One convention for each kind of test, and the rows that rule the others out.",
    ),
    Section(
        "limits", "Values inside their limits", ("limits",),
        ("means and SDs within limits", "means of whole numbers"),
        "Means and standard deviations against the limits of their variables, and of whole "
        "numbers.",
    ),
    Section(
        "formula", "Variables made from others", ("derived",),
        ("derived variable",),
        "Whether parts and formula can belong to the same patients.",
    ),
    Section(
        "many", "Many tests at once", ("many_tests",),
        ("multiplicity", "fragility"),
        "Rows that are significant as printed, when all are counted, under other usual tests and "
        "after one patient is moved.",
        "multiplicity_plot", "The P value of each row against the thresholds of Holm and of "
        "Benjamini and Hochberg.", "many_tests_plot", "alpha=here.significance()",
    ),
)  # fmt: skip

ROC = (
    Section(
        "shares", "From shares back to patients", ("shares_are_counts",),
        ("sensitivity and specificity",),
        "Each sensitivity and specificity, and the counts that print like it.",
    ),
    Section(
        "areas", "The area, its interval and its P", ("p_of_area",),
        ("AUC, SE and CI", "P of the AUC", "one convention for P", "AUC as pairs of patients",
         "direction of the AUC"),
        "Each area with its interval and P value, recomputed.",
    ),
    Section(
        "measures", "One cut-off, one two-by-two table", ("one_table_behind",),
        ("measures of a cut-off", "one table behind a cut-off", "order of cut-offs"),
        "Predictive values, likelihood ratios and other measures against the counts that print "
        "like sensitivity and specificity.",
    ),
    Section(
        "errors", "Is the standard error possible?", ("error_of_area",),
        ("standard error of the AUC",),
        "Each standard error between the proved bounds.",
    ),
    Section(
        "rules", "Which rule picked the cut-off?", ("cut_rules", "ceiling_of_rule", "not_used"),
        ("which criterion picked the cut",),
        "Which rule can have picked each cut-off.",
    ),
    Section(
        "beyond", "Do cut-offs, means and standard deviations fit?", ("share_beyond",),
        ("share beyond the cut", "cut and recording unit", "area and point"),
        "The share of each group beyond the cut-off against its mean and standard deviation, and "
        "the area against the printed point.",
        "roc_plot", "The printed point of each marker, and the band of all curves with the "
        "printed area through it.",
    ),
)  # fmt: skip

REGRESSION = (
    Section(
        "rows", "One row, two unknowns", ("regression_row",),
        ("columns of a regression row", "order of the limits"),
        "Each number of each row against the others, all at once.",
        "forest_plot", "The printed ratios with their intervals, above those recomputed from "
        "coefficient and standard error.", "no_effect_line",
    ),
    Section(
        "names", "What the ratio is called", ("name_of_ratio", "changed_ratio"),
        ("name of the ratio",),
        "What each ratio is under the usual models, beside the crude ratios from the counts.",
    ),
    Section(
        "univariable", "One predictor alone", ("univariable",),
        ("univariable row and counts",),
        "Each row against the counts of its predictor.",
    ),
    Section(
        "events", "How many events an error needs", ("events_and_error",),
        ("standard error and number of events",),
        "The standard errors and the floor that the number of events sets.",
    ),
    Section(
        "constant", "What the constant knows", ("constant", "codings"),
        ("constant under each coding",),
        "The constant under each coding and link.",
        "constant_plot", "The mean risk that the printed coefficients can give, under each link "
        "and coding, against the share of patients with the event.",
        tells="rate=here.event_rate(table=here.name)",
    ),
    Section(
        "limits", "P values, limits and cut-offs", (),
        ("significance and interval", "cut-offs across tables", "level of the intervals"),
        "Whether P value and interval say the same, and whether cut-offs are those of the other "
        "tables.",
    ),
)  # fmt: skip

TEXT = (
    Section(
        "arithmetic", "The arithmetic of the text", (), ("arithmetic of the text",),
        "What the text says in numbers, recomputed.",
    ),
    Section(
        "dates", "Dates", (), ("timeline",), "Dates and follow-up.",
        "timeline_plot", "The dates that the paper prints, and the end of the follow-up.",
    ),
    Section(
        "repeats", "What the text repeats", ("text_and_tables",), ("text against tables",),
        "Every number of the text that repeats another, and that other.",
    ),
)  # fmt: skip

ACROSS = (
    Section(
        "floor", "One two-by-two table", ("crude_floor",),
        ("standard error against the crude table",),
        "The printed standard errors and the floor that the counts set.",
    ),
    Section(
        "score", "Two tables, one equation", ("score_equation",),
        ("score equations across tables",),
        "The coefficients and the counts of the other tables under several links.",
    ),
)  # fmt: skip

OF_KIND = {"two_group": TWO_GROUP, "roc": ROC, "regression": REGRESSION}
