"""The parts of a record of a paper, and what each key is for.

The text under each key is its one explanation: editors show it (:func:`json_schema`), and
so does ``python -m analysis schema``.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from analysis.cells import (
    SCHEMAS,
    AnyNumber,
    CountCell,
    GroupSize,
    Id,
    Limits,
    MeanSDCell,
    MedianCell,
    NotNegative,
    Percent,
    PositiveStep,
    PValue,
    Reference,
    Share,
    Truth,
    Words,
)

# a printed table is smaller; without bounds the checks of a made-up one would take hours
MOST_ROWS, MOST_ENTRIES = 500, 100


class _Part(BaseModel):
    """A part of a paper file: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
    )


class Tests(_Part):
    """The tests in the words of the methods section."""

    continuous: Words | None = None
    """How the paper compared numbers such as age, in its words."""
    categorical: Words | None = None
    """How the paper compared counts such as sex, in its words."""
    model: Words | None = None
    """The kind of regression, in the words of the paper."""


class About(_Part):
    """Which paper this is."""

    key: Id
    """A short name for the paper, such as smith2020; also its key in the list of references."""
    label: Words
    """How the paper is called in sentences, such as Smith et al. 2020."""
    doi: Words | None = None
    """The DOI of the paper."""
    licence: Words | None = None
    """The licence of the paper."""
    notice: Words | None = None
    """What its journal has published about the paper since, such as retracted."""
    software: Words | None = None
    """The program that the paper names for its statistics."""
    tests: Tests = Tests()
    """The tests in the words of the methods section."""


class Group(_Part):
    """A group of patients and its printed size."""

    id: Id
    """A short name for the group; tables name it in their cells."""
    label: Words
    """What the paper calls the group."""
    n: GroupSize
    """How many patients are in the group."""
    event: Truth = False
    """true for the group whose patients had the event, such as a relapse; one group at most."""
    place: Words = "table heading"
    """Where in the paper the number of patients is printed."""

    @property
    def size(self) -> int:
        return int(self.n.value)


class Everyone(_Part):
    """The column of all patients that some tables print beside the groups."""

    id: Id
    """A short name for the column, such as all."""
    label: Words
    """What the paper calls the column."""
    n: GroupSize | None = None
    """How many patients there are in all, if the paper prints it."""
    place: Words = "table heading"
    """Where in the paper the number is printed."""


class Limit(_Part):
    """A bound on the values of a variable: a number of the record, or a literal."""

    number: Reference | None = None
    """The id of a printed number that is the limit (such as an age asked for)."""
    value: AnyNumber | None = None
    """The limit itself, if no printed number gives it."""
    reason: Words
    """Why no patient can lie beyond it."""


class Step(_Part):
    """The unit in which a variable is recorded (1 for whole numbers)."""

    value: PositiveStep
    """The distance between two neighbouring values: 1 for whole numbers, 0.1 for one decimal."""
    reason: Words
    """How this is known."""


class Variable(_Part):
    """A variable: its unit, its limits, and its formula if it is made from others."""

    id: Id
    """A short name for the variable; rows of tables name it."""
    label: Words
    """What the paper calls the variable."""
    unit: Words | None = None
    """The unit of its values, such as years."""
    lower: Limit | None = None
    """The smallest value that a patient can have."""
    upper: Limit | None = None
    """The largest value that a patient can have."""
    step: Step | None = None
    """Only where it is known that values are recorded in such steps."""
    formula: Words | None = None
    """How the variable is made from others, such as platelets * neutrophils / lymphocytes."""


class Constraint(_Part):
    """An inequality that holds in every patient."""

    expression: Words
    """The inequality with <=, between ids of variables, such as a + b <= 1."""
    reason: Words
    """Why it holds in every patient."""


RowTest = Literal[
    "t", "welch", "paired_t", "anova", "mann_whitney", "wilcoxon", "kruskal_wallis",
    "chi_square", "yates", "likelihood_ratio", "fisher", "trend", "mcnemar", "other",
]  # fmt: skip
Statistic = Literal["t", "z", "u", "f", "h", "chi2"]


