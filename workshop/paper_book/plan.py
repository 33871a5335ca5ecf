"""Which chapters the numbers of a paper allow, and what is missing for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import Paper, RegressionTable
from analysis.printed import Printed, PrintedDate
from analysis.show import parts
from analysis.show.book import Chapter
from workshop.paper_book.sections import ACROSS, OF_KIND, TEXT, Section

# Pages that every book may have: no part of a paper may bear their names.
RESERVED = frozenset(
    [
        "index",
        "verdicts",
        "glossary",
        "references",
        "versions",
        "cutoff",
        "effect_size",
        "usefulness",
        "confounding",
    ]
)
GRAVE = (Verdict.IMPOSSIBLE, Verdict.DEPENDS)
# So many are told one by one; a sheet holds all.
MOST_IMPOSSIBLE, MOST_DEPENDING = 5, 2
OTHER_CHECKS = "What else the numbers of this part say about each other."


class PlanError(Exception):
    """No book can be made of this record; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its file name, its title in plain text, the part of the book in which it
    stands, its template, and what the template is given."""

    name: str
    title: str
    caption: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Missing:
    """A chapter that cannot be made, and one sentence that says why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    pages: list[Page]
    missing: list[Missing]


def plan(paper: Paper, ledger: Ledger) -> Plan:
    """The pages of the book of a paper, in order, the start page first.

    Raises PlanError where a part of the paper bears the name of a page of the book.
    """
    chapters = list(dict.fromkeys(parts.chapter_of(f.table) for f in ledger))
    if taken := sorted(RESERVED & set(chapters)):
        raise PlanError(
            f'a part of the paper is called "{taken[0]}", which is a page of the book; '
            "another id is needed."
        )
    pages = [_part(paper, ledger, name) for name in _in_order(paper, chapters)]
    missing = _missing_parts(paper, chapters)
    for subject in SUBJECTS:
        rows, why = subject.rows(paper)
        if rows:
            context = {"rows": rows} | subject.context(pages)
            pages.append(
                Page(subject.name, subject.title, "Appraisal", f"{subject.name}.md", context)
            )
        else:
            missing.append(Missing(subject.title, why))
    missing += ALWAYS_MISSING
    book = [
        Page("verdicts", "The ledger: every printed number and its verdict", "The ledger",
             "verdicts.md", {"elsewhere": bool(paper.elsewhere)}),
        *pages,
    ]  # fmt: skip
    start = Page(
        "index", f"Appraisal: {paper.paper.label}", "", "index.md",
        _of_index(paper, ledger) | {"contents": pages, "missing": missing},
    )  # fmt: skip
    return Plan([start, *book], missing)


# --- parts of the paper ------------------------------------------------------------------


def _in_order(paper: Paper, chapters: list[str]) -> list[str]:
    """Methods first, then tables and pictures, then what the text says, then across tables."""
    late = ("abstract", "coherence")
    shown = {part.id for part in (*paper.tables, *paper.pictures)}
    first = [c for c in chapters if c not in shown and c not in late]
    return [*first, *(c for c in chapters if c in shown), *(c for c in late if c in chapters)]


def _part(paper: Paper, ledger: Ledger, name: str) -> Page:
    here = Chapter(name, paper, ledger)
    table = next((t for t in paper.tables if t.id == name), None)
    kind = table.kind if table is not None else None
    known = OF_KIND[kind] if kind else ACROSS if name == "coherence" else TEXT
    context: dict[str, Any] = {
        "kind": kind,
        "one_row": table is not None and len(table.rows) == 1,
        "sections": [*_sections(here, known), *_others(here, known)],
        "coverage": any(f.check == "coverage" for f in here.findings),
        "shown": _example(paper, name) if kind == "two_group" and _first(paper, name) else None,
        "flow": name == "methods" and bool(paper.flow),
    }
    if isinstance(table, RegressionTable):
        words = {"logistic": " (a {term}`logistic regression`, says the paper)",
                 "cox": " (a {term}`Cox model`, says the paper)"}  # fmt: skip
        context["analysis"] = table.analysis
        context["model_words"] = words.get(table.model or "", "")
    caption = "Across the tables" if name == "coherence" else "The paper, part by part"
    return Page(name, _title(name, paper), caption, "part.md", context)


_TITLES = {
    "methods": "Groups and methods",
    "abstract": "Does the text say what the tables say?",
    "coherence": "Across the tables: one group of patients?",
}


def _title(name: str, paper: Paper) -> str:
    return _TITLES.get(name) or parts.title(name, paper)


def _first(paper: Paper, name: str) -> bool:
    """Whether this is the first table of groups: there a printed number is explained."""
    return next(t.id for t in paper.tables_of("two_group")) == name


