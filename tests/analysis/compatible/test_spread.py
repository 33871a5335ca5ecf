"""How much cohorts differ."""

import numpy as np
import pytest

from analysis.compatible.spread import distances, effective_spread


def test_effective_spread_of_known_directions():
    line = np.outer(np.arange(5.0), [1.0, 2.0])
    assert effective_spread(line) == pytest.approx(1)
    assert effective_spread(np.vstack([np.eye(3), -np.eye(3)])) == pytest.approx(3)
    assert distances(np.array([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx([np.sqrt(12.5)])
