"""Statistics of samples, counted pair by pair."""

import numpy as np
import pytest

from analysis.compatible import statistics


def test_the_standard_error_is_that_of_hanley_and_mcneil_counted_pair_by_pair():
    rng = np.random.default_rng(3)
    x, y = rng.normal(1, 1, 9), rng.normal(0, 1, 11)
    auc = (x[:, None] > y).mean()
    q1 = np.mean([(a > c) and (b > c) for a in x for b in x for c in y])
    q2 = np.mean([(a > c) and (a > d) for a in x for c in y for d in y])
    variance = auc * (1 - auc) + 8 * (q1 - auc**2) + 10 * (q2 - auc**2)
    assert statistics.area(x, y).se == pytest.approx(np.sqrt(variance / 99))
