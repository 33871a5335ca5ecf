"""Checks of ROC tables: AUC with SE, CI and P, cut-offs with all their measures.

Each check is a pure function from a paper to findings.  `positive` in a table names the
group in which a high sensitivity is wanted; it may be the group without the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from analysis.checks import roc_bounds as bounds
from analysis.checks.common import z_for_level
from analysis.checks.roc_area import (
    NULL_SE,
    PRINTED_SE,
    area_as_pairs,
    area_direction,
    confidence_limits,
    p_convention,
    p_values,
    standard_error,
)
from analysis.checks.roc_cut import (
    ALLOWED,
    CRITERIA,
    EXCLUDED,
    TIES,
    counts,
    cut_criterion,
    order_of_cuts,
    point,
    share_beyond_cut,
    threshold_step,
)
from analysis.checks.roc_marker import EVERYONE
from analysis.checks.roc_marker import level_of as _level
from analysis.checks.roc_two_by_two import measures, two_by_two
from analysis.findings import Finding
from analysis.paper import Paper

CHECKS: tuple[Callable[[Paper], Iterable[Finding]], ...] = (
    counts,
    confidence_limits,
    p_values,
    p_convention,
    standard_error,
    point,
    cut_criterion,
    share_beyond_cut,
    threshold_step,
    measures,
    two_by_two,
    order_of_cuts,
    area_direction,
    area_as_pairs,
)
__all__ = [
    "ALLOWED", "CHECKS", "CRITERIA", "EVERYONE", "EXCLUDED", "NULL_SE", "PRINTED_SE", "TIES",
    "_level", "bounds", "z_for_level",
]  # fmt: skip
