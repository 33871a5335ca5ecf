"""A proof, without a solver, that printed numbers of several tables cannot all hold.

A regression with a constant and k two-valued predictors sorts the patients into 2^k
patterns.  With e_x events and f_x others in pattern x, the tables print

    Σ e_x = n1,  Σ f_x = n0,  Σ x_j e_x = E_j,  Σ x_j f_x = F_j       (margins)

and a maximum-likelihood fit makes, for the constant and for every predictor k,

    Σ x_k (a_x e_x + b_x f_x) = 0                                     (score equations)

where a_x and b_x are the scores of a patient with and without the event at the linear
predictor of the pattern (:mod:`analysis.compatible.links`).  For given coefficients these
are linear in the counts.  Multipliers p_j, q_j of the margins and v_k of the score
equations refute them (Farkas 1902): let

    y = max_x −(Σ p_j x_j + a_x Σ v_k x_k),   z = max_x −(Σ q_j x_j + b_x Σ v_k x_k).

Every choice of counts ≥ 0 then has ``y n1 + z n0 + Σ p_j E_j + Σ q_j F_j >= 0``.  If that
sum, S, is negative, no counts exist; and if ``|p_j|, |q_j| <= 1``, at least −S entries of
patients would have to be different.  The coefficients range over their roundings and the
constant over its own or over all numbers; this box is cut into pieces, and in each the
scores are enclosed outward.  A certificate is the tree of cuts with the multipliers of
every piece; :func:`verify` needs nothing else.

A printed standard error adds a condition.  The information about coefficient k given the
others is ``1/SE_k² = min_c Σ w_x (e_x + f_x) (z_k + Σ_i c_i z_i)²`` with z the coded design and
the sum over the other columns, w the information of one patient.  A printed SE therefore
says that the sum is at least ``1/SE²`` for *every* c; a certificate names the c that it uses.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from pathlib import Path

from analysis.compatible.links import LINKS, Link, outward
from analysis.printed import Bound, Interval

MICRO = 10**6  # multipliers are whole numbers of millionths
_UNIT = 1 << 44  # scores and informations in whole numbers of this

Box = tuple[Interval, ...]


class CertificateError(ValueError):
    """A certificate does not prove what it claims; the message says where."""


@dataclass(frozen=True, slots=True)
class Information:
    """The condition that 1/SE² of one coefficient is at least `value`, used with one `c`.

    `column`: 0 for the constant, j for predictor j (from 1); `low_codes`: the lower code of
    each predictor (0 for 0/1, 1 for 1/2), which matters for the constant alone; `c`: one
    number in millionths for every other column, the constant first.
    """

    column: int
    value: Fraction
    low_codes: tuple[int, ...]
    c: tuple[int, ...]

    def design(self, pattern: Sequence[int]) -> tuple[int, tuple[int, ...]]:
        """The coded column itself and the others, in one pattern."""
        row = (1, *(x + low for x, low in zip(pattern, self.low_codes, strict=True)))
        return row[self.column], row[: self.column] + row[self.column + 1 :]

    def square(self, pattern: Sequence[int]) -> Fraction:
        """(z_k + Σ c_i z_i)² in one pattern."""
        own, others = self.design(pattern)
        return (own + sum(Fraction(x * z, MICRO) for x, z in zip(self.c, others, strict=True))) ** 2


@dataclass(frozen=True, slots=True)
class Problem:
    """What is printed, as numbers: see the module's head for the letters.

    `events`, `others`: how many patients with and without the event have each predictor
    (whole numbers; an interval where not known exactly).  `slopes`: the coefficients as
    differences in η between having the predictor and not.  `constant`: η with no
    predictor present (may be all numbers).  `information`: conditions from standard errors.
    """

    link: str
    n1: int
    n0: int
    predictors: tuple[str, ...]
    events: tuple[Interval, ...]
    others: tuple[Interval, ...]
    slopes: tuple[Interval, ...]
    constant: Interval
    information: tuple[Information, ...] = ()

    def __post_init__(self) -> None:
        k = len(self.predictors)
        if not len(self.events) == len(self.others) == len(self.slopes) == k >= 1:
            raise ValueError("events, others and slopes must have one entry a predictor")
        if self.link not in LINKS:
            raise ValueError(f"link must be one of {', '.join(LINKS)}, not {self.link!r}")

    @property
    def k(self) -> int:
        return len(self.predictors)

    @property
    def patterns(self) -> list[tuple[int, ...]]:
        """The 2^k patterns, the last predictor changing fastest."""
        return list(product((0, 1), repeat=self.k))

    def root(self) -> Box:
        """The whole box: the constant, then the slopes."""
        return (self.constant, *self.slopes)


EVERYTHING = Interval(-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Leaf:
    """Multipliers for one piece of the box, in millionths: p and q (k each), v (k + 1) and r (one
    a condition on information, >= 0)."""

    p: tuple[int, ...]
    q: tuple[int, ...]
    v: tuple[int, ...]
    r: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """The box is cut across one side at a value into two pieces."""

    side: int
    at: Fraction
    below: Cut | Leaf
    above: Cut | Leaf


@dataclass(frozen=True, slots=True)
class Certificate:
    """A claim in words with its assumptions, the printed numbers it uses, and its proof.

    `patients`: at least so many entries of patients would have to be different (0: some).
    """

    id: str
    claim: str
    assumptions: tuple[str, ...]
    uses: dict[str, str]
    problem: Problem
    tree: Cut | Leaf
    patients: Fraction = Fraction(0)
    values: dict[str, object] = field(default_factory=dict)


def shortfall(problem: Problem, box: Box, leaf: Leaf) -> Fraction | float:
    """−S for one piece: how far the counts are from existing, by any multipliers.

    Positive: no counts exist for any coefficients in `box`.  −inf if the multipliers prove
    nothing (an unbounded score).  Pure arithmetic: scores are enclosed outward, all sums
    are whole numbers.
    """
    scale = max(MICRO, *(abs(m) for m in (*leaf.p, *leaf.q)))
    return _unscaled(problem, box, leaf) / scale


def shortfall_of_patients(problem: Problem, box: Box, leaf: Leaf) -> Fraction | float:
    """The same, counted in patients: at least so many would have to be of another pattern.

    Another pattern changes ``Σ p_j x_j`` of a patient by at most ``Σ |p_j|``, however many of
    its entries are others; so −S patients are proved where both sums are at most one.
    """
    scale = max(MICRO, sum(map(abs, leaf.p)), sum(map(abs, leaf.q)))
    return _unscaled(problem, box, leaf) / scale


def _unscaled(problem: Problem, box: Box, leaf: Leaf) -> Fraction | float:
    """−S in millionths."""
    if any(r < 0 for r in leaf.r) or len(leaf.r) != len(problem.information):
        raise CertificateError("multipliers of the information must be >= 0, one a condition")
    link = LINKS[problem.link]
    worst = {True: None, False: None}
    for pattern in problem.patterns:
        ends = reach_of_eta(link, box, pattern, problem.k)
        if ends is None:
            continue  # no patient can have this pattern
        across = leaf.v[0] + sum(v for v, x in zip(leaf.v[1:], pattern, strict=True) if x)
        extra = _information(problem, link, leaf, pattern, ends)
        for event, margins in ((True, leaf.p), (False, leaf.q)):
            low, high = link.score(event, *ends)
            least = min(_times(across, low, math.floor), _times(across, high, math.floor))
            least += extra
            if least == -math.inf:
                return -math.inf
            value = -least - sum(m for m, x in zip(margins, pattern, strict=True) if x) * _UNIT
            worst[event] = value if worst[event] is None else max(worst[event], value)
    if worst[True] is None or worst[False] is None:
        # no pattern is possible at all: any patients contradict it
        return Fraction((problem.n1 + problem.n0) * MICRO)
    total = Fraction(problem.n1 * worst[True] + problem.n0 * worst[False], _UNIT)
    for margins, reach in ((leaf.p, problem.events), (leaf.q, problem.others)):
        for m, interval in zip(margins, reach, strict=True):
            total += max(m * interval.low, m * interval.high)
    for r, condition in zip(leaf.r, problem.information, strict=True):
        total -= r * condition.value
    return -total


def reach_of_eta(
    link: Link, box: Box, pattern: Sequence[int], k: int
) -> tuple[float, float] | None:
    total = box[0]
    for x, slope in zip(pattern, box[1 : k + 1], strict=True):
        if x:
            total = total + slope
    low, high = outward(total.low, total.high)
    if low >= link.domain:
        return None
    return low, min(high, link.domain)


def _times(multiplier: int, value: float, rounding) -> int | float:
    if multiplier == 0:
        return 0
    if math.isinf(value):
        return multiplier * value
    # one unit more than enough for the rounding of value · unit to a float
    exact = Fraction(value) * _UNIT
    return multiplier * (math.floor(exact) if multiplier > 0 else math.ceil(exact))


def _information(
    problem: Problem, link: Link, leaf: Leaf, pattern: Sequence[int], ends: tuple[float, float]
) -> int | float:
    """The least that the conditions on information add in one pattern."""
    most = sum(
        r * condition.square(pattern)
        for r, condition in zip(leaf.r, problem.information, strict=True)
        if r
    )
    if not most:
        return 0
    high = link.information(*ends)[1]
    return -math.inf if math.isinf(high) else -math.ceil(Fraction(high) * most * _UNIT)


def halves(box: Box, side: int, at: Fraction) -> tuple[Box, Box]:
    """The two pieces of a box cut across one side; raises CertificateError if `at` is not
    inside that side."""
    interval = box[side]
    if not interval.low < at < interval.high:
        raise CertificateError(f"a cut at {float(at):g} is outside side {side} of its box")
    below = (*box[:side], Interval(interval.low, at), *box[side + 1 :])
    above = (*box[:side], Interval(at, interval.high), *box[side + 1 :])
    return below, above


def leaves(tree: Cut | Leaf, box: Box) -> Iterator[tuple[Box, Leaf]]:
    """Every piece of the box with its multipliers.  The cuts leave no gap."""
    if isinstance(tree, Leaf):
        yield box, tree
        return
    below, above = halves(box, tree.side, tree.at)
    yield from leaves(tree.below, below)
    yield from leaves(tree.above, above)


def verify(certificate: Certificate) -> Fraction | float:
    """The number of entries that must differ, proved anew from the certificate alone.

    Raises CertificateError if a piece is not refuted or fewer entries are proved than
    claimed.
    """
    least: Fraction | float = math.inf
    for box, leaf in leaves(certificate.tree, certificate.problem.root()):
        proved = shortfall(certificate.problem, box, leaf)
        if not proved > 0:
            raise CertificateError(f"{certificate.id}: a piece is not refuted: {_where(box)}")
        least = min(least, proved)
    if least < certificate.patients:
        raise CertificateError(
            f"{certificate.id}: {float(certificate.patients):g} entries are claimed, "
            f"{float(least):g} are proved"
        )
    return least


def _where(box: Box) -> str:
    return ", ".join(f"[{float(i.low):g}, {float(i.high):g}]" for i in box)


def write(certificates: Certificate | Sequence[Certificate]) -> str:
    """One certificate, or several that share their assumptions and printed numbers, as JSON:
    the same bytes for the same certificates, a row of the tree on every line.

    Raises ValueError if they do not share them.
    """
    if isinstance(certificates, Certificate):
        return _text(_plain(certificates)) + "\n"
    shared = {(c.assumptions, tuple(c.uses.items())) for c in certificates}
    if len(shared) != 1:
        raise ValueError("certificates of one file must share assumptions and printed numbers")
    first = _plain(certificates[0])
    head = {key: first[key] for key in _SHARED}
    own = [_text({k: v for k, v in _plain(c).items() if k not in _SHARED}) for c in certificates]
    return _text(head)[:-1] + ',\n"certificates": [' + ",\n".join(own) + "]}\n"


_SHARED = ("assumptions", "uses")


def _text(plain: dict[str, object]) -> str:
    lines = []
    for key, value in plain.items():
        if key == "tree":
            rows = ",\n".join(json.dumps(row) for row in value)  # type: ignore[attr-defined]
            lines.append(f'"tree": [\n{rows}]')
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{" + ",\n".join(lines) + "}"


def read(file: Path) -> Certificate:
    """Read a file with one certificate.  Raises CertificateError with one sentence."""
    found = read_all(file)
    if len(found) != 1:
        raise CertificateError(f"{file}: found {len(found)} certificates, one is expected.")
    return found[0]


def read_all(file: Path) -> list[Certificate]:
    """All certificates of a file.  Raises CertificateError with one sentence if it cannot be used."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if "certificates" not in found:
            return [_certificate(found)]
        shared = {key: found[key] for key in _SHARED}
        return [_certificate(own | shared) for own in found["certificates"]]
    except OSError as error:
        raise CertificateError(f"{file}: the file cannot be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise CertificateError(f"{file}: this is no certificate ({error}).") from None


def _end(x: Bound) -> str:
    if isinstance(x, float) and math.isinf(x):
        return "inf" if x > 0 else "-inf"
    return str(Fraction(x))


def _interval(ends: Sequence[str]) -> Interval:
    low, high = (float(x) if x in ("inf", "-inf") else Fraction(x) for x in ends)
    return Interval(low, high)


def _plain(certificate: Certificate) -> dict[str, object]:
    problem = certificate.problem
    return {
        "id": certificate.id,
        "claim": certificate.claim,
        "assumptions": list(certificate.assumptions),
        "patients": str(certificate.patients),
        "uses": certificate.uses,
        "values": certificate.values,
        "problem": {
            "link": problem.link,
            "n1": problem.n1,
            "n0": problem.n0,
            "predictors": list(problem.predictors),
            "events": [[_end(i.low), _end(i.high)] for i in problem.events],
            "others": [[_end(i.low), _end(i.high)] for i in problem.others],
            "slopes": [[_end(i.low), _end(i.high)] for i in problem.slopes],
            "constant": [_end(problem.constant.low), _end(problem.constant.high)],
            "information": [
                {
                    "column": i.column,
                    "value": str(i.value),
                    "low_codes": list(i.low_codes),
                    "c": list(i.c),
                }
                for i in problem.information
            ],
        },
        "tree": list(_flat(certificate.tree)),
    }


def _flat(tree: Cut | Leaf) -> Iterator[list[object]]:
    """Cuts and leaves in order, the piece below before the piece above."""
    if isinstance(tree, Leaf):
        yield ["leaf", *(list(x) for x in (tree.p, tree.q, tree.v, tree.r))]
        return
    yield ["cut", tree.side, str(tree.at)]
    yield from _flat(tree.below)
    yield from _flat(tree.above)


def _certificate(found: dict) -> Certificate:
    problem = found["problem"]
    rows = iter(found["tree"])
    tree = _tree(rows)
    if next(rows, None) is not None:
        raise ValueError("something stands after the end of the tree")
    return Certificate(
        found["id"],
        found["claim"],
        tuple(found["assumptions"]),
        dict(found["uses"]),
        Problem(
            problem["link"],
            problem["n1"],
            problem["n0"],
            tuple(problem["predictors"]),
            *(tuple(_interval(i) for i in problem[key]) for key in ("events", "others", "slopes")),
            _interval(problem["constant"]),
            tuple(
                Information(i["column"], Fraction(i["value"]), tuple(i["low_codes"]), tuple(i["c"]))
                for i in problem["information"]
            ),
        ),
        tree,
        Fraction(found["patients"]),
        dict(found["values"]),
    )


def _tree(rows: Iterator[list]) -> Cut | Leaf:
    row = next(rows, None)
    if row is None:
        raise ValueError("the tree ends too early")
    if row[0] == "leaf":
        p, q, v, r = row[1:]
        return Leaf(tuple(p), tuple(q), tuple(v), tuple(r))
    if row[0] != "cut":
        raise ValueError(f"found {row[0]!r} where a cut or a leaf is expected")
    below = _tree(rows)
    return Cut(row[1], Fraction(row[2]), below, _tree(rows))
