"""The patients of a file, as a study describes them: read, checked, counted.

Every cell is used, refused with one sentence (file, row, column, what was found, what is
allowed), or counted as missing; what is allowed but strange is said in a warning.  Nothing is
dropped silently and nothing is changed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cohort import MARK
from analysis.formula import evaluate, names_in
from analysis.printed import printable, quoted
from analysis.sheet_file import PatientsError, Sheet, read_sheet
from analysis.study import (
    GROUP,
    LARGEST,
    OUTCOME,
    ROW,
    SMALLEST,
    TIME,
    TIME_EVENT,
    WITHIN,
    Study,
    Variable,
    code_of,
)

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_POWERS = (2.0, 3.0, 6.0, 9.0)  # of ten, by which units differ: %, milli-, micro-, nano-
_SHOWN = 8  # rows that a warning names
_ID = ":id"  # no id of a variable


@dataclass(frozen=True, eq=False)
class Patients:
    """`table`: one row a patient, columns by id: ``outcome`` (1 the event, 0 without, NaN missing),
    ``time`` and ``time_event`` if there are times, the marker, numbers as floats, the labels of
    categorical and ordinal variables as ordered categories, ``group``; `rows`: where each stands
    in the file; `left_out`: rows that are not patients of this study, with the reason; `warnings`:
    one sentence each; `mark`: whose patients they are."""

    study: Study
    file: Path
    table: pd.DataFrame
    rows: NDArray[np.int64]
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]
    simulated: bool

    @property
    def mark(self) -> str:
        """What every table and figure of these patients says."""
        return MARK if self.simulated else f"patients of {printable(self.file.name)}"

    @property
    def size(self) -> int:
        """How many patients there are."""
        return len(self.table)

    def values(self, id: str) -> Floats:
        """A column of numbers, shape (n,), NaN where missing."""
        return self.table[id].to_numpy(dtype=float)


@dataclass(frozen=True)
class _Problem:
    row: int
    column: str
    sentence: str
    more: int = 0  # cells of the same column with a like problem


def load_patients(file: Path, study: Study) -> Patients:
    """Read the patients of a study.

    Raises :class:`~analysis.sheet_file.PatientsError` with one sentence: the first cell that
    cannot be used, and how many more there are.
    """
    file = Path(file)
    sheet = read_sheet(
        file, list(study.columns), sheet=study.file.sheet, separator=study.file.separator
    )
    left_out = []
    if sheet.blank:
        left_out.append(
            f"{_count(sheet.blank, 'row')} without anything in the columns that are read"
        )
    sheet, others = _only(sheet, study)
    if others:
        wanted = ", ".join(f"{k} = {v}" for k, v in study.file.only.items())
        left_out.append(f"{_count(others, 'row')} with other values than {wanted}")
    reader = _Reader(sheet, study)
    if sheet.inside:
        reader.warnings.append(
            f"{_count(sheet.inside, 'line end')} of the file {'stands' if sheet.inside == 1 else 'stand'} "
            "inside cells in quotation marks; if a mark stands there by mistake, the lines up to the "
            "next one are patients who are not read."
        )
    frame = reader.frame()
    reader.refuse()
    _refuse(_failures(frame, study, reader), sheet.file)
    table = _final(frame, study, reader)
    return Patients(
        study, file, table, sheet.rows, tuple(left_out),
        (*reader.warnings, *_strange(table, study, sheet.rows)), sheet.simulated,
    )  # fmt: skip


def _only(sheet: Sheet, study: Study) -> tuple[Sheet, int]:
    import pyarrow as pa

    keep = np.ones(len(sheet.rows), dtype=bool)
    for name, wanted in study.file.only.items():
        texts = sheet.columns[name].to_pylist()
        keep &= np.array([code_of(text) == wanted for text in texts])
    if keep.all():
        return sheet, 0
    if not keep.any():
        told = ", ".join(f"{k} = {quoted(v)}" for k, v in study.file.only.items())
        raise PatientsError(f"{sheet.file}: no row has {told}, as [file.only] asks.")
    columns = {name: column.filter(pa.array(keep)) for name, column in sheet.columns.items()}
    rows = sheet.rows[keep]
    kept = Sheet(sheet.file, columns, rows, sheet.blank, sheet.simulated, sheet.inside)
    return kept, int((~keep).sum())


class _Reader:
    """Columns of texts turned into numbers and codes; problems and warnings are gathered."""

    def __init__(self, sheet: Sheet, study: Study):
        self.sheet, self.study = sheet, study
        self.problems: list[_Problem] = []
        self.warnings: list[str] = []
        self._missing = sorted({text.strip().lower() for text in study.file.missing} | {""})
        self.no_event: str = study.outcome.no_event or ""
        self.names: dict[str, str] = {}  # ids to columns of the file

    def refuse(self) -> None:
        _refuse(self.problems, self.sheet.file)

    def frame(self) -> pd.DataFrame:
        """One column an id: floats, or codes as text; missing as NaN."""
        study = self.study
        columns: dict[str, object] = {OUTCOME: self._outcome()}
        self.names[OUTCOME] = study.outcome.column
        if study.file.id:
            texts, empty = self._texts(study.file.id)
            columns[_ID] = texts.to_pandas().astype("str").mask(empty)
            self.names[_ID] = study.file.id
        if study.time:
            columns[TIME] = self._numbers(study.time.column, "a time from 0 on")
            self.names[TIME] = study.time.column
            if study.time.event:
                columns[TIME_EVENT] = self._codes(study.time.event)
                self.names[TIME_EVENT] = study.time.event
        for v in study.variables:
            self.names[v.id] = v.name
            columns[v.id] = (
                self._numbers(v.name, v.allowed())
                if v.kind == "continuous"
                else self._codes(v.name)
            )
        marker = study.marker
        if marker.column is not None:
            columns[marker.id] = self._numbers(marker.column, marker.allowed())
            self.names[marker.id] = marker.column
        if study.groups:
            columns[GROUP] = self._codes(study.groups.column)
            self.names[GROUP] = study.groups.column
        if marker.formula is not None and not self.problems:
            columns[marker.id] = self._formula(marker.formula, columns)
            self.names[marker.id] = f"{marker.id} = {marker.formula}"
        return pd.DataFrame(columns)

    def _texts(self, name: str) -> tuple[pa.Array, NDArray[np.bool_]]:
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = pc.utf8_trim_whitespace(self.sheet.columns[name])
        empty = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(self._missing, pa.string()))
        return texts, np.asarray(empty.to_numpy(zero_copy_only=False), dtype=bool)

    def _numbers(self, name: str, allowed: str) -> Floats:
        import pyarrow as pa
        import pyarrow.compute as pc

        texts, empty = self._texts(name)
        plain = pc.replace_substring(texts, "\N{MINUS SIGN}", "-")
        comma = self.study.file.decimal == ","
        shown = pc.fill_null(
            pc.match_substring_regex(plain, _comma(_NUMBER) if comma else _NUMBER), False
        )
        good = np.asarray(shown.to_numpy(zero_copy_only=False), dtype=bool)
        if (bad := ~good & ~empty).any():
            at = int(bad.argmax())
            found = texts[at].as_py()
            self.problems.append(
                _Problem(
                    int(self.sheet.rows[at]), name,
                    f"found {quoted(found)}, {_needed(found, allowed, comma)}.", int(bad.sum()) - 1,
                )
            )  # fmt: skip
        if comma:
            plain = pc.replace_substring(plain, ",", ".")
        usable = pc.if_else(pa.array(good & ~empty), plain, None)
        # a leading plus is no number to Arrow
        usable = pc.replace_substring_regex(usable, r"^\+", "")
        numbers = np.asarray(usable.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float)
        if (bad := _out_of_bounds(numbers)).any() and not self._told(name):
            at = int(bad.argmax())
            self.problems.append(
                _Problem(
                    int(self.sheet.rows[at]), name, f"found {quoted(texts[at].as_py())}, {WITHIN}.",
                    int(bad.sum()) - 1,
                )
            )  # fmt: skip
        return numbers

    def _told(self, name: str) -> bool:
        return any(problem.column == name for problem in self.problems)

    def _codes(self, name: str) -> pd.Series:
        texts, empty = self._texts(name)
        encoded = texts.dictionary_encode()
        words = np.array([code_of(t) for t in encoded.dictionary.to_pylist()], dtype=object)
        found = words[encoded.indices.to_numpy(zero_copy_only=False)]
        found[empty] = np.nan
        return pd.Series(found, dtype="str")

    def _outcome(self) -> pd.Series:
        outcome = self.study.outcome
        codes = self._codes(outcome.column)
        seen = sorted(codes.dropna().unique())
        where = f"{self.sheet.file}, column {quoted(outcome.column)}"
        others = [code for code in seen if code != outcome.event]
        if outcome.event not in seen:
            raise PatientsError(
                f"{where}: nobody has {quoted(outcome.event)}, which is the event; found "
                f"{_words(seen)}."
            )
        if not self.no_event:
            if not others:
                raise PatientsError(f"{where}: everybody has {quoted(outcome.event)}, the event.")
            if len(others) > 1:
                raise PatientsError(
                    f"{where}: found {_words(seen)}; say under [outcome] which value means "
                    "no_event, or which rows to read (only, under [file])."
                )
            self.no_event = others[0]
        elif self.no_event not in seen:
            raise PatientsError(f"{where}: nobody has {quoted(self.no_event)}, which is no event.")
        return codes

    def _formula(self, formula: str, columns: dict[str, object]) -> Floats:
        parts = {name: np.asarray(columns[name]) for name in names_in(formula)}
        with np.errstate(all="ignore"):
            values = np.asarray(evaluate(ast.parse(formula, mode="eval").body, parts), dtype=float)
        values = np.where(_out_of_bounds(values), np.nan, values)
        known = np.all([np.isfinite(x) for x in parts.values()], axis=0)
        if (bad := known & ~np.isfinite(values)).any():
            rows = self.sheet.rows[bad]
            self.warnings.append(
                f"{formula}: in {_count(len(rows), 'patient')} ({_rows(rows)}) it divides by zero or "
                "is out of bounds, so the marker counts as missing there."
            )
        return np.where(np.isfinite(values), values, np.nan)


def _out_of_bounds(values: Floats) -> NDArray[np.bool_]:
    size = np.abs(values)
    return (size > LARGEST) | ((size > 0) & (size < SMALLEST))


def _comma(pattern: str) -> str:
    return pattern.replace(r"\.", ",")


def _needed(found: str, allowed: str, comma: bool) -> str:
    if found.lower().lstrip("+-") in ("inf", "infinity", "∞"):
        return "a finite number is needed"
    digits = found.lstrip("+-").replace(",", "").replace(".", "")
    if digits.isdigit() and "," in found and not comma:
        return (
            "a number with a decimal point is needed; if commas stand before the decimals, say "
            'decimal = "," under [file]'
        )
    if digits.isdigit() and "." in found and comma:
        return "a number with a decimal comma is needed, and no separators of thousands"
    if found[:1] in "<>≤≥":
        return f"{allowed} is needed, a limit of detection is no value"
    return f"{allowed} is needed, or nothing where the value is missing"


def _words(values: Sequence[str]) -> str:
    shown = ", ".join(quoted(v) for v in values[:8])
    return f"{shown}, …" if len(values) > 8 else shown or "nothing"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _rows(rows: Iterable[int]) -> str:
    rows = [int(r) for r in rows]
    shown = ", ".join(str(r) for r in rows[:_SHOWN])
    return f"row{'s' if len(rows) > 1 else ''} {shown}{', …' if len(rows) > _SHOWN else ''}"


def _refuse(problems: Sequence[_Problem], file: Path) -> None:
    if not problems:
        return
    first = min(problems, key=lambda q: (q.row, q.column))
    notes = []
    if first.more:
        notes.append(f"{_count(first.more, 'more cell')} of this column")
    if len(problems) > 1:
        notes.append(f"{_count(len(problems) - 1, 'more column')} with something to mend")
    told = f" ({'; '.join(notes)})" if notes else ""
    raise PatientsError(
        f"{file}, row {first.row}, column {quoted(first.column)}: {first.sentence[:-1]}{told}."
    )


# --- the schema -----------------------------------------------------------------------------


def schema(study: Study, no_event: str):
    """The pandera schema of the patients of a study, columns by id; the error of every check is
    what is allowed, in words."""
    import pandera.pandas as pa

    def number(allowed: str, low: float | None, high: float | None):
        def inside(s: pd.Series) -> pd.Series:
            good = s.abs() < float("inf")
            if low is not None:
                good &= s >= low
            return good if high is None else good & (s <= high)

        return pa.Column("float64", pa.Check(inside, error=allowed), nullable=True)

    def words(values: Sequence[str]):
        told = f"one of {_words(values)}"
        return pa.Column(str, pa.Check.isin(list(values), error=told), nullable=True)

    columns = {OUTCOME: words([study.outcome.event, no_event])}
    if study.file.id:
        columns[_ID] = pa.Column(str, unique=True, nullable=False)
    if study.time:
        columns[TIME] = number("a time from 0 on", 0.0, None)
        if study.time.event:
            columns[TIME_EVENT] = pa.Column(str, nullable=True)
    for v in [*study.variables, study.marker]:
        if isinstance(v, Variable) and v.kind != "continuous":
            columns[v.id] = words([level.value for level in v.levels])
        else:
            columns[v.id] = number(v.allowed(), v.lower, v.upper)
    if study.groups:
        columns[GROUP] = words([level.value for level in study.groups.levels])
    return pa.DataFrameSchema(columns, strict=True)


def _failures(frame: pd.DataFrame, study: Study, reader: _Reader) -> list[_Problem]:
    import pandera.errors

    try:
        schema(study, reader.no_event).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        return []
    problems = []
    rows = reader.sheet.rows
    for (name, check), found in cases.groupby(["column", "check"], sort=False):
        column = reader.names.get(str(name), str(name))
        places = np.sort(found["index"].to_numpy(dtype=np.int64))
        first = places[0]
        value = frame[name].iloc[first]
        if check == "field_uniqueness":
            same = np.flatnonzero((frame[name] == value).to_numpy())
            twice = int(frame[name].duplicated().sum())
            problems.append(
                _Problem(
                    int(rows[same[1]]), column,
                    f"found {quoted(value)}, which stands in row {rows[same[0]]} too, each patient "
                    "has an id of its own.", twice - 1,
                )
            )  # fmt: skip
            continue
        if check == "not_nullable":
            sentence = "found nothing, an id is needed."
        else:
            shown = f"{value:.15g}" if isinstance(value, float) else value
            sentence = f"found {quoted(shown)}, {check} is needed."
        problems.append(_Problem(int(rows[first]), column, sentence, len(places) - 1))
    return problems


# --- what is allowed ------------------------------------------------------------------------


def _final(frame: pd.DataFrame, study: Study, reader: _Reader) -> pd.DataFrame:
    table = {}
    outcome = frame[OUTCOME]
    table[OUTCOME] = np.where(
        outcome.isna(), np.nan, (outcome == study.outcome.event).to_numpy(dtype=float)
    )
    if study.time:
        table[TIME] = frame[TIME].to_numpy()
        if study.time.event:
            status = frame[TIME_EVENT]
            others = sorted(set(status.dropna().unique()) - {study.time.event_value})
            if len(others) > 1:
                reader.warnings.append(
                    f"column {quoted(study.time.event)}: {_words(others)} all count as censored, "
                    "that is, as seen last without the event; a second event that rules the first "
                    "out is not modelled."
                )
            table[TIME_EVENT] = np.where(
                status.isna(), np.nan, (status == study.time.event_value).to_numpy(dtype=float)
            )
        else:
            table[TIME_EVENT] = table[OUTCOME]
    for v in study.variables:
        table[v.id] = frame[v.id].to_numpy() if v.kind == "continuous" else _labels(frame[v.id], v)
    table[study.marker.id] = frame[study.marker.id].to_numpy()
    if study.groups:
        table[GROUP] = _labels(frame[GROUP], study.groups)
    final = pd.DataFrame(table)
    if ROW in final:
        raise AssertionError(ROW)
    return final


def _labels(codes: pd.Series, v) -> pd.Categorical:
    values = [level.value for level in v.levels]
    places = pd.Categorical(codes, categories=values).codes
    return pd.Categorical.from_codes(places, [level.label for level in v.levels], ordered=True)


def _strange(table: pd.DataFrame, study: Study, rows: NDArray[np.int64]) -> list[str]:
    """Warnings: units that seem mixed, columns without spread, no ids."""
    told = []
    numbers: list[tuple[str, str | None, str]] = [(v.id, v.unit, v.words) for v in study.continuous]
    if study.marker.column is not None and study.marker.id in table:
        numbers.append((study.marker.id, study.marker.unit, study.marker.label))
    for id, unit, label in numbers:
        values = table[id].to_numpy()
        if (found := mixed_units(values)) is not None:
            few, many, usual = found.odd, found.factor, found.median
            told.append(
                f"{label}: the values may be in two units: {_count(int(few.sum()), 'patient')} "
                f"({_rows(rows[few])}) such as {values[few][0]:.6g} beside a median of {usual:.6g}"
                f"{' ' + unit if unit else ''} (about {many:,.4g} times)."
            )
    if not study.file.id:
        told.append(
            "no column of ids is named (id, under [file]), so that patients who stand twice are "
            "not found."
        )
    return told


@dataclass(frozen=True, eq=False)
class MixedUnits:
    """`odd`: which values, shape (n,), lie apart from the others, whose `median` is told; the ratio
    of the two medians is `factor`, over or under one."""

    odd: NDArray[np.bool_]
    median: float
    factor: float


def mixed_units(values: Floats, gap: float = 5.0, apart: float = 30.0) -> MixedUnits | None:
    """Whether positive values fall into two heaps, as where one column holds two units.

    The two sides of the widest gap on the log scale: neighbours a factor `gap` apart or more,
    medians a factor `apart` or more and about a power of ten that units differ by, each heap
    narrower than the way between the medians.  A heuristic: it warns and proves nothing.  None where there are fewer than ten values.
    """
    positive = np.isfinite(values) & (values > 0)
    x = np.sort(np.log10(values[positive]))
    if len(x) < 10:
        return None
    steps = np.diff(x)
    at = int(steps.argmax())
    low, high = x[: at + 1], x[at + 1 :]
    way = float(np.median(high) - np.median(low))
    if steps[at] < np.log10(gap) or way < np.log10(apart):
        return None
    if not any(abs(way - powers) <= 0.6 for powers in _POWERS):
        return None
    if max(np.ptp(low), np.ptp(high)) > way:
        return None
    border = (low[-1] + high[0]) / 2
    with np.errstate(all="ignore"):
        over = positive & (np.log10(np.where(positive, values, 1.0)) > border)
    few = over if len(high) <= len(low) else positive & ~over
    usual, odd = values[positive & ~few], values[few]
    return MixedUnits(few, float(np.median(usual)), float(np.median(odd) / np.median(usual)))
