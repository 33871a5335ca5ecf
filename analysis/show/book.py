"""What the chapters of the book call.

from analysis.show.book import chapter

here = chapter("table1")
here.tell(patients=here.paper.total)
here.show("table1_verdicts", here.verdicts())
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.audit import audit
from analysis.checks.common import outward_ends
from analysis.checks.words import listed
from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import Paper, load_paper
from analysis.printed import Interval, format_fixed
from analysis.shipped import DATA
from analysis.show import parts, tables
from analysis.show.html import Html

if TYPE_CHECKING:
    from analysis.show.added_value import AddedValue
    from analysis.show.checklists import Checked
    from analysis.show.coherence import Across
    from analysis.show.cohorts import Cohorts
    from analysis.show.confounding import Confounding
    from analysis.show.cutoff import Searched
    from analysis.show.effect_size import EffectSize
    from analysis.show.examples import Examples
    from analysis.show.figures import Figure
    from analysis.show.follow_up import FollowUp
    from analysis.show.real_patients import RealPatients
    from analysis.show.sample_size import SampleSize
    from analysis.show.trials import RoundTrip, Trial
    from analysis.show.unreported import Unreported
    from analysis.show.usefulness import Usefulness
    from analysis.show.your_cohort import YourCohort

PAPER_VARIABLE = "REREAD_PAPER"


@dataclass(frozen=True)
class Chapter:
    """One chapter: the paper, the ledger of all findings, and those told here."""

    name: str
    paper: Paper
    ledger: Ledger

    @cached_property
    def findings(self) -> Ledger:
        """The findings of the parts of the paper that this chapter tells."""
        return Ledger(f for f in self.ledger if parts.chapter_of(f.table) == self.name)

    def __getitem__(self, finding_id: str) -> Finding:
        """The finding with this id, of any chapter."""
        return self.ledger[finding_id]

    def verdicts(self, *checks: str) -> Html:
        """The findings of this chapter as a table; with names, only those of these checks.

        Each finding may stand once on a page: its row is what the ledger links to.
        """
        known = {f.check for f in self.findings}
        if wrong := [check for check in checks if check not in known]:
            raise ValueError(
                f"no check {wrong[0]!r} in chapter {self.name}, there are "
                f"{', '.join(sorted(known)) or 'none'}"
            )
        chosen = [f for f in self.findings if not checks or f.check in checks]
        name = f"Verdicts, {parts.label(self.name, self.paper)}"
        return tables.chapter_ledger(
            chosen, self.paper, label=": ".join([name, ", ".join(checks)] if checks else [name])
        )

    def whole_ledger(self) -> Html:
        """All findings of the paper, for the page of the ledger."""
        return tables.ledger_table(self.ledger, self.paper)

    def line(self, finding_id: str) -> Html:
        """The verdict of one finding for use inside a sentence."""
        return tables.finding_line(self.ledger[finding_id])

    def by_hand(self, finding_id: str) -> Html:
        """The line with which a reader checks one finding."""
        return tables.by_hand(self.ledger[finding_id])

    @property
    def table(self) -> Any:
        """The table of the paper that has this chapter's name."""
        return self.paper.table(self.name)

    def quote(self, **numbers: str) -> None:
        """Give the prose printed numbers, as they were printed: ``quote(auc="table2.sii.auc")``."""
        for key, number in numbers.items():
            _glue(key, self.paper.numbers[number].text)

    def explain(self, **findings: str) -> None:
        """Give the prose findings: ``explain(t="table1.sii.t_from_means")`` makes the keys
        ``t.verdict``, ``t.printed``, ``t.attainable`` and ``t.by_hand``."""
        for key, id in findings.items():
            finding = self.ledger[id]
            for part in ("verdict", "printed", "attainable", "by_hand"):
                _glue(f"{key}.{part}", str(getattr(finding, part)))

    def interval(self, **numbers: str) -> None:
        """Give the prose the rounding interval of printed numbers: keys ``…_low``, ``…_high``."""
        for key, number in numbers.items():
            printed = self.paper.number(number)
            for end in ("low", "high"):
                value = getattr(printed.interval, end)
                _glue(f"{key}_{end}", format_fixed(value, printed.decimals + 1))

    def bounds(self, key: str, finding: str, low: str, high: str, *, decimals: int) -> None:
        """Give the prose the ends of an attainable interval, rounded outward."""
        values = self.ledger[finding].values
        ends = Interval.outward(float(values[low]), float(values[high]), 0)  # type: ignore[arg-type]
        texts = outward_ends(ends, decimals)
        for end, text in zip(("low", "high"), texts, strict=True):
            _glue(f"{key}_{end}", text)

    def groups(self, table: str | None = None) -> str:
        """The groups of a table, or of the paper, with their sizes, as words."""
        own = self.paper.groups_of(self.paper.table(table)) if table else self.paper.groups
        return listed([f"{g.label} ({g.n.text} patients)" for g in own])

    def summary(self, *checks: str) -> str:
        """The verdicts of this chapter, or of some of its checks, as words of a sentence."""
        return verdict_words(f for f in self.findings if not checks or f.check in checks)

    def grave(self, key: str, *findings: str) -> None:
        """Give the prose findings with all that a reader needs to weigh them: keys
        ``key.1.claim``, ``.printed``, ``.attainable``, ``.by_hand`` and ``.rests_on``."""
        for i, id in enumerate(findings, 1):
            finding = self.ledger[id]
            for part in ("claim", "printed", "attainable", "by_hand"):
                _glue(f"{key}.{i}.{part}", str(getattr(finding, part)))
            _glue(f"{key}.{i}.rests_on", "; ".join(finding.assumptions) or "nothing else")

    def count(self, verdict: str | None = None, *, check: str | None = None) -> int:
        """How many findings: of this chapter if one check is named, else of the whole ledger."""
        chosen = self.findings if check else self.ledger
        return sum(
            (verdict is None or f.verdict == verdict) and (check is None or f.check == check)
            for f in chosen
        )

    def complement(self, number: str) -> str:
        """One minus a printed share, with its decimals."""
        printed = self.paper.number(number)
        return format_fixed(1 - printed.value, printed.decimals)

    def event_rate(self, decimals: int = 3, table: str | None = None) -> str:
        """The share of patients with the event, of all or of those of a regression table."""
        if table is not None:
            own = self.paper.table(table)
            rate = Fraction(self.paper.group(own.event).size, self.paper.total_of(own))
        else:
            rate = Fraction(parts.event_group(self.paper).size, self.paper.total)
        return format_fixed(rate, decimals)

    def significance(self) -> str:
        """What counts as significant, as printed; the usual level where the record names none."""
        if self.paper.significance is not None:
            return self.paper.numbers[self.paper.significance].text
        return f"below {float(self.paper.alpha):g} (the usual level; the record names none)"

    def meanings(self) -> Html:
        """The five verdicts, how many findings have each, and what each means."""
        return tables.verdict_counts(self.ledger)

    def elsewhere(self) -> Html:
        """Printed numbers that are about other studies."""
        rows = [
            {"Printed": e.printed, "Section": e.section.capitalize(), "About": e.about}
            for e in self.paper.elsewhere
        ]
        return tables.paper_rows(rows, label="Numbers about other studies")

    def across(self, table: str) -> Across:
        """A regression table held against the other tables."""
        from analysis.show.coherence import Across

        return Across(self.paper, table)

    def cohorts(self) -> Cohorts:
        """The simulated cohorts beside the record of the paper."""
        from analysis.show.cohorts import Cohorts

        return Cohorts(self.paper, self.ledger)

    def unreported(self, upper: str, lower: str) -> Unreported:
        """What the simulated cohorts and proofs say of quantities that the paper does not
        print; `upper` over `lower` is the ratio of two parts that is asked about."""
        from analysis.show.unreported import Unreported

        return Unreported(self.paper, (upper, lower))

    def real(self, study: str, marker: str, horizon: float, part: str) -> RealPatients:
        """Real patients whose description stands beside the folder of the paper."""
        from analysis.real import Patients
        from analysis.show.real_patients import RealPatients

        file = Path(self.paper.folder or ".").parent / study / "patients.yaml"
        return RealPatients(Patients.read(file), marker, horizon, part)

    def examples(self, folder: str) -> Examples:
        """Other papers, whose records stand in a folder beside the folder of the paper."""
        from analysis.show.examples import Examples

        return Examples((self.paper.folder or Path()).parent / folder)

    def your_cohort(self) -> YourCohort:
        """The command ``cohort`` at work: its example, and a replication."""
        from analysis.show.your_cohort import YourCohort

        return YourCohort(self.paper)

    def effect_size(self, table: str, row: str) -> EffectSize:
        """One row of a regression table beside the two-by-two table of its counts."""
        from analysis.show.effect_size import EffectSize

        return EffectSize(self.paper, table, row)

    def usefulness(self, row: str) -> Usefulness:
        """One marker at its printed cut as a rule: ``usefulness("table2.marker")``."""
        from analysis.show.usefulness import Usefulness

        return Usefulness(self.paper, row)

    def sample_size(self, marker: str, *, wish: str, most: str) -> SampleSize:
        """How many patients a regression needed, for a model as good as `marker`."""
        from analysis.show.sample_size import SampleSize

        return SampleSize(self.paper, marker, wish, most)

    def confounding(self, coefficient: str) -> Confounding:
        """How much something left out of a regression could do to one of its ratios."""
        from analysis.show.confounding import Confounding

        return Confounding(self.paper, coefficient)

    def added_value(self, *known: str) -> AddedValue:
        """The index against its parts, and beside the `known` features."""
        from analysis.show.added_value import AddedValue

        return AddedValue(self.paper, known)

    def follow_up(self, marker: str, timeline: str) -> FollowUp:
        """A marker at its cut, and the time over which its patients were followed."""
        from analysis.show.follow_up import FollowUp

        return FollowUp(self.paper, marker, timeline)

    def checklist(self, name: str) -> Checked:
        """The paper held against a checklist: ``checklist("remark")``."""
        from analysis.checklists import appraisal_of
        from analysis.show.checklists import Checked

        return Checked(appraisal_of(self.paper, self.ledger, name))

    def shares_plot(self, key: str, *names: str) -> Figure:
        """The answers to some reporting lists, one bar a list."""
        from analysis.show.checklists import shares_plot

        return shares_plot([self.checklist(name) for name in names], key)

    def unsaid(self, *names: str) -> Html:
        """The items of some reporting lists that are answered no."""
        from analysis.show.checklists import unsaid

        return unsaid([self.checklist(name) for name in names])

    def readings(self, *names: str) -> Html:
        """The overall judgement of some tools under kinder readings of their answers."""
        from analysis.show.checklists import readings

        return readings([self.checklist(name) for name in names])

    def events_per(self, variables: int) -> str:
        """Patients with the event for each of so many variables, as a line by hand."""
        from analysis.show.checklists import events_per_variable

        return events_per_variable(self.paper, variables)

    def searched(self, row: str) -> Searched:
        """The cut-off in a row of a ROC table, as searched in the same patients."""
        from analysis.show.cutoff import Searched

        return Searched(self.paper, row)

    def explore_searched(self, cut: Searched, key: str) -> Html:
        """Studies without any effect that a reader draws, each with its best cut."""
        from analysis.show.explore_searched import explore_searched

        return explore_searched(cut, key)

    def explore_cut(self, row: str, key: str) -> Html:
        """The cut-off of a marker, which a reader moves along its curve in the first cohort."""
        from analysis.show.explore_cut_off import explore_cut

        return explore_cut(self.paper, row, key)

    def trial(self, name: str) -> Trial | RoundTrip:
        """A stored trial of the checks: ``trial("across_tables")``, ``trial("round_trip")``."""
        from analysis.show.trials import trial

        return trial((self.paper.folder or Path()).parent / "trials" / f"{name}.json")

    def counts_plot(self, key: str) -> Figure:
        """All findings by verdict."""
        return figures().counts_plot(self.ledger, key=key, title="Findings by verdict")

    def t_plot(self, key: str) -> Figure:
        """The t statistics of this chapter's table."""
        return plots().t_statistics(self.paper, self.ledger, self.name, key)

    def explore_rounding(self, key: str, row: str) -> Html:
        """The explorer of this chapter's means; `row` is the one that stands there first."""
        from analysis.show.explore_rounding import explore_rounding

        return explore_rounding(self.paper, self.name, key, row)

    def multiplicity_plot(self, key: str, table: str) -> Figure:
        """The P values of a table against the thresholds for many tests."""
        return plots().multiplicity(self.paper, self.ledger, table, key)

    def roc_plot(self, key: str, table: str) -> Figure:
        """The bands of all ROC curves of a table."""
        return plots().roc_curves(self.paper, self.ledger, table, key)

    def forest_plot(self, key: str, table: str) -> Figure:
        """The ratios of a regression table, printed and recomputed."""
        return plots().ratios(self.paper, table, key)

    def constant_plot(self, key: str, table: str) -> Figure:
        """What the constant allows under each coding and link."""
        return plots().constant(self.paper, self.ledger, table, key)

    def flow_plot(self, key: str) -> Figure:
        """The flow of patients as far as the text gives it."""
        return plots().flow(self.paper, key)

    def timeline_plot(self, key: str) -> Figure:
        """The printed dates and the end of the follow-up."""
        return plots().dates(self.paper, key)

    def tell(self, **values: object) -> None:
        """Give the prose its numbers: each key becomes a ``{glue:text}`` of this page.

        A value is a string, a whole number, or something with a text of its own (a
        printed number, a verdict).  Floats and fractions are refused: write the format
        that the reader should see.
        """
        for key, value in values.items():
            if isinstance(value, float | Fraction) and not isinstance(value, bool):
                raise TypeError(f'{key} is a bare {type(value).__name__}: format it, f"{{x:.2f}}"')
            _glue(key, str(value))

    def tell_of(self, prefix: str, values: Mapping[str, object]) -> None:
        """The same for several things of one kind on one page: ``tell_of("a", …)`` makes the
        keys ``a.…``."""
        self.tell(**{f"{prefix}.{key}": value for key, value in values.items()})

    def show(self, key: str, what: Any) -> None:
        """Keep a table or figure under `key` for ``{glue:figure}`` or a table directive."""
        if not hasattr(what, "_repr_html_"):
            raise TypeError(f"{key} is a {type(what).__name__}: a table or figure is needed")
        _glue(key, what)


