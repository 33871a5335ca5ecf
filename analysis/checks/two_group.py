"""Tables that compare groups row by row: counts, means, medians, tests, P.

Finding ids: ``table1.age.t_from_means``, ``table1.gender.male.control.percentage``, …
"""

from __future__ import annotations

from analysis.checks.conventions import conventions
from analysis.checks.count_tests import (
    FISHER,
    LIKELIHOOD,
    PEARSON,
    YATES,
    chi2_from_counts,
    p_from_chi2,
    p_from_counts,
)
from analysis.checks.counts import levels_add_up, percentages
from analysis.checks.derived import derived_variables
from analysis.checks.everyone import (
    all_and_groups,
    counts_of_all,
    means_of_all,
    medians_of_all,
    row_sizes,
)
from analysis.checks.left_open import sizes_left_open, tests_left_open
from analysis.checks.mean_tests import STUDENT, WELCH, p_from_t, t_from_means
from analysis.checks.means import whole_numbers, within_limits
from analysis.checks.medians import medians_of_whole_numbers, medians_within_limits
from analysis.checks.rank_tests import p_from_ranks, rank_statistics
from analysis.checks.several_means import f_from_means, p_from_f
from analysis.checks.significance import significance

CHECKS = (
    percentages,
    levels_add_up,
    whole_numbers,
    within_limits,
    t_from_means,
    p_from_t,
    chi2_from_counts,
    p_from_chi2,
    p_from_counts,
    f_from_means,
    p_from_f,
    rank_statistics,
    p_from_ranks,
    medians_within_limits,
    medians_of_whole_numbers,
    all_and_groups,
    row_sizes,
    counts_of_all,
    means_of_all,
    medians_of_all,
    tests_left_open,
    sizes_left_open,
    conventions,
    derived_variables,
    significance,
)

__all__ = ["CHECKS", "FISHER", "LIKELIHOOD", "PEARSON", "STUDENT", "WELCH", "YATES"]
