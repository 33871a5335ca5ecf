"""The links of regressions for a two-valued outcome, with enclosures that are sure.

For one patient with linear predictor η the log-likelihood is ``l1(η)`` if the event
happened and ``l0(η)`` if not.  Both are concave for every link here, so the score of an
event ``a(η) = l1'(η)`` and of a patient without ``b(η) = l0'(η)`` fall as η rises, and
an interval of η has its extremes at its ends.  A maximum-likelihood fit makes
``Σ x_k score = 0`` for every column x_k of the design (McCullagh & Nelder 1989,
section 2.5).

The information of a patient is the expected one, ``μ'(η)² / V(μ)``; for the canonical links
(logit, and log of a Poisson outcome) the observed one is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from scipy import special

_MARGIN = 2.0**-40  # relative; four orders over the error of the functions used
_TINY = 1e-280

Real = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Link:
    """One link: scores and informations of one patient as functions of η.

    `event`, `other`: score with and without the event; `limits`: their values as η goes
    to −∞ and +∞.  `expected`: Fisher information, rising up to `mode` and falling after.
    `observed`: ``−l1''`` and ``−l0''`` with the place of their largest value.
    `domain`: the largest η that has a meaning (0 for a log-binomial probability).
    """

    name: str
    words: str
    event: Real
    other: Real
    limits: tuple[tuple[float, float], tuple[float, float]]
    expected: tuple[Real, float]
    domain: float = math.inf
    mean: Real = special.expit

    def score(self, event: bool, low: float, high: float) -> tuple[float, float]:
        """Enclosure of the score over η from `low` to `high` (either may be infinite)."""
        function = self.event if event else self.other
        at_low, at_high = self.limits[0 if event else 1]
        top = at_low if low == -math.inf else function(low)
        bottom = at_high if high == math.inf else function(high)
        return _down(bottom), _up(top)

    def information(self, low: float, high: float) -> tuple[float, float]:
        """Enclosure of the expected information of one patient over η from `low` to `high`."""
        function, mode = self.expected
        ends = [_limit(mode, x) if math.isinf(x) else function(x) for x in (low, high)]
        peak = function(mode) if low < mode < high and not math.isinf(mode) else max(ends)
        return max(0.0, _down(min(ends))), _up(peak)


def _limit(mode: float, x: float) -> float:
    return math.inf if x == mode else 0.0


def _up(x: float) -> float:
    return x if math.isinf(x) else x + abs(x) * _MARGIN + _TINY


def _down(x: float) -> float:
    return x if math.isinf(x) else x - abs(x) * _MARGIN - _TINY


def outward(low: Fraction | float, high: Fraction | float) -> tuple[float, float]:
    """Two exact ends as floats, moved outward."""
    return (
        low if low == -math.inf else math.nextafter(float(low), -math.inf),
        high if high == math.inf else math.nextafter(float(high), math.inf),
    )


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


def _hazard(x: float) -> float:
    """φ(x)/Φ(−x), the score of a probit, without cancellation in either tail."""
    return math.sqrt(2 / math.pi) / float(special.erfcx(x / math.sqrt(2)))


def _probit_information(x: float) -> float:
    return _hazard(x) * _hazard(-x)


def _cloglog_event(x: float) -> float:
    t = _exp(x)
    return t / math.expm1(t) if 0 < t < 700 else (1.0 if t == 0 else 0.0)


def _cloglog_information(x: float) -> float:
    t = _exp(x)
    return t * t / math.expm1(t) if 0 < t < 700 else 0.0


def _logbinomial_other(x: float) -> float:
    return -math.inf if x >= 0 else math.exp(x) / math.expm1(x)


def _logbinomial_information(x: float) -> float:
    return math.inf if x >= 0 else -math.exp(x) / math.expm1(x)


# the largest t²/(e^t − 1), at t = 1.59362426004…, (2 − t) e^t = 2
_CLOGLOG_MODE = math.log(1.5936242600400401)

LOGIT = Link(
    "logit", "logistic", lambda x: _expit(-x), lambda x: -_expit(x), ((1, 0), (0, -1)),
    (lambda x: _expit(x) * _expit(-x), 0.0),
)  # fmt: skip
POISSON = Link(
    "log", "Poisson with a log link", lambda x: 1 - _exp(x), lambda x: -_exp(x),
    ((1, -math.inf), (0, -math.inf)), (_exp, math.inf), mean=_exp,
)  # fmt: skip
LOG_BINOMIAL = Link(
    "log-binomial", "binomial with a log link", lambda x: 1.0, _logbinomial_other,
    ((1, 1), (0, -math.inf)), (_logbinomial_information, math.inf), domain=0.0, mean=_exp,
)  # fmt: skip
PROBIT = Link(
    "probit", "probit", lambda x: _hazard(-x), lambda x: -_hazard(x),
    ((math.inf, 0), (0, -math.inf)), (_probit_information, 0.0),
    mean=lambda x: float(special.ndtr(x)),
)  # fmt: skip
CLOGLOG = Link(
    "cloglog", "complementary log-log", _cloglog_event, lambda x: -_exp(x),
    ((1, 0), (0, -math.inf)), (_cloglog_information, _CLOGLOG_MODE),
    mean=lambda x: -math.expm1(-_exp(x)),
)  # fmt: skip

LINKS = {link.name: link for link in (LOGIT, POISSON, LOG_BINOMIAL, PROBIT, CLOGLOG)}