class _Row(_Part):
    """`n` is the denominator of each group where values are missing; `test` and
    `statistic_is` are what the paper says about this row, where it says so."""

    id: Id
    """A short name for the row; once in this table."""
    variable: Id
    """The id of the variable that the row is about."""
    n: dict[Id, GroupSize] | None = None
    """How many patients of a group have a value, for the groups in which some are missing."""
    test: RowTest | None = None
    """The test of this row, only where the paper names it."""
    statistic_is: Statistic | None = None
    """Which statistic is printed (t, z, chi2 …), only where the paper says so."""
    statistic: AnyNumber | None = None
    """The printed test statistic (t, Z, χ² …)."""
    p: PValue | None = None
    """The printed P value of the row."""


class MeanRow(_Row):
    """``mean ± SD`` in each group; `by_ranks` where the paper says that this row was
    compared by ranks (Mann–Whitney), so that its statistic and P do not follow from it."""

    summary: Literal["mean_sd"]
    """What the cells of the row hold: here a mean and an SD."""
    by_ranks: Truth = False
    """true where the paper says that the row was compared by ranks (Mann–Whitney)."""
    values: dict[Id, MeanSDCell]
    """One cell for each group, such as "54.96 ± 10.22"."""


class MedianRow(_Row):
    """``median (q1–q3)`` in each group."""

    summary: Literal["median_iqr"]
    """What the cells of the row hold: here a median and its quartiles."""
    values: dict[Id, MedianCell]
    """One cell for each group, such as "64 (57–70)"."""


class CountRow(_Row):
    """``n (%)`` of one category; the other patients are the rest of the group."""

    summary: Literal["n_pct"]
    """What the cells of the row hold: here the count and percentage of one category."""
    values: dict[Id, CountCell]
    """One cell for each group, such as "67 (59.82%)"."""


class Level(_Part):
    """One category of a variable."""

    id: Id
    """A short name for the category."""
    label: Words
    """What the paper calls the category."""
    threshold: AnyNumber | None = None
    """The value that bounds the category, if it is printed, such as ≥65."""
    values: dict[Id, CountCell]
    """One cell for each group, such as "67 (59.82%)"."""


class LevelsRow(_Row):
    """``n (%)`` of each category of a variable."""

    summary: Literal["levels"]
    """What the row holds: here several categories, with one P value for all of them."""
    levels: Annotated[list[Level], Field(min_length=2, max_length=MOST_ENTRIES)]
    """The categories, each with its cells; two at least."""


Row = Annotated[MeanRow | MedianRow | CountRow | LevelsRow, Field(discriminator="summary")]


PercentOf = Literal["group", "row", "all"]


def _rows_or_file(schema: dict[str, Any]) -> None:
    """A table writes its rows out, or names a spreadsheet."""
    schema["required"] = [key for key in schema["required"] if key != "rows"]
    schema["oneOf"] = [{"required": ["rows"]}, {"required": ["file"]}]


class _Table(_Part):
    """`label` is what the paper calls the table (default: made from the id); `groups` are
    those it is about (default: all)."""

    model_config = ConfigDict(json_schema_extra=_rows_or_file)

    id: Id
    """A short name for the table: table1 is called Table 1."""
    label: Words | None = None
    """What the paper calls the table, if it is not made from the id."""
    title: Words
    """What the table shows, in your words."""
    groups: Annotated[list[Id] | None, Field(min_length=1)] = None
    """The ids of the groups that the table is about, if not all of them."""
    file: Words | None = None
    """A spreadsheet with the rows (.csv, .tsv or .xlsx) beside this file, instead of `rows`."""
    sheet: Words | None = None
    """The name of the sheet in an .xlsx file, if it has more than one."""
    decimal: Literal["point", "comma"] | None = None
    """comma, if the numbers of the spreadsheet are written as 0,70."""


class TwoGroupTable(_Table):
    """A table that compares two or more groups row by row; `percent_of` says what the
    percentages are of."""

    kind: Literal["two_group"]
    """What kind of table it is: here one that compares groups row by row."""
    percent_of: PercentOf = "group"
    """What a percentage is of: the group (column), the row, or all patients of the table."""
    rows: Annotated[list[Row], Field(min_length=1, max_length=MOST_ROWS)]
    """The rows of the table, in their order."""


