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
from analysis.checks.mean_tests import STUDENT, WELCH, p_from_t, t_from_means
from analysis.checks.means import whole_numbers, within_limits
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
    conventions,
    derived_variables,
    significance,
)

__all__ = ["CHECKS", "FISHER", "LIKELIHOOD", "PEARSON", "STUDENT", "WELCH", "YATES"]