def _example(paper: Paper, name: str) -> str | None:
    """A printed number of the table with decimals: the first mean, else anything."""
    own = [
        n for n in paper.numbers.values()
        if n.id.startswith(f"{name}.") and isinstance(n.value, Printed)
        and n.value.decimals > 0 and n.value.comparison == "="
    ]  # fmt: skip
    own.sort(key=lambda n: n.role != "mean")
    return own[0].id if own else None


def _sections(here: Chapter, known: Iterable[Section]) -> Iterator[dict[str, Any]]:
    present = {f.check for f in here.findings}
    for section in known:
        checks = [check for check in section.checks if check in present]
        if checks:
            yield _section(here, section, checks)


def _others(here: Chapter, known: Iterable[Section]) -> list[dict[str, Any]]:
    """The checks that no section names, so that every finding is told."""
    named = {check for section in known for check in section.checks} | {"coverage"}
    checks = list(dict.fromkeys(f.check for f in here.findings if f.check not in named))
    if not checks:
        return []
    return [_section(here, Section("others", "Other checks", (), (), OTHER_CHECKS), checks)]


def _section(here: Chapter, section: Section, checks: list[str]) -> dict[str, Any]:
    own = [f for f in here.findings if f.check in checks]
    grave = {verdict: [f for f in own if f.verdict is verdict] for verdict in GRAVE}
    told = grave[Verdict.IMPOSSIBLE][:MOST_IMPOSSIBLE] + grave[Verdict.DEPENDS][:MOST_DEPENDING]
    title, shared = section.title, section.shared
    if section.key == "percentages" and not _prints_percentages(here):
        title, shared = "Counts", ()
    words = {Verdict.IMPOSSIBLE: "*impossible*", Verdict.DEPENDS: "*depends on a convention*"}
    return {
        "key": section.key, "title": title, "shared": shared,
        "caption": section.caption, "arguments": ", ".join(map(repr, checks)).replace("'", '"'),
        "plot": _plot(here, section), "plot_caption": section.plot_caption,
        "after_plot": section.after_plot, "tells": section.tells, "grave": [f.id for f in told],
        "verdicts": [words[f.verdict] for f in told], "more": sum(map(len, grave.values())) > len(told),
    }  # fmt: skip


def _prints_percentages(here: Chapter) -> bool:
    own = f"{here.name}."
    return any(n.role == "percentage" and n.id.startswith(own) for n in here.paper.numbers.values())


def _plot(here: Chapter, section: Section) -> str | None:
    """The call that draws the plot of a section, if its numbers can be drawn."""
    if section.plot is None:
        return None
    key = section.key
    of_table = section.plot in ("multiplicity_plot", "roc_plot", "forest_plot", "constant_plot")
    if not _DRAWN[section.plot](here):
        return None
    return f'here.{section.plot}("{key}"' + (f', "{here.name}")' if of_table else ")")


def _has_points(here: Chapter) -> bool:
    return any(
        row.auc and row.sensitivity and row.specificity
        and {f"{here.name}.{row.id}.sensitivity", f"{here.name}.{row.id}.specificity"}
        <= {f.id for f in here.findings}
        for row in here.table.rows
    )  # fmt: skip


def _has_ratios(here: Chapter) -> bool:
    rows = here.table.rows
    return any((r.b and r.se) or (r.ratio and r.ci) for r in rows)


def _has_values(name: str, key: str) -> Callable[[Chapter], bool]:
    def has(here: Chapter) -> bool:
        id = f"{here.name}.{name}"
        return id in here.ledger and bool(here.ledger[id].values.get(key))

    return has


def _has_t(here: Chapter) -> bool:
    own = [f for f in here.findings if f.check == "t from means and SDs"]
    return bool(own) and all("t_low" in f.values for f in own)


def _has_dates(here: Chapter) -> bool:
    dates = [n for n in here.paper.numbers.values() if isinstance(n.value, PrintedDate)]
    return here.name == "methods" and len(dates) > 1


_DRAWN: dict[str, Callable[[Chapter], bool]] = {
    "t_plot": _has_t,
    "multiplicity_plot": _has_values("multiplicity", "rows"),
    "roc_plot": _has_points,
    "forest_plot": _has_ratios,
    "constant_plot": _has_values("constant_coding", "codings"),
    "timeline_plot": _has_dates,
}


# --- the start page ----------------------------------------------------------------------


def _of_index(paper: Paper, ledger: Ledger) -> dict[str, Any]:
    grave = [f for f in ledger if f.verdict is Verdict.IMPOSSIBLE]

    def told(finding: Finding) -> dict[str, str]:
        page = parts.chapter_of(finding.table)
        return {"id": finding.id, "page": page, "where": parts.label(finding.table, paper)}

    return {
        "doi": paper.paper.doi,
        "groups": bool(paper.groups),
        "impossible": [told(f) for f in grave[:MOST_IMPOSSIBLE]],
        "more_impossible": len(grave) > MOST_IMPOSSIBLE,
    }