_CLAUSES = {
    Verdict.REPRODUCED: ("is reproduced", "are reproduced"),
    Verdict.CONSISTENT: ("is consistent", "are consistent"),
    Verdict.DEPENDS: ("depends on a convention", "depend on a convention"),
    Verdict.IMPOSSIBLE: ("is impossible", "are impossible"),
    Verdict.NOT_CHECKABLE: ("cannot be checked", "cannot be checked"),
}


def verdict_words(findings: Iterable[Finding]) -> str:
    """``Of 14 findings, 13 are reproduced and 1 is impossible``."""
    counts = {v: n for v, n in Ledger(findings).counts().items() if n}
    total = sum(counts.values())
    if not total:
        return "There is no finding"
    if len(counts) == 1:
        one, many = _CLAUSES[next(iter(counts))]
        return f"The one finding {one}" if total == 1 else f"All {total} findings {many}"
    clauses = [f"{n} {_CLAUSES[v][n > 1]}" for v, n in counts.items()]
    return f"Of {total} findings, {listed(clauses)}"


def plots() -> Any:
    """The plots, imported when a chapter first draws: matplotlib takes half a second."""
    from analysis.show import plots as module

    return module


def figures() -> Any:
    """The figures, imported when a chapter first draws."""
    from analysis.show import figures as module

    return module


def _glue(key: str, what: Any) -> None:
    from myst_nb import glue

    glue(key, what, display=False)


def chapter(name: str, file: Path | str | None = None) -> Chapter:
    """The chapter `name`, on the paper in `file` (default: :func:`paper_file`)."""
    file = Path(file) if file is not None else paper_file()
    return Chapter(name, *_audited(file.resolve(), file.stat().st_mtime_ns))


@cache
def _audited(file: Path, changed: int) -> tuple[Paper, Ledger]:
    paper = load_paper(file)
    return paper, audit(paper)


def paper_file() -> Path:
    """The paper of this book: what the variable REREAD_PAPER names, or the one file
    ``data/*/paper.yaml`` that came with the library."""
    if named := os.environ.get(PAPER_VARIABLE):
        return Path(named)
    return _only_one(DATA.glob("*/paper.yaml"))


def _only_one(files: Iterable[Path]) -> Path:
    found = sorted(files)
    if len(found) != 1:
        raise FileNotFoundError(
            f"found {len(found)} files data/*/paper.yaml; name one in {PAPER_VARIABLE}"
        )
    return found[0]
