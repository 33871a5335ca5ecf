"""What a file of patients means: schema and loader of ``study.toml``.

It says which column holds the outcome and which value is the event, the time if there is one,
the marker (a column, or a formula of variables) with its direction, and the other variables.
A file that does not fit is refused with one sentence (:class:`StudyError`).
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from analysis import printed as p
from analysis.formula import check_expression, names_in
from analysis.record import At, RecordError, sentence_of, unknown

LARGEST_FILE = 1_000_000  # bytes
# what a program writes where there is no value; letters count as equal, large or small
MISSING = ("", "na", "n/a", "nan", "null", "none", ".")
# ids that are taken by what is made of the columns
OUTCOME, TIME, TIME_EVENT, GROUP, ROW = "outcome", "time", "time_event", "group", "row"
RESERVED = (OUTCOME, TIME, TIME_EVENT, GROUP, ROW)
# sizes of a number whose fourth power still is one: variances are squared
SMALLEST, LARGEST = 1e-60, 1e60
WITHIN = f"zero or a number from {SMALLEST:g} to {LARGEST:g} in size is needed"


class StudyError(RecordError):
    """A study file cannot be used; the message is one sentence."""


def code_of(value: object) -> str:
    """A code as text, the same for ``1``, ``1.0`` and ``"1"``; blanks around it do not count."""
    text = str(value).strip()
    if re.fullmatch(r"[+-]?\d{1,15}(\.0*)?", text):
        return str(int(text.partition(".")[0]))
    return text


def _code(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError('a value of the column is needed, such as 1 or "yes"')
    if not (code := code_of(value)):
        raise ValueError("a value of the column is needed, it is empty")
    return _printable(code)


def _printable(text: str) -> str:
    """A label is shown in a terminal, which must not obey it."""
    if not text.isprintable():
        raise ValueError(f"found {p.quoted(text)}, plain text on one line is needed")
    return text


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(f"found {p.quoted(value)}, a number without quotation marks is needed")
    if value and not SMALLEST <= abs(value) <= LARGEST:
        raise ValueError(f"found {p.quoted(value)}, {WITHIN}")
    return float(value)


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Code = Annotated[str, BeforeValidator(_code)]
Number = Annotated[float, BeforeValidator(_number)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileOptions(_Part):
    """How the file of patients is written.

    `sheet`: of an XLSX file, the first if none is named; `separator`: between the columns, found
    in the first line if none is named; `decimal`: the sign before decimals; `missing`: what
    stands where there is no value; `id`: the column that names each patient, once; `only`: the
    value that a column must have in the rows that are read.
    """

    sheet: Text | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] = "."
    missing: list[str] = list(MISSING)
    id: Text | None = None
    only: dict[Text, Code] = {}


class Outcome(_Part):
    """The column of the outcome and which value is the `event`; `no_event`: the other value, if
    the file holds more than two; `with`, `without`: words for the two groups of patients."""

    column: Text
    event: Code
    no_event: Code | None = None
    label: Text = "Event"
    with_: Annotated[Text, Field(alias="with")] = "With the event"
    without: Text = "Without the event"

    @model_validator(mode="after")
    def _two_words(self) -> Outcome:
        if self.event == self.no_event:
            raise ValueError("event and no_event are the same value")
        if self.with_ == self.without:
            raise ValueError("with and without are the same words")
        return self


class Time(_Part):
    """The column of the time to the event or to the last visit, from zero on, and its `unit`;
    `event`: the column that says whether the event ended it, and `event_value`: the value that
    means it did; without them it is the outcome."""

    column: Text
    unit: Text
    event: Text | None = None
    event_value: Code | None = None

    @model_validator(mode="after")
    def _both(self) -> Time:
        if (self.event is None) != (self.event_value is None):
            raise ValueError("event and event_value go together")
        return self


class _Measured(_Part):
    unit: Text | None = None
    lower: Number | None = None
    upper: Number | None = None
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None

    def allowed(self) -> str:
        """What a value may be, in words."""
        if self.lower is not None and self.upper is not None:
            return f"a number from {self.lower:g} to {self.upper:g}"
        if self.lower is not None:
            return f"a number from {self.lower:g} on"
        return "a number" if self.upper is None else f"a number up to {self.upper:g}"

    @model_validator(mode="after")
    def _order(self):
        if self.lower is not None and self.upper is not None and not self.lower < self.upper:
            raise ValueError("lower must lie under upper")
        return self


class Marker(_Measured):
    """The marker: a `column`, or a `formula` of the ids of continuous variables; `direction`:
    whether ``higher`` or ``lower`` values speak for the event, said before the data are looked
    at; `cut`: one that was fixed beforehand; `per`: the odds ratio is one of so many units, of a
    standard deviation where nothing is said."""

    id: Id = "marker"
    label: Text = "Marker"
    column: Text | None = None
    formula: Text | None = None
    direction: Literal["higher", "lower"]
    cut: Number | None = None
    per: Annotated[Number, Field(ge=1e-30, le=1e30)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Marker:
        if (self.column is None) == (self.formula is None):
            raise ValueError("a marker has either a column or a formula")
        return self


class Level(_Part):
    """One value of a categorical or ordinal variable, and its words."""

    value: Code
    label: Text

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, found: Any) -> Any:
        return found if isinstance(found, dict) else {"value": found, "label": str(found)}


class Variable(_Measured):
    """Another variable.

    `kind`: ``continuous`` (with `lower` and `upper` limits, a `summary`, and `cuts` that make
    classes for the table of patients: each begins at its cut), ``categorical`` or ``ordinal``
    (with `levels`, in order, the first or `reference` being what others are compared with; an
    ordinal one counts as one more per level in models).  `model`: whether it is a covariate;
    `per`: its ratio is one of so many units.
    """

    id: Id
    column: Text | None = None
    label: Text | None = None
    kind: Literal["continuous", "categorical", "ordinal"]
    summary: Literal["mean_sd", "median_iqr"] = "mean_sd"
    cuts: list[Number] = []
    levels: list[Level] = []
    reference: Code | None = None
    model: bool = True
    per: Annotated[Number, Field(ge=1e-30, le=1e30)] = 1.0

    @property
    def name(self) -> str:
        """The column of the file."""
        return self.column or self.id

    @property
    def words(self) -> str:
        """The label."""
        return self.label or self.id

    @property
    def values(self) -> list[str]:
        """The values of the levels, the reference first (an ordinal keeps its order)."""
        found = [level.value for level in self.levels]
        if self.reference is None or self.kind == "ordinal":
            return found
        return [self.reference, *(v for v in found if v != self.reference)]

    @field_validator("cuts")
    @classmethod
    def _rising(cls, cuts: list[float]) -> list[float]:
        if sorted(set(cuts)) != cuts:
            raise ValueError("cuts rise, each stands once")
        return cuts

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Variable:
        measured = (self.unit, self.lower, self.upper, self.decimals)
        if self.kind == "continuous":
            if self.levels or self.reference is not None:
                raise ValueError("levels belong to a categorical or ordinal variable")
            return self
        if self.cuts or any(x is not None for x in measured):
            raise ValueError("unit, limits and cuts belong to a continuous variable")
        if len(self.levels) < 2:
            raise ValueError("at least two levels are needed")
        values = [level.value for level in self.levels]
        if len(set(values)) < len(values) or len({x.label for x in self.levels}) < len(values):
            raise ValueError("every level has a value and a label of its own")
        if self.reference is not None and self.reference not in values:
            raise ValueError(f"the reference {p.quoted(self.reference)} is none of the levels")
        return self


class Groups(_Part):
    """A column of other groups, such as arms or centres, by which the table of patients is shown
    once more; `levels` in the order of the table."""

    column: Text
    label: Text = "Group"
    levels: Annotated[list[Level], Field(min_length=2, max_length=12)]

    @model_validator(mode="after")
    def _differ(self) -> Groups:
        for what in ("value", "label"):
            if len({getattr(level, what) for level in self.levels}) < len(self.levels):
                raise ValueError("every group has a value and a label of its own")
        return self


class Against(_Part):
    """How the names of a paper are those of this file: ids of the paper's `variables` to ids
    here, ids of its `levels` (such as ``grade.g3``) to values here.  Names that are the same on
    both sides need no line."""

    variables: dict[str, Id] = {}
    levels: dict[str, Code] = {}


class Settings(_Part):
    """Title, `confidence` of every interval, `seed` and number of `resamples`."""

    title: Text = "Patients"
    confidence: Annotated[Number, Field(ge=0.5, le=0.999)] = 0.95
    seed: Annotated[int, Field(ge=0, strict=True)] = 1
    resamples: Annotated[int, Field(ge=100, le=20_000, strict=True)] = 1000


class Study(_Part):
    """Everything that a ``study.toml`` says."""

    study: Settings = Settings()
    file: FileOptions = FileOptions()
    outcome: Outcome
    time: Time | None = None
    marker: Marker
    variables: Annotated[list[Variable], Field(max_length=200)] = []
    groups: Groups | None = None
    against: Against = Against()

    def variable(self, id: str) -> Variable | None:
        """The variable with this id, None if there is none."""
        return next((v for v in self.variables if v.id == id), None)

    @property
    def continuous(self) -> list[Variable]:
        """Variables whose values are numbers."""
        return [v for v in self.variables if v.kind == "continuous"]

    @property
    def covariates(self) -> list[Variable]:
        """Variables that go into the models beside the marker: not those it is made of."""
        parts = names_in(self.marker.formula) if self.marker.formula else set()
        same = {v.id for v in self.variables if v.name == self.marker.column}
        return [v for v in self.variables if v.model and v.id not in parts | same]

    @property
    def columns(self) -> dict[str, str]:
        """Every column that is read, and what it is read for."""
        found = {self.outcome.column: "outcome.column"}
        if self.time:
            found[self.time.column] = "time.column"
            if self.time.event:
                found.setdefault(self.time.event, "time.event")
        if self.marker.column:
            found.setdefault(self.marker.column, "marker.column")
        for v in self.variables:
            found.setdefault(v.name, f"variables.{v.id}")
        if self.groups:
            found.setdefault(self.groups.column, "groups.column")
        if self.file.id:
            found.setdefault(self.file.id, "file.id")
        for name in self.file.only:
            found.setdefault(name, "file.only")
        return found


def read_study(file: Path) -> Study:
    """The study in a TOML file; raises :class:`StudyError` with one sentence."""
    file = Path(file)
    tree = _tree(file)
    try:
        study = Study.model_validate(tree)
        _check(study)
    except ValidationError as error:
        sentence = str(sentence_of(error, tree)).replace("; see the keys in CONTRIBUTING.md", "")
        raise StudyError(file, None, sentence) from None
    except At as at:
        raise StudyError(file, None, f"{'.'.join(map(str, at.path))}: {at}") from None
    return study


def _tree(file: Path) -> dict[str, Any]:
    try:
        if file.exists() and not file.is_file():
            raise StudyError(file, None, "this is no regular file, a study.toml file is needed.")
        if file.stat().st_size > LARGEST_FILE:
            raise StudyError(
                file, None, f"the file is larger than the {LARGEST_FILE:,} bytes allowed."
            )
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise StudyError(file, None, "there is no such file.") from None
    except UnicodeDecodeError:
        raise StudyError(file, None, "this is no UTF-8 text, a TOML file is needed.") from None
    except OSError as error:
        raise StudyError(file, None, f"the file cannot be read ({error.strerror}).") from None
    except StudyError:
        raise
    except ValueError:
        raise StudyError(repr(str(file)), None, "this is no name of a file.") from None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        told = str(error).split("\n", 1)[0][:120] if str(error) else "it nests too deeply"
        raise StudyError(file, None, f"this is no valid TOML ({told}).") from None


def _check(study: Study) -> None:
    ids = [v.id for v in study.variables]
    for v in study.variables:
        if v.id in RESERVED or v.id == study.marker.id or ids.count(v.id) > 1:
            raise At(
                ("variables", v.id, "id"),
                f'found "{v.id}", an id of its own is needed, and none of {", ".join(RESERVED)}.',
            )
        if v.name == study.outcome.column:
            raise At(("variables", v.id), "the column of the outcome is no variable.")
    if study.marker.id in RESERVED:
        raise At(("marker", "id"), f'found "{study.marker.id}", another id is needed.')
    if study.marker.formula:
        at = ("marker", "formula")
        numbers = {v.id for v in study.continuous}
        check_expression(at, study.marker.formula, numbers)
    if study.marker.column == study.outcome.column:
        raise At(("marker", "column"), "the column of the outcome is no marker.")
    known = {*ids, study.marker.id}
    for name, id in study.against.variables.items():
        if id not in known:
            raise unknown(("against", "variables", name), id, known, "id of a variable")
