"""The papers of an exam as pages and as Markdown, the key as a page, and marks as lines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from analysis.estimate.accuracy import Share
from analysis.exam.draw import MARK, Error, Exam, ExamPaper
from analysis.exam.key import KINDS, points_of
from analysis.exam.marking import Marks
from analysis.findings import first_up
from analysis.paper import LevelsRow, MeanRow, MedianRow, Paper, RegressionTable, RocTable
from analysis.show import sources
from analysis.show.export import escaped
from analysis.show.html import inline
from analysis.show.page import page
from analysis.show.tables import paper_rows

# before every caption, so that a table that is cut out of the page carries it too
SHORT = "Exam, numbers may be changed"


@dataclass(frozen=True)
class _Heading:
    text: str
    level: int = 2


@dataclass(frozen=True)
class _Said:
    text: str
    strong: bool = False


@dataclass(frozen=True)
class _List:
    items: tuple[str, ...]


@dataclass(frozen=True)
class _Rows:
    caption: str
    rows: tuple[Mapping[str, str], ...]


Block = _Heading | _Said | _List | _Rows


def _html(title: str, blocks: Iterable[Block]) -> str:
    made = []
    for block in blocks:
        if isinstance(block, _Heading):
            tag = f"h{block.level}"
            made.append(Markup(f"<{tag}>{{}}</{tag}>").format(inline(block.text)))
        elif isinstance(block, _Said):
            text = inline(block.text)
            made.append(
                Markup("<p>{}</p>").format(
                    Markup("<strong>{}</strong>").format(text) if block.strong else text
                )
            )
        elif isinstance(block, _List):
            items = Markup("").join(Markup("<li>{}</li>").format(inline(i)) for i in block.items)
            made.append(Markup("<ul>{}</ul>").format(items))
        else:
            table = paper_rows(block.rows, label=block.caption, caption=block.caption)
            made.append(Markup(table.html))
    return page(title, Markup("\n").join(made))


def _markdown(blocks: Iterable[Block]) -> str:
    made = []
    for block in blocks:
        if isinstance(block, _Heading):
            made.append(f"{'#' * block.level} {escaped(block.text)}")
        elif isinstance(block, _Said):
            text = escaped(block.text)
            made.append(f"**{text}**" if block.strong else text)
        elif isinstance(block, _List):
            made.append("\n".join(f"- {escaped(item)}" for item in block.items))
        else:
            names = list(dict.fromkeys(key for row in block.rows for key in row))
            lines = [[escaped(n) for n in names]]
            lines += [[escaped(row.get(n, "") or "–") for n in names] for row in block.rows]
            shown = ["| " + " | ".join(line) + " |" for line in lines]
            shown.insert(1, "|" + " --- |" * len(names))
            made.append(f"{escaped(block.caption)}\n\n" + "\n".join(shown))
    return "\n\n".join(made) + "\n"


# --- the task ----------------------------------------------------------------------------


def task_page(paper: ExamPaper, exam: Exam) -> str:
    """One paper as a page that stands alone.  Raises OSError if the style sheet is missing."""
    return _html(f"{SHORT}: paper {paper.number}", _task(paper, exam))


def task_markdown(paper: ExamPaper, exam: Exam) -> str:
    """The same as Markdown."""
    return _markdown(_task(paper, exam))


def _task(exam_paper: ExamPaper, exam: Exam) -> list[Block]:
    paper, number = exam_paper.paper, exam_paper.number
    blocks: list[Block] = [
        _Heading(f"Exam paper {number}", 1),
        _Said(MARK, strong=True),
        *_source(exam_paper),
        _Heading("What to do"),
        _Said("Find the printed numbers that cannot stand beside the others, and say why."),
        _List(
            (
                exam.level.meaning,
                "A paper may hold one error, several, or none.",
                "Two numbers that contradict each other do not say which of them is wrong: "
                "naming either is right.",
                f"Each error found gives {_points(exam.level.points)}. A number named without "
                "ground costs one, but no paper is worth less than nothing. A paper without an "
                f"error that is left alone gives {_points(exam.level.points)}.",
                f"Answer in numbers-{number}.csv (an x beside what you suspect), or in answers.csv "
                "(paper, number, why).",
            )
        ),
        _Heading("The study"),
        _Rows(
            f"{SHORT}. Groups of paper {number}.",
            tuple({"Group": g.label, "Patients": g.n.text} for g in paper.groups)
            + (
                ({"Group": paper.everyone.label, "Patients": paper.everyone.n.text},)
                if paper.everyone is not None and paper.everyone.n is not None
                else ()
            ),
        )
        if paper.groups
        else _Said("The paper names no groups."),
        _List(tuple(_methods(paper))),
    ]
    for table in paper.tables:
        name = f"{paper.label_of_table(table.id)}: {table.title}"
        blocks += [_Heading(name), _Rows(f"{SHORT}. {name}.", tuple(_rows(table, paper)))]
        if notes := _notes(table, paper):
            blocks.append(_List(tuple(notes)))
    if paper.text:
        blocks.append(_Heading("In the text"))
        blocks += [
            _Rows(
                f"{SHORT}. Numbers of the text: {section.place}.",
                tuple(
                    {
                        "What it says": first_up(s.about) + (", P" if s.kind == "p" else ""),
                        "Printed": _with_unit(s.printed, s.unit),
                    }
                    for s in section.statements
                ),
            )
            for section in paper.text
            if section.statements
        ]
    if claims := [first_up(c.claim) for c in (*paper.relations, *paper.timelines)]:
        blocks += [_Heading("What the text says about its numbers"), _List(tuple(claims))]
    if known := list(_known(paper)):
        blocks += [_Heading("What is known about the variables"), _List(tuple(known))]
    return [*blocks, _Said(MARK, strong=True)]


def _points(points: int) -> str:
    return "1 point" if points == 1 else f"{points} points"


def _source(exam_paper: ExamPaper) -> list[Block]:
    if exam_paper.source is None:
        return [_Said("The patients of this paper are simulated: there was no such study.")]
    source = exam_paper.source
    told = sources.reference(sources.entry_of(source, sources.entries()))
    blocks: list[Block] = [
        _Said(
            "Made for teaching from the numbers of a published paper; do not take what stands here "
            f"for what it printed: {told}."
        )
    ]
    if source.paper.licence:
        blocks.append(_Said(f"Licence of that paper: {source.paper.licence}."))
    if exam_paper.left_out:
        rows = "1 row" if exam_paper.left_out == 1 else f"{exam_paper.left_out} rows"
        blocks.append(_Said(f"{rows} of its tables were left out."))
    return blocks


def _methods(paper: Paper) -> Iterable[str]:
    if paper.paper.software:
        yield f"Program: {paper.paper.software}."
    tests = paper.paper.tests
    told = [t for t in (tests.continuous, tests.categorical, tests.model) if t]
    if told:
        yield f"Tests, in the words of the record: {'; '.join(told)}."
    yield f"Level of significance: {float(paper.alpha):g}."


_SUMMARIES = {"mean_sd": "mean ± SD", "median_iqr": "median (quartiles)", "n_pct": "n (%)"}
_AREA = {
    "auc": "AUC", "ci": "Interval", "se": "SE", "p": "P", "threshold": "Cut-off",
    "sensitivity": "Sensitivity", "specificity": "Specificity", "youden": "Youden index",
    "ppv": "PPV", "npv": "NPV", "accuracy": "Accuracy", "lr_positive": "LR+", "lr_negative": "LR−",
}  # fmt: skip
_MODEL = {
    "threshold": "Cut-off", "b": "B", "se": "SE", "wald": "Wald", "p": "P", "ratio": "Ratio",
    "ci": "Interval",
}  # fmt: skip


def _rows(table: Any, paper: Paper) -> Iterable[dict[str, str]]:
    if isinstance(table, RocTable):
        return _tidied(_roc_rows(table, paper))
    if isinstance(table, RegressionTable):
        return _tidied(_model_rows(table))
    return _tidied(_group_rows(table, paper))


def _tidied(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """The rows without the columns that none of them fills, all with the same columns."""
    rows = list(rows)
    used = [n for n in dict.fromkeys(k for row in rows for k in row) if any(r.get(n) for r in rows)]
    last = [name for name in ("Statistic", "P") if name in used and "Row" in used]
    used = [name for name in used if name not in last] + last
    return [{name: row.get(name, "") for name in used} for row in rows]


def _group_rows(table: Any, paper: Paper) -> Iterable[dict[str, str]]:
    groups = [(g.id, f"{g.label} (n = {g.n.text})") for g in paper.groups_of(table)]
    if (everyone := paper.everyone) is not None:
        groups.append((everyone.id, everyone.label))
    for row in table.rows:
        variable = paper.variable(row.variable)
        name = variable.label + (f" ({variable.unit})" if variable.unit else "")
        sizes = row.n or {}
        tail = {
            "Statistic": row.statistic.text if row.statistic is not None else "",
            "P": row.p.text if row.p is not None else "",
        }
        if isinstance(row, LevelsRow):
            yield (
                {"Row": f"{name}, n (%)"}
                | {label: f"n = {sizes[g].text}" if g in sizes else "" for g, label in groups}
                | tail
            )
            for level in row.levels:
                yield {"Row": f"{name}: {level.label}"} | {
                    label: _cell(level.values.get(g)) for g, label in groups
                }
        else:
            yield (
                {"Row": f"{name}, {_SUMMARIES[row.summary]}"}
                | {
                    label: _cell(row.values.get(g))
                    + (f" (n = {sizes[g].text})" if g in sizes else "")
                    for g, label in groups
                }
                | tail
            )


def _roc_rows(table: RocTable, paper: Paper) -> Iterable[dict[str, str]]:
    for row in table.rows:
        name = paper.variable(row.variable).label
        speaks = "lower" if row.direction == "lower" else "higher"
        yield {"Marker": f"{name} ({speaks} values speak for it)"} | _printed(row, _AREA)
        for cut in row.cuts:
            yield {"Marker": f"{name}, further cut-off"} | _printed(cut, _AREA)


def _model_rows(table: RegressionTable) -> Iterable[dict[str, str]]:
    columns = _MODEL | {"ratio": table.effect_label or _MODEL["ratio"]}
    rows = [(row.label, row) for row in table.rows]
    if table.constant is not None:
        rows.append(("Constant", table.constant))
    for name, row in rows:
        yield {"Predictor": name} | _printed(row, columns)


def _printed(row: Any, columns: Mapping[str, str]) -> dict[str, str]:
    return {name: _cell(getattr(row, key, None)) for key, name in columns.items()}


def _cell(value: Any) -> str:
    return "" if value is None else str(getattr(value, "text", value))


def _with_unit(printed: str, unit: str | None) -> str:
    return f"{printed} {unit}" if unit and unit not in printed else printed


_OF = {"row": "of all patients in the row", "all": "of all patients of the table"}
_IS = {"chi2": "chi-square", "t": "t", "z": "z", "u": "U", "f": "F", "h": "H"}


def _notes(table: Any, paper: Paper) -> list[str]:
    """What the paper says about a table beside its numbers."""
    notes = []
    if isinstance(table, RocTable):
        notes.append(f"The event is: {paper.label_of(table.positive)}.")
    elif isinstance(table, RegressionTable):
        event = f", the event is: {paper.label_of(table.event)}" if table.event else ""
        model = f"A {table.model} model" if table.model else "A regression"
        notes.append(f"{model}{event}.")
    elif any(not isinstance(row, MeanRow | MedianRow) for row in table.rows):
        notes.append(f"Percentages are {_OF.get(table.percent_of, 'of the group')}.")
    if (confidence := getattr(table, "confidence", None)) is not None:
        notes.append(f"Level of the intervals: {confidence.text}.")
    for row in table.rows:
        told = []
        if getattr(row, "test", None):
            told.append(f"test: {row.test.replace('_', ' ')}")
        if getattr(row, "statistic_is", None):
            told.append(f"the statistic is {_IS[row.statistic_is]}")
        if getattr(row, "by_ranks", False):
            told.append("compared by ranks (Mann–Whitney)")
        if told:
            notes.append(f"{paper.variable(row.variable).label}: {'; '.join(told)}.")
    return notes


def _known(paper: Paper) -> Iterable[str]:
    for v in paper.variables:
        told = [v.step.reason] if v.step is not None else []
        for words, limit in (("at least", v.lower), ("at most", v.upper)):
            if limit is not None:
                told.append(f"{words} {float(paper.limit(limit)):g} ({limit.reason})")
        if v.formula:
            told.append(f"made as {v.formula}")
        if told:
            yield f"{v.label}: {'; '.join(told)}."
    for constraint in paper.constraints:
        yield f"{constraint.expression}: {constraint.reason}."


# --- the key -----------------------------------------------------------------------------


def key_page(exam: Exam) -> str:
    """The key as a page that stands alone.  Raises OSError if the style sheet is missing."""
    return _html("Key of an exam: not for the class", _key(exam))


def key_markdown(exam: Exam) -> str:
    """The same as Markdown."""
    return _markdown(_key(exam))


def _key(exam: Exam) -> list[Block]:
    clean = sum(not paper.errors for paper in exam.papers)
    most = sum(points_of(paper, exam) for paper in exam.papers)
    blocks: list[Block] = [
        _Heading("Key of an exam", 1),
        _Said("Not for the class.", strong=True),
        _Said(MARK, strong=True),
        _List(
            (
                f"Level {exam.level}: {exam.level.meaning}",
                f"Papers: {len(exam.papers)}, without an error: {clean}. "
                f"Seed {exam.seed}; at most {_points(most)}.",
                "Before the errors were planted the audit called nothing in these papers "
                "impossible; now it calls impossible what stands here, and nothing else.",
            )
        ),
    ]
    for paper in exam.papers:
        blocks.append(_Heading(f"Paper {paper.number}: {_points(points_of(paper, exam))}"))
        if not paper.errors:
            blocks.append(_Said("No error: a class that names nothing here is right."))
        for i, error in enumerate(paper.errors, 1):
            blocks += _error(i, error, paper.number)
        if paper.neutral:
            blocks.append(
                _Said(
                    "Named or not, these count for nothing, because a doubt about them has some "
                    f"ground: {', '.join(i for i in paper.paper.numbers if i in paper.neutral)}."
                )
            )
    return blocks


def _error(i: int, error: Error, number: int) -> list[Block]:
    return [
        _Heading(f"Error {number}.{i}: {KINDS[error.kind]}", 3),
        _Rows(
            f"What was changed, error {number}.{i}.",
            tuple(
                {"Where": c.place, "From": c.before, "To": c.after, "Ids": ", ".join(c.numbers)}
                for c in error.changed
            ),
        ),
        _Rows(
            f"What shows it, error {number}.{i}.",
            tuple(
                {
                    "Finding": f"{first_up(f.claim)} ({f.id})",
                    "Printed": f.printed,
                    "The other numbers allow": f.attainable,
                    "By hand": f.by_hand,
                    "It rests on": "; ".join(f.assumptions) or "roundings alone",
                }
                for f in error.findings
            ),
        ),
        _Said(f"A right answer names any of: {', '.join(sorted(error.accepted))}."),
    ]


# --- marks -------------------------------------------------------------------------------


def marks_text(marked: Sequence[tuple[str, Marks]]) -> str:
    """One paragraph for each sheet of answers."""
    return "\n".join(f"{name}\n{_lines(marks)}" for name, marks in marked)


def _lines(m: Marks) -> str:
    lines = [f"points       {m.points} of {m.most}"]
    lines.append(
        f"sensitivity  {_share(m.sensitivity)}: {m.found} of {m.planted} errors found"
        if m.sensitivity
        else "sensitivity  no error was planted"
    )
    if m.specificity:
        left = m.sound - min(m.false, m.sound)
        lines.append(
            f"specificity  {_share(m.specificity)}: {left} of {m.sound} sound numbers left alone"
        )
    if m.clean:
        lines.append(f"clean papers {m.left_alone} of {m.clean} left alone")
    return "".join(f"  {line}\n" for line in lines)


def _share(found: Share) -> str:
    """A share with its interval, the ends rounded outward."""
    low = math.floor(1000 * found.low + 1e-9) / 10
    high = math.ceil(1000 * found.high - 1e-9) / 10
    return re.sub(r"\.0%", "%", f"{found.value:.1%} ({low:.1f}% to {high:.1f}%)")