class _AtCut(_Part):
    """What is printed about one cut-off."""

    threshold: AnyNumber | None = None
    """The cut-off."""
    sensitivity: Share | None = None
    """The sensitivity at the cut-off, between 0 and 1."""
    specificity: Share | None = None
    """The specificity at the cut-off, between 0 and 1."""
    youden: Share | None = None
    """The Youden index: sensitivity + specificity − 1."""
    ppv: Share | None = None
    """The positive predictive value, between 0 and 1."""
    npv: Share | None = None
    """The negative predictive value, between 0 and 1."""
    accuracy: Share | None = None
    """The share of patients who are classified correctly, between 0 and 1."""
    lr_positive: NotNegative | None = None
    """The positive likelihood ratio."""
    lr_negative: NotNegative | None = None
    """The negative likelihood ratio."""


class Cut(_AtCut):
    """A further cut-off of a marker."""

    id: Id
    """A short name for the cut-off."""


class _Area(_Part):
    id: Id
    """A short name for the row; once in this table."""
    variable: Id
    """The id of the variable that is the marker."""
    direction: Literal["higher", "lower"] = "higher"
    """Whether higher or lower values speak for the positive group."""
    auc: Share | None = None
    """The area under the ROC curve, between 0 and 1."""
    ci: Limits | None = None
    """The confidence interval of the area, such as "0.742–0.848"."""
    se: NotNegative | None = None
    """The standard error of the area."""
    p: PValue | None = None
    """The P value of the area, against 0.5."""


class RocRow(_AtCut, _Area):  # in this order the area is listed before the cut-off
    """One marker of a ROC table; `cuts` are further cut-offs of the same marker."""

    cuts: Annotated[list[Cut], Field(max_length=MOST_ENTRIES)] = []
    """Further cut-offs of the same marker, each with an id and the same columns."""


class RocTable(_Table):
    """A table of areas under ROC curves; `positive` is the group called positive."""

    kind: Literal["roc"]
    """What kind of table it is: here areas under ROC curves and cut-offs."""
    positive: Id
    """The id of the group that the marker shall find."""
    confidence: Percent | None = None
    """The level of the confidence intervals, such as 95%."""
    figure: Id | None = None
    """The id of the picture that shows the curves."""
    rows: Annotated[list[RocRow], Field(min_length=1, max_length=MOST_ENTRIES)]
    """One entry for each marker."""


class Coefficient(_Part):
    """One row of a regression table."""

    id: Id
    """A short name for the row; once in this table."""
    label: Words
    """What the paper calls the row."""
    margin: Reference | None = None
    """The row with the counts of this predictor, such as table1.sex.male."""
    variable: Id | None = None
    """The id of the variable, if the predictor is a number or no counts are printed."""
    cut: Reference | None = None
    """The row of a ROC table whose cut-off makes the predictor, such as table2.marker."""
    threshold: AnyNumber | None = None
    """The value that divides the patients, such as >5.5."""
    b: AnyNumber | None = None
    """The coefficient (B, β), on the logarithmic scale."""
    se: NotNegative | None = None
    """The standard error of the coefficient."""
    wald: NotNegative | None = None
    """The Wald statistic (χ²)."""
    p: PValue | None = None
    """The P value of the coefficient."""
    ratio: NotNegative | None = None
    """The printed ratio: odds ratio, hazard ratio, Exp(B)."""
    ci: Limits | None = None
    """The confidence interval of the ratio, such as "1.06–4.95"."""


class Constant(_Part):
    """The row of the constant."""

    b: AnyNumber
    """The constant (intercept) of the model."""
    se: NotNegative | None = None
    """Its standard error."""
    wald: NotNegative | None = None
    """Its Wald statistic (χ²)."""
    p: PValue | None = None
    """Its P value."""
    ratio: NotNegative | None = None
    """Its Exp(B), where it is printed."""