def _missing_parts(paper: Paper, chapters: list[str]) -> list[Missing]:
    found = []
    if not paper.text:
        found.append(Missing(
            "The text", "the record holds no numbers of the text, so text and tables are not "
            "held against each other."))  # fmt: skip
    for kind, what, needed in (
        ("two_group", "Groups compared", "no table that compares groups"),
        ("roc", "ROC curves", "no table of areas under ROC curves"),
        ("regression", "Regressions", "no table of a regression"),
    ):
        if not paper.tables_of(kind):
            found.append(Missing(what, f"the record holds {needed}."))
    if "coherence" not in chapters:
        found.append(Missing(
            "Across the tables", "a regression of an event, and the counts of its features in "
            "other tables, are needed."))  # fmt: skip
    return found


ALWAYS_MISSING = [
    Missing(
        "Simulated patients, follow-up, reporting and risk of bias",
        "they need more than the printed numbers: whole cohorts, dates, or a reader who answers "
        "the checklists.",
    )
]


# --- appraisal ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """A chapter of appraisal: the kind of table whose rows it needs, what it is called there,
    and `of`, which says what the template needs of one row or raises ValueError."""

    name: str
    title: str
    kind: str
    needed: str
    of: Callable[[Paper, Any, Any], dict[str, Any]]

    def rows(self, paper: Paper) -> tuple[list[dict[str, Any]], str]:
        """What the template is given for each row that allows the chapter; else the reason."""
        rows, reasons = [], []
        for table in paper.tables_of(self.kind):
            for row in table.rows:
                own, id = parts.label(table.id, paper), f"{table.id}.{row.id}"
                label = getattr(row, "label", None) or paper.variable(row.variable).label
                label = f"{own}: {label}"
                try:
                    more = self.of(paper, table, row)
                except ValueError as error:
                    reasons.append(str(error).replace(id, label).replace(table.id, own))
                    continue
                rows.append(
                    {"id": id, "key": id.replace(".", "-"), "table": table.id, "row": row.id,
                     "label": label, "first": table.id not in [r["table"] for r in rows]} | more
                )  # fmt: skip
        if rows:
            return rows, ""
        if not reasons:
            return [], f"the record holds {self.needed}."
        return [], f"no row allows it; {reasons[0].rstrip('.')}."

    def context(self, pages: list[Page]) -> dict[str, Any]:
        """What the template is given besides the rows."""
        if self.name != "usefulness":
            return {}
        has = any(page.name == "cutoff" for page in pages)
        return {"cutoff_link": "; see [the searched cut-off](cutoff.md)" if has else ""}


def _cutoff(paper: Paper, table: Any, row: Any) -> dict[str, Any]:
    from analysis.show.cutoff import Searched

    Searched(paper, f"{table.id}.{row.id}").told_of_counts()
    return {}


def _effect_size(paper: Paper, table: Any, row: Any) -> dict[str, Any]:
    from analysis.show.effect_size import EffectSize

    found = EffectSize(paper, table.id, row.id)
    found.told()
    found.measures_sheet()
    found.baseline_sheet()
    return {
        "hazard": table.model == "cox",
        "adjusted": table.analysis == "multivariable",
        "fewer": found.difference.value < 0,
        "hundreds": found.printed.value * found.counts.risk0 <= 1,
    }


def _usefulness(paper: Paper, table: Any, row: Any) -> dict[str, Any]:
    from analysis.show.usefulness import Usefulness

    found = Usefulness(paper, f"{table.id}.{row.id}")
    found.told()
    found.decision_plot("tried")
    return {"window": found.useful.exists}


def _confounding(paper: Paper, table: Any, row: Any) -> dict[str, Any]:
    from analysis.show.confounding import Confounding

    found = Confounding(paper, f"{table.id}.{row.id}")
    if float(row.ci.low) <= 1:
        raise ValueError(f"the interval of {table.id}.{row.id} holds no effect, or an inverse one")
    found.told()
    found.values_sheet()
    return {}


SUBJECTS = (
    Subject("cutoff", "A cut-off searched in the same patients", "roc",
            "no table of areas under ROC curves with cut-offs", _cutoff),
    Subject("effect_size", "The size of the effect", "regression",
            "no table of a regression", _effect_size),
    Subject("usefulness", "For which decision is a marker useful?", "roc",
            "no table of areas under ROC curves with cut-offs", _usefulness),
    Subject("confounding", "What else could it be? Confounding", "regression",
            "no table of a regression", _confounding),
)  # fmt: skip
