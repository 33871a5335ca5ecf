"""Patient-level data: schema and loader, and the mark "simulated".

Simulated patients carry the mark twice: a column ``simulated`` that is true in every row, and
the note :data:`MARK` in the metadata of a Parquet file.  Neither is dropped silently: a file
or a table in which only one of the two is left is refused.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.files import write_whole

MARK = "simulated: no patients"
COLUMN = "simulated"
_KEY = b"note"


class CohortError(ValueError):
    """Patient-level data that cannot be used; the message is one sentence."""


def schema(numeric: list[str], categories: dict[str, list[str]], groups: list[str]):
    """The pandera schema of simulated patients: one row a patient, ``cohort`` and ``patient``
    count from 0, ``simulated`` is true, `numeric` columns are finite, `categories` and
    ``group`` hold the listed words."""
    import pandera.pandas as pa

    finite = pa.Check(lambda s: s.notna() & (s.abs() < float("inf")), name="finite")
    columns = {
        "cohort": pa.Column("int32", pa.Check.ge(0)),
        "patient": pa.Column("int32", pa.Check.ge(0)),
        COLUMN: pa.Column("bool", pa.Check(lambda s: s, name="marked as simulated")),
        "group": pa.Column(str, pa.Check.isin(groups)),
    }
    columns |= {name: pa.Column("float64", finite) for name in numeric}
    columns |= {name: pa.Column(str, pa.Check.isin(words)) for name, words in categories.items()}
    return pa.DataFrameSchema(columns, strict=True, unique=["cohort", "patient"])


def require_mark(patients: pd.DataFrame) -> pd.DataFrame:
    """The same table; raises :class:`CohortError` unless every row is marked as simulated."""
    if COLUMN not in patients.columns:
        raise CohortError(f'the column "{COLUMN}" is missing: simulated patients must say so.')
    marks = patients[COLUMN]
    if marks.dtype != bool or not marks.all():
        raise CohortError(f'the column "{COLUMN}" is not true in every row.')
    return patients


def write_cohort(
    patients: pd.DataFrame, path: Path, metadata: dict[str, str] | None = None
) -> None:
    """Write simulated patients as Parquet, whole or not at all; the same table gives the same
    bytes.  Raises :class:`CohortError` without the mark, OSError if the disk refuses."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    require_mark(patients)
    table = pa.Table.from_pandas(patients, preserve_index=False)
    notes = {_KEY: MARK.encode()} | {k.encode(): v.encode() for k, v in (metadata or {}).items()}
    table = table.replace_schema_metadata(notes | {_KEY: MARK.encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="zstd", compression_level=9, version="2.6",
        use_dictionary=True, write_statistics=True, row_group_size=1 << 20, store_schema=True,
    )  # fmt: skip
    write_whole(path, sink.getvalue().to_pybytes())


def load_cohort(path: Path) -> pd.DataFrame:
    """Simulated patients from Parquet (with its note) or CSV (with its column).

    Raises :class:`CohortError` if the file cannot be read or the mark is not whole.
    """
    path = Path(path)
    try:
        if path.suffix == ".csv":
            return require_mark(pd.read_csv(path))
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(path)
    except FileNotFoundError:
        raise CohortError(f"{path}: there is no such file.") from None
    except OSError as error:
        raise CohortError(
            f"{path}: cannot be read ({error.strerror or 'no Parquet file'})."
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
        raise CohortError(f"{path}: this is no table of patients.") from None
    except pa.ArrowInvalid:
        raise CohortError(f"{path}: this is no Parquet file.") from None
    if (table.schema.metadata or {}).get(_KEY) != MARK.encode():
        raise CohortError(f'{path}: the note "{MARK}" is missing from the metadata.')
    return require_mark(table.replace_schema_metadata(None).to_pandas())