class RegressionTable(_Table):
    """A table of coefficients; `effect_label` is what the paper calls exp(B).

    `model` is what the paper says about this table, where it says so; `event` is the group
    with the event (a Cox model may have none in the record); `univariable` means that each
    row is a model of its own.
    """

    kind: Literal["regression"]
    """What kind of table it is: here the coefficients of a regression."""
    model: Literal["logistic", "cox"] | None = None
    """logistic or cox, where the paper says which."""
    analysis: Literal["univariable", "multivariable"] = "multivariable"
    """univariable if each row is a model of its own, multivariable if all rows are one model."""
    event: Id | None = None
    """The id of the group whose patients had the event."""
    effect_label: Words
    """What the paper calls the ratio, such as odds ratio."""
    confidence: Percent | None = None
    """The level of the confidence intervals, such as 95%."""
    rows: Annotated[list[Coefficient], Field(min_length=1, max_length=MOST_ENTRIES)]
    """The predictors, in their order."""
    constant: Constant | None = None
    """The row of the constant (intercept) of a logistic model, where it is printed."""

    @property
    def is_one_binary_model(self) -> bool:
        """Whether all rows may belong to one model of a group against the others."""
        return self.event is not None and self.model != "cox" and self.analysis == "multivariable"


Table = Annotated[TwoGroupTable | RocTable | RegressionTable, Field(discriminator="kind")]

StatementKind = Literal[
    "number", "whole", "percent", "share", "p", "mean_sd", "range", "date", "label"
]


def _printed_by_kind(schema: dict[str, Any]) -> None:
    """What may stand under `printed` depends on `kind`."""
    schema["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"properties": {"printed": SCHEMAS[kind]}},
        }
        for kind in StatementKind.__args__  # type: ignore[attr-defined]
    ]


class Statement(_Part):
    """One number, interval, date or ``mean ± SD`` in the running text."""

    model_config = ConfigDict(json_schema_extra=_printed_by_kind)

    id: Id
    """A short name for the number; once in this section."""
    kind: StatementKind
    """What the number is: whole for counts, percent, share (0 to 1), p, date, label, …"""
    printed: Words
    """The number as it is printed."""
    about: Words
    """What the number says, in your words."""
    role: Words | None = None
    """What the number is for, where the kind does not say it, such as threshold or duration."""
    unit: Words | None = None
    """The unit of the number, such as years."""
    repeats: Reference | None = None
    """The id of the number or cell that this one repeats, such as table1.age.p."""


class Section(_Part):
    """The numbers of one section of the text, in reading order."""

    section: Id
    """A short name for the section, such as abstract."""
    place: Words
    """What the section is called in sentences, such as Abstract."""
    statements: list[Statement]
    """The numbers of the section, in reading order."""


class Relation(_Part):
    """An equation or inequality between printed numbers that arithmetic decides."""

    id: Reference
    """The section (or paper), a point and a short name, such as methods.total."""
    claim: Words
    """What is claimed, as a sentence."""
    equation: Words
    """The claim in names, numbers and + - * / with =, <, <=, > or >= between two sides."""
    where: dict[Id, Reference]
    """Which printed number each name of the equation stands for."""


class Timeline(_Part):
    """Dates that must fit: ``from`` plus `years` not after `until`, or dates in order."""

    model_config = ConfigDict(populate_by_name=True)

    id: Reference
    """The section (or paper), a point and a short name, such as methods.dates."""
    claim: Words
    """What is claimed, as a sentence."""
    start: Annotated[Reference | None, Field(alias="from")] = None
    """The id of the date from which years are counted."""
    years: Reference | None = None
    """The id of the number of years."""
    until: Reference | None = None
    """The id of the date by which the years have passed."""
    order: list[Reference] | None = None
    """The ids of dates, the earliest first (instead of from and until)."""


class Picture(_Part):
    """A figure that the text shows only as a picture."""

    id: Id
    """A short name for the picture, such as figure1."""
    shows: Words
    """What the picture shows, in your words."""
    numbers: Words
    """Which numbers only the picture holds."""


class FlowStep(_Part):
    """One step of the patient flow; `count` is a number of the record, or missing where
    the paper prints none; `aside` marks patients who leave."""

    id: Id
    """A short name for the step."""
    label: Words
    """What happens to the patients in this step."""
    count: Reference | None = None
    """The id of the printed number of patients, where one is printed."""
    after: Id | None = None
    """The id of the step before."""
    aside: Truth = False
    """true for patients who leave the study here."""


