"""Tables and a figure of the proofs across tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from analysis import certify, witnesses
from analysis.certify import Reading, TableStudy, Window
from analysis.checks.across_tables import Joined, joined, most_telling, proofs_of
from analysis.checks.words import listed
from analysis.compatible import coherence
from analysis.compatible.certificate import Certificate, leaves, shortfall, verify
from analysis.compatible.coherence import Ceiling
from analysis.compatible.exhaust import Exhausted
from analysis.compatible.largest import largest_errors
from analysis.compatible.links import LINKS
from analysis.findings import first_up
from analysis.paper import Paper
from analysis.printed import Printed, format_fixed
from analysis.show import whole
from analysis.show.html import Html
from analysis.show.tables import paper_rows

if TYPE_CHECKING:
    from analysis.show.figures import Figure

_WORDS = {
    certify.FREE: "0/1, 1/2 or any codes one step apart; any constant",
    certify.PRINTED: "0/1 and 1/2 in every mix; constant as printed",
    certify.EFFECT: "−1/1 in some or all; any constant",
    certify.PRINTED_EFFECT: "−1/1 in some or all; constant as printed",
    certify.REVERSED: "reference reversed in some or all; any constant",
    certify.PRINTED_REVERSED: "reference reversed in some or all; constant as printed",
}


def link_name(link: str) -> str:
    """The words for a link at the beginning of a line."""
    words = LINKS[link].words
    return words[:1].upper() + words[1:]


def readings(study: TableStudy) -> Html:
    """Every kind of reading under every link: how many are refuted, how many fit."""
    rows = []
    for kind in certify.KINDS:
        row: dict[str, object] = {"Codes and constant": f"{_WORDS[kind]} ({study.codings(kind)})"}
        for link in LINKS:
            row[link_name(link)] = _cell(study, kind, link)
        rows.append(row)
    return paper_rows(rows, label="Every reading that was tried, and how it ended")


def _cell(study: TableStudy, kind: str, link: str) -> str:
    counts = study.outcomes(kind, link)
    fits, refuted, open_ = (counts[o] for o in (certify.FITS, certify.REFUTED, certify.UNDECIDED))
    total = fits + refuted + open_
    if refuted == total:
        return "refuted" if total == 1 else f"all {total} refuted"
    if total == 1:
        return "fits" if fits else "not decided"
    named = study.fitting(kind, link)
    text = f"{fits} of {total} {'fits' if fits == 1 else 'fit'}" + (
        f": {named[0]}" if fits == 1 and ", " not in named[0] else ""
    )
    return text + (f"; {open_} not decided" if open_ else "")


def windows(study: TableStudy, link: str) -> Html:
    """For each printed number alone: which values would let all others hold."""
    rows = [
        {
            "Number": first_up(w.what),
            "Printed": w.printed,
            "All others hold with": window_text(w),
            "Proved not to help": _refuted(w),
        }
        for w in study.windows
        if w.link == link
    ]
    return paper_rows(rows, label=f"One number at a time, {LINKS[link].words}")


def ranges(study: TableStudy) -> Html:
    """The attainable range of each coefficient, given all the other numbers, link by link."""
    rows = []
    for row, label in study.rows.items():
        line = {"Coefficient": label}
        for w in study.windows:
            if w.row == row and w.kind == "slopes":
                line["Printed"] = w.printed
                line[link_name(w.link)] = range_of(w)
        rows.append(line)
    return paper_rows(rows, label="Attainable range of each coefficient")


def range_of(w: Window) -> str:
    """The values of a number with which all others hold, in one phrase."""
    if w.fits:
        assert w.below is not None
        assert w.above is not None
        return _between(w.below[1], w.above[1], _decimals(w))
    return window_text(w)


def window_text(w: Window) -> str:
    """``1.50 to 2.41``; both sides of the printed value if there are two."""
    if w.fits:
        return f"as printed; {range_of(w)}"
    sides = [side for side in (w.below, w.above) if side is not None]
    return " or ".join(_between(*sorted(side), _decimals(w)) for side in sides) or "no value"


def _decimals(w: Window) -> int:
    return 2 if w.kind == "slopes" else 0


def _between(low: float, high: float, decimals: int) -> str:
    """Rounded inward: what is named was found to fit."""
    scale = 10**decimals
    first = format_fixed(Fraction(math.ceil(low * scale - 1e-9), scale), decimals)
    last = format_fixed(Fraction(math.floor(high * scale + 1e-9), scale), decimals)
    if decimals and low <= -_FAR:
        return "any value" if high >= _FAR else f"{last} or less"
    if decimals and high >= _FAR:
        return f"{first} or more"
    return f"{first} to {last}"


_ROOM = 2  # half units of the last digit
_NUMBER_WORDS = {0: "none", 1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_FAR = 12.0  # the search goes no farther


def _refuted(w: Window) -> str:
    found = []
    for low, high, _ in w.refuted:
        if low is None and high is None:
            return "any value"
        if w.kind != "slopes" and low == 0 and w.below is None and w.above is None:
            return "any number"
        if low is None:
            found.append(f"up to {high:g}")
        else:
            found.append(f"from {low:g}" if high is None else f"{low:g} to {high:g}")
    return ", ".join(found).replace("-", "−")


def sets(study: TableStudy, labels: dict[str, str]) -> Html:
    """The smallest sets of printed numbers that cannot coexist: one column a set."""
    names = list(dict.fromkeys(name for chosen in study.sets for name in chosen))
    order = [w for w in labels if w in names]
    rows = []
    for name in order:
        inside = [name in chosen for chosen in study.sets]
        rows.append(
            {"Number": labels[name]}
            | {f"Set {i}": "●" if held else "" for i, held in enumerate(inside, 1)}
        )
    return paper_rows(rows, label="The smallest sets that cannot coexist", missing="·")


def errors(study: TableStudy) -> Html:
    """The smallest standard errors under the links for which some patients fit."""
    rows = [
        {
            "Model": link_name(e.link),
            "Standard error of": study.rows.get(e.row, "constant") + (f" ({e.codes})" if e.codes else ""),
            "Printed": e.printed,
            "Smallest found": f"{e.attained:.3f}",
            "Proved at least": "–" if e.proved is None else f"{math.floor(e.proved * 1000) / 1000:.3f}",
        }
        for e in study.errors
    ]  # fmt: skip
    return paper_rows(rows, label="The smallest standard errors that the numbers allow")


def largest(rows: Iterable[tuple[str, str, Printed, float]]) -> Html:
    """Printed standard errors beside the largest that a reading allows, rounded up."""
    lines = []
    for label, reading, se, bound in rows:
        up = "no limit" if math.isinf(bound) else f"{math.ceil(bound * 1000) / 1000:.3f}"
        above = float(se.interval.low) > bound
        lines.append(
            {"Standard error of": label, "Reading": reading, "Printed": se.text,
             "At most": up, "Within reach": "no" if above else "yes"}
        )  # fmt: skip
    return paper_rows(lines, label="The largest standard errors that the reading allows")


def ceiling(found: Joined, reach: Ceiling) -> Html:
    """The worst case behind a ceiling: kinds of patients, how many, their largest risk."""
    rows = []
    labels = [row.label for row in found.table.rows]
    for pattern, n, risk in sorted(reach.rows, key=lambda row: row[1]):
        own = [labels[j] for j, x in enumerate(pattern) if x]
        up = math.ceil(risk * 1000 - 1e-6) / 1000
        rows.append(
            {
                "Patients with": ", ".join(own),
                "How many": f"{round(n)}",
                "Risk at most": f"{up:.3f}",
                "Events at most": f"{math.ceil(round(n) * up * 10 - 1e-6) / 10:.1f}",
            }
        )
    total = math.ceil(reach.most * 10 - 1e-6) / 10
    rows.append(
        {"Patients with": "together", "How many": f"{round(sum(n for _, n, _ in reach.rows))}",
         "Risk at most": "", "Events at most": f"{total:.1f}"}
    )  # fmt: skip
    rows.append(
        {"Patients with": "counted", "How many": "", "Risk at most": "",
         "Events at most": f"{reach.observed}"}
    )  # fmt: skip
    return paper_rows(rows, label="The most events that the model can fit above the cut-off")


def pieces(certificate: Certificate) -> Html:
    """Every piece of a certificate: its box and how far it is from any patients."""
    names = ["Constant", *certificate.problem.predictors]
    wide = _wide(certificate)
    rows = []
    for i, (box, leaf) in enumerate(leaves(certificate.tree, certificate.problem.root()), 1):
        row: dict[str, object] = {"Piece": i}
        for side in wide:
            row[names[side]] = _side(box[side].low, box[side].high)
        proved = shortfall(certificate.problem, box, leaf)
        row["Entries that must differ, at least"] = f"{math.floor(float(proved) * 100) / 100:.2f}"
        rows.append(row)
    return paper_rows(rows, label="The pieces of the certificate")


def _wide(certificate: Certificate) -> Sequence[int]:
    """The sides of the box that are cut at all; the constant always."""
    root = certificate.problem.root()
    cut = {
        side
        for box, _ in leaves(certificate.tree, root)
        for side in range(len(root))
        if box[side] != root[side]
    }
    return sorted(cut | {0})


def _side(low: object, high: object) -> str:
    ends = [float(low), float(high)]  # type: ignore[arg-type]
    texts = [f"{e:.4g}".replace("-", "−") for e in ends]
    if math.isinf(ends[0]) and math.isinf(ends[1]):
        return "any"
    if math.isinf(ends[0]):
        return f"up to {texts[1]}"
    return f"from {texts[0]}" if math.isinf(ends[1]) else f"{texts[0]} to {texts[1]}"


def reasons(lines: Iterable[tuple[str, str, str]]) -> Html:
    """Innocent readings: what it would be, whether the numbers can refute it, what they say."""
    rows = [
        {"Reading": reading, "Can these numbers refute it?": can, "What they say": says}
        for reading, can, says in lines
    ]
    return paper_rows(rows, label="Innocent readings")


class Across:
    """What a chapter shows of one regression table held against the other tables."""

    def __init__(self, paper: Paper, table: str):
        found = joined(paper, paper.table(table))  # type: ignore[arg-type]
        if isinstance(found, str):
            raise ValueError(f"{table} cannot be joined with other tables: {found}")
        self.paper, self.found = paper, found
        self.study = next(s for s in certify.load(paper) if s.table == table)
        self.proofs = proofs_of(paper)

    def certificate(self, id: str) -> Certificate:
        """A stored certificate, verified now."""
        certificate = self.proofs.all[id]
        verify(certificate)
        return certificate

    def verified(self) -> str:
        """How many certificates stand beside the record; all are verified anew for it."""
        for kept in self.proofs.all.values():
            verify(kept)
        return f"{len(self.proofs.all)}"

    def ceiling(self) -> Html:
        """The most events above the most telling cut, kind of patient by kind."""
        reach = self._ceiling()
        return ceiling(self.found, reach)

    def _ceiling(self) -> Ceiling:
        j = most_telling(self.found, self.study.link)
        reach = None if j is None else coherence.ceiling(self.found.under(self.study.link), j)
        if reach is None:
            raise ValueError("no predictor of this table has a ceiling")
        return reach

    def crude_ratio(self) -> str:
        """The odds ratio of the most telling row from its own two-by-two table."""
        reach, problem = self._ceiling(), self.found.problem
        a, b = reach.observed, int(problem.others[reach.predictor].low)
        return f"{a * (problem.n0 - b) / (b * (problem.n1 - a)):.2f}"

    def printed_ratio(self) -> str:
        """The ratio of that row as printed."""
        row = self.found.table.rows[self._ceiling().predictor]
        if row.ratio is None:
            raise ValueError(f"{row.id} has no printed ratio")
        return row.ratio.text

    def proved(self) -> str:
        """Entries of patients that must differ, proved, rounded down."""
        return f"{math.floor(self.study.proved * 10) / 10:.1f}"

    def attained(self) -> str:
        """Entries that differ in the best counts found, rounded up."""
        return f"{math.ceil(self.study.attained * 10) / 10:.1f}"

    def counted(self) -> dict[str, str]:
        """For the prose: readings with the printed constant that were tried, refuted, fit."""
        counts = self.with_printed_constant()
        left = self.left()
        names = [f"{link_name(r.link)}, features coded {r.name.removeprefix('all ')}" for r in left]
        return {
            "tried": f"{sum(counts.values()):,}".replace(",", " "),
            "refuted": f"{counts[certify.REFUTED]:,}".replace(",", " "),
            "fits": _NUMBER_WORDS.get(len(left), str(len(left))),
            "survivor": "; ".join(names) or "none",
        }

    def reasons(self) -> Html:
        """Innocent readings, and what these numbers can say about each."""
        counts = self.counted()
        focus = self.study.rows[self.study.curves[0].row] if self.study.curves else "the predictor"
        helps = [
            f"{w.what}: {window_text(w)} (printed {w.printed})"
            for w in self.study.windows
            if w.link == self.study.link and w.kind != "slopes" and w.helps
        ]
        return reasons(
            [
                (counts["survivor"], "Not from coefficients, constant and counts",
                 "The only reading left with these. Its model-based standard errors would have to be smaller "
                 f"than printed: {self.too_large()} are out of its reach."),
                ("A covariate that the table does not list", "No",
                 "The equations of the listed ones no longer decide anything. In a logistic model the floor "
                 f"under the standard error of {focus} stays."),
                ("Patients left out of the model", "No",
                 "Other counts, other equations. Fewer patients raise the floor under the standard errors."),
                ("Another cut-off than the printed one", "In part",
                 f"One count alone would have to be another. {first_up('; '.join(helps))}." if helps else "No single count helps."),
                ("Robust standard errors", "No",
                 "They do not change the coefficients. They may be smaller or larger than the floors and ceilings here, which are for errors from the model; not examined."),
                ("Errors scaled for dispersion, or from resampling", "No",
                 "They do not change the coefficients; how large they can be was not examined."),
                ("A log-binomial fit that stopped at its boundary, or before its maximum", "Not tried",
                 "The score equations hold at a maximum inside the boundary only."),
                ("Penalised, bootstrapped or stepwise-averaged coefficients", "No",
                 "They do not fulfil the score equations."),
                ("Interactions, or a feature in more than two steps", "No", "The equations would be others."),
                ("Codes further apart, or two departures at once", "Not tried",
                 "Reversed references were tried with codes one step apart only."),
            ]
        )  # fmt: skip

    def readings(self) -> Html:
        return readings(self.study)

    def tried(self, kinds: Sequence[str] = certify.KINDS) -> dict[str, int]:
        """How many readings were tried and how they ended, of some kinds, all links together."""
        total: dict[str, int] = {}
        for kind in kinds:
            for link in LINKS:
                for outcome, n in self.study.outcomes(kind, link).items():
                    total[outcome] = total.get(outcome, 0) + n
        return total

    def with_printed_constant(self) -> dict[str, int]:
        """:meth:`tried` for the readings that use the constant as printed."""
        return self.tried([k for k in certify.KINDS if k.endswith("constant as printed")])

    def windows(self) -> Html:
        return windows(self.study, self.study.link)

    def ranges(self) -> Html:
        return ranges(self.study)

    def sets(self) -> Html:
        return sets(self.study, {f"{w.kind}.{w.row}": first_up(w.what) for w in self.study.windows})

    def errors(self) -> Html:
        return errors(self.study)

    def largest(self) -> Html:
        """The largest standard errors of the readings that are left with the printed constant."""
        return largest(self._largest_errors)

    def too_large(self) -> str:
        """How many printed standard errors no reading that is left can reach, in words."""
        rows = self._largest_errors
        over = {row for row, _, se, bound in rows if float(se.interval.low) > bound}
        own = {row for row, *_ in rows}
        return f"{_NUMBER_WORDS.get(len(over), len(over))} of the {_NUMBER_WORDS.get(len(own), len(own))}"

    @cached_property
    def _largest_errors(self) -> list[tuple[str, str, Printed, float]]:
        table, rows = self.found.table, []
        assert table.constant is not None
        assert table.constant.b is not None
        for reading in self.left():
            codes = whole.codes_of(reading, len(table.rows))
            asked = coherence.coded(
                replace(self.found.problem, link=reading.link), table.constant.b.interval, codes
            )
            bounds = largest_errors(asked, [low for low, _ in codes])
            if bounds is None:
                continue
            named = [("Constant", table.constant.se), *((r.label, r.se) for r in table.rows)]
            name = f"{link_name(reading.link)}, {reading.name}"
            for (label, se), bound in zip(named, bounds, strict=True):
                if se is not None:
                    rows.append((label, name, se, bound))
        return rows

    def left(self) -> list[Reading]:
        """The readings that fit with the constant as printed."""
        return [
            r
            for r in self.study.readings
            if r.kind.endswith("constant as printed") and r.outcome == certify.FITS
        ]

    def whole_found(self) -> Html:
        """For how many of the readings that fit there are made-up whole patients."""
        words = {kind: words.removesuffix("; any constant") for kind, words in _WORDS.items()}
        return whole.readings(self.study, self._stored, words)

    def whole_patients(self) -> Html:
        """Made-up whole patients whose fits print the coefficients, with any constant."""
        return whole.kinds(self.found, self._made_up)

    def whole_fits(self) -> Html:
        """What their fits print."""
        return whole.fits(self.found, self._made_up)

    def whole_nearest(self) -> Html:
        """What the nearest whole patients of the reading that is left print."""
        return whole.nearest(self.found, self._listed)

    def whole_told(self) -> dict[str, str]:
        """For the prose: models that are shown with whole patients, readings that have some and
        readings that fit; how many ways were listed for the reading
        that is left, with the roundings and with twice their room; whether one prints all;
        how many numbers the nearest miss."""
        ended, wider = self._listed, self._wider
        missed, units = whole.misses(self.found, ended.nearest[0])
        fewest, unit = whole.misses(self.found, whole.fewest(self.found, ended))
        models = [LINKS[p.asked.link].words for p in self._made_up]
        found, fitting = whole.found_of(self.study, self._stored)
        numbers = _NUMBER_WORDS
        return {
            "whole_models": listed(models),
            "whole_found": str(found),
            "whole_fitting": str(fitting),
            "ways": f"{ended.fitted:,}".replace(",", " "),
            "printing": "some do" if ended.fits else "none does",
            "differs": numbers.get(missed, str(missed)),
            "numbers": numbers.get(len(self.found.table.rows) + 1, "all"),
            "units": numbers.get(units, str(units)),
            "fewest": numbers.get(fewest, str(fewest)),
            "fewest_units": numbers.get(unit, str(unit)),
            "wider_ways": f"{wider.fitted:,}".replace(",", " "),
            # a distance is rounded down: no one comes nearer
            "distance": f"{math.floor(min(1.0, wider.nearest[0].off / _ROOM) * 100) / 100:.2f}",
        }

    @cached_property
    def _made_up(self) -> list[witnesses.Patients]:
        return whole.simplest(self._stored)

    @cached_property
    def _stored(self) -> list[witnesses.Patients]:
        """All of this table with any constant."""
        stored = witnesses.load(self.paper)
        return [p for p in stored if p.table == self.study.table and not p.asked.fixed]

    @cached_property
    def _listed(self) -> Exhausted:
        return self._all_whole(1)

    @cached_property
    def _wider(self) -> Exhausted:
        """With a whole unit of the last digit on both sides of every printed number, so that
        the nearest patients are known to be the nearest, if they come so near."""
        return self._all_whole(_ROOM)

    def _all_whole(self, room: int) -> Exhausted:
        left = self.left()
        found = whole.listed(self.found, left[0], room) if len(left) == 1 else None
        if found is None:
            raise ValueError("only one reading that is left, with a canonical link, can be listed")
        return found

    def pieces(self, id: str) -> Html:
        return pieces(self.certificate(id))

    def curve_plot(self, key: str) -> Figure:
        """How many entries must differ as the ratio of the most telling row changes."""
        from analysis.show import figures

        curves = self.study.curves
        window = next(
            w for w in self.study.windows if w.row == curves[0].row and w.kind == "slopes"
        )
        rows = [
            {"label": link_name(c.link), "points": [(math.exp(b), v) for b, v in c.values]}
            for c in curves
        ]
        return figures.curve_plot(
            rows, key=key, mark=(math.exp(float(window.printed)), "the printed ratio"),
            across=f"exponential of the coefficient of {self.study.rows[curves[0].row]}",
            up="entries of patients that do not fit", log=True,
            title="How far the tables are from one set of patients",
        )  # fmt: skip

    def explore(self, key: str) -> Html:
        """The explorer: another coefficient, and how many patients would not fit."""
        from analysis.show.explore_two_tables import explore_two_tables

        return explore_two_tables(self.paper, self.found, self.study, key)

    def explored(self) -> dict[str, str]:
        """For the prose: at least how many patients do not fit at the printed coefficient that
        the explorer begins with, of how many."""
        from analysis.show.explore_two_tables import at_first

        least, everyone = at_first(self.paper, self.found, self.study)
        return {"moved_least": f"{least}", "moved_everyone": f"{everyone}"}
