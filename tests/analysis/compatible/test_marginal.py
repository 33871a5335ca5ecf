"""Samples of one variable: every one has the printed mean and SD, counted exactly."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.compatible.marginal import Grid, samples
from analysis.printed import Interval, parse_mean_sd


@pytest.mark.parametrize(
    ("text", "step", "low", "high"),
    [
        ("3.82 ± 1.47", "1", 1, 7),
        ("121.3 ± 38.62", "1", 0, 300),
        ("0.67 ± 0.09", "0.001", 0, 1),
    ],
)
def test_every_sample_is_valid_and_they_differ(text, step, low, high):
    cell = parse_mean_sd(text)
    grid = Grid.of(cell, 160, float(step), Interval(low, high))
    found = samples(grid, 50, np.random.default_rng(1))
    assert found.shape == (50, 160)
    for whole in found:
        x = [Fraction(step) * int(v) for v in whole]
        mean = sum(x) / 160
        variance = sum((v - mean) ** 2 for v in x) / 159
        assert low <= min(x) <= max(x) <= high
        assert cell.mean.interval.low <= mean <= cell.mean.interval.high
        assert cell.sd.interval.low**2 <= variance <= cell.sd.interval.high**2
    assert len({tuple(sorted(x)) for x in found.tolist()}) > 40


def test_a_mean_that_no_whole_numbers_have_is_refused():
    with pytest.raises(ValueError, match=r"have the mean 3\.45"):
        Grid.of(parse_mean_sd("3.45 ± 1.2"), 10, 1.0, Interval(1, 7))


def test_an_sd_beyond_the_limits_is_refused():
    with pytest.raises(ValueError, match="were found"):
        samples(
            Grid.of(parse_mean_sd("4 ± 3.4"), 40, 1.0, Interval(1, 7)), 3, np.random.default_rng(1)
        )