class Elsewhere(_Part):
    """A printed number about another study."""

    section: Id
    """The section in which it is printed."""
    printed: Words
    """The number as it is printed."""
    about: Words
    """Which other study it is about, and what it says."""


class Record(_Part):
    """Everything that one paper printed about its own study."""

    schema_version: Annotated[
        Literal["1"], Field(alias="schema"), WithJsonSchema({"enum": [1, "1"]})
    ]
    """The version of this form: 1."""
    paper: About
    """Which paper this is."""
    groups: list[Group] = []
    """The groups of patients that the tables compare."""
    everyone: Everyone | None = None
    """The column of all patients, where tables print one beside the groups."""
    significance: Reference | None = None
    """The id of the printed number that is the significance level; without it 0.05."""
    variables: list[Variable] = []
    """What was measured; rows of tables name these."""
    constraints: list[Constraint] = []
    """Inequalities that hold in every patient."""
    tables: Annotated[list[Table], Field(min_length=1, max_length=MOST_ENTRIES)]
    """The tables of the paper, in their order; one at least."""
    text: list[Section] = []
    """The numbers in the running text, by section."""
    relations: list[Relation] = []
    """What the text says about its numbers and arithmetic can decide."""
    timelines: list[Timeline] = []
    """Dates that must fit."""
    pictures: list[Picture] = []
    """What the paper shows only as a picture."""
    flow: list[FlowStep] = []
    """How many patients came in, left and stayed, step by step."""
    elsewhere: list[Elsewhere] = []
    """Printed numbers about other studies, so that nothing is left out silently."""


# --- the JSON Schema of a record -----------------------------------------------------------------

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a record, for editors (draft 2020-12).

    An optional key may be left empty, as the loader allows it.
    """
    schema = _tidied(Record.model_json_schema())
    parts = {part.__name__: part for part in _parts(_Part)}
    for name, node in {Record.__name__: schema, **schema["$defs"]}.items():
        explained = explanations(parts[name])
        for key, described in node["properties"].items():
            described["description"] = explained[key]
    return {"$schema": DRAFT, "title": "The record of a paper"} | schema


def explanations(part: type[_Part]) -> dict[str, str]:
    """What each key of a part is for: the text under it in this module.

    Raises KeyError for a key without one.
    """
    texts = _texts()
    found = {}
    for name, field in part.model_fields.items():
        owner = next(base for base in part.__mro__ if name in inspect.get_annotations(base))
        found[field.alias or name] = texts[owner.__name__, name]
    return found


@cache
def _texts() -> dict[tuple[str, str], str]:
    """The strings under the keys of all classes here.  Pydantic could read them too, but at
    every import, which would double the time of the command line."""
    found = {}
    for node in ast.parse(inspect.getsource(sys.modules[__name__])).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for key, text in pairwise(node.body):
            if (
                isinstance(key, ast.AnnAssign)
                and isinstance(key.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                found[node.name, key.target.id] = " ".join(str(text.value.value).split())
    return found


def _parts(part: type[_Part]) -> Iterator[type[_Part]]:
    yield part
    for child in part.__subclasses__():
        yield from _parts(child)


def _tidied(node: Any) -> Any:
    """Without the titles that repeat a key, defaults of null, and choices with null: they
    would hide the sentence that an editor shows."""
    if isinstance(node, list):
        return [_tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {
        key: (
            {name: _tidied(part) for name, part in value.items()}
            if key in ("properties", "$defs")
            else _tidied(value)
        )
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and (value is None or isinstance(value, dict)))
        and key != "discriminator"
    }
    choices = node.get("anyOf")
    if (
        choices
        and len(choices) == 2
        and choices[1] == {"type": "null"}
        and "$ref" not in choices[0]
    ):
        inner = dict(choices[0])
        if "type" in inner:
            kinds = inner["type"] if isinstance(inner["type"], list) else [inner["type"]]
            inner["type"] = [*kinds, "null"]
        if "enum" in inner:
            inner["enum"] = [*inner["enum"], None]
        outer = {key: value for key, value in node.items() if key != "anyOf"}
        node = inner | outer
    if node.get("const") is not None and node.get("type") == "string":
        del node["type"]  # the value says it
    if isinstance(node.get("description"), str):
        node["description"] = " ".join(node["description"].replace("`", "").split())
    return node
