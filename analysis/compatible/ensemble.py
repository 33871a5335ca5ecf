"""Many cohorts of one paper: found side by side, kept as they come, put together at the end.

Cohort `index` depends on the seed and its number alone, so neither the number of processes
nor an interruption changes a byte of the result.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pandas as pd

from analysis.cohort import (
    COLUMN,
    MARK,
    CohortError,
    load_cohort,
    schema,
    write_cohort,
)  # fmt: skip
from analysis.compatible import search
from analysis.compatible.constraints import Constraints
from analysis.compatible.spread import spread
from analysis.files import write_whole
from analysis.paper import LevelsRow
from analysis.parallel import ClusterError, side_by_side

__all__ = [
    "ClusterError",
    "EnsembleError",
    "beside_of",
    "make",
    "report",
    "validated",
    "work_folder",
]


class EnsembleError(RuntimeError):
    """The ensemble cannot be made; the message is one sentence."""


def work_folder(constraints: Constraints, seed: int, out: Path) -> Path:
    """Where finished cohorts of this paper and seed wait, beside `out`: another paper, seed or
    state of the search has another folder."""
    source = "".join(
        file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.py"))
    )
    told = repr((sorted((k, t.printed.text) for k, t in constraints.targets.items()), seed))
    paper = constraints.paper
    told += repr([paper.groups, paper.variables, paper.constraints])
    key = hashlib.sha256((told + source).encode()).hexdigest()[:16]
    return out.with_name(f"{out.name}.work") / key


def make(
    constraints: Constraints,
    count: int,
    seed: int,
    out: Path,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] = lambda done, count: None,
) -> pd.DataFrame:
    """Find `count` cohorts and write them to `out` (Parquet) with a JSON file beside it.

    Finished cohorts wait in :func:`work_folder`; called again after an interruption, only
    the missing ones are made.  `scheduler` is the address of a Dask cluster, otherwise
    `jobs` processes are used.  Raises :class:`EnsembleError` if a cohort is not found,
    :class:`ClusterError` if the cluster cannot be used, OSError if the disk refuses.
    """
    work = work_folder(constraints, seed, out)
    work.mkdir(parents=True, exist_ok=True)
    missing = [i for i in range(count) if not _whole(work / _name(i))]
    done = count - len(missing)
    progress(done, count)
    try:
        with closing(_found(constraints, seed, missing, jobs, scheduler)) as found:
            for index, patients in found:
                write_cohort(_numbered(patients, index), work / _name(index))
                done += 1
                progress(done, count)
    except BaseException:
        _tidy(work)
        raise
    patients = pd.concat([load_cohort(work / _name(i)) for i in range(count)], ignore_index=True)
    patients = validated(patients, constraints)
    about = {"paper": constraints.paper.paper.label, "seed": str(seed), "count": str(count)}
    beside = json.dumps(report(constraints, patients, seed), indent=2, ensure_ascii=False) + "\n"
    write_whole(beside_of(out), beside)
    write_cohort(patients, out, about)
    shutil.rmtree(work)
    _tidy(work)
    return patients


def _tidy(work: Path) -> None:
    """Remove the folder of finished cohorts, and the one it lies in, if they are empty."""
    for folder in (work, work.parent):
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()


def beside_of(out: Path) -> Path:
    """The JSON file that stands beside an ensemble."""
    return out.with_suffix(".json")


def validated(patients: pd.DataFrame, constraints: Constraints) -> pd.DataFrame:
    """The same table if it fits the schema of this paper's simulated patients."""
    categories = {
        name: [level.id for level in row.levels] if isinstance(row, LevelsRow) else ["yes", "no"]
        for name, (_, row) in constraints.count_rows.items()
    }
    groups = [group.id for group in constraints.paper.groups]
    return schema(list(constraints.mean_rows), categories, groups).validate(patients)


def report(constraints: Constraints, patients: pd.DataFrame, seed: int) -> dict[str, object]:
    """What stands beside the patients: the mark, what is impossible with its certificate, how
    much the cohorts differ, and what the search does not cover."""
    return {
        "note": MARK,
        "paper": constraints.paper.paper.label,
        "seed": seed,
        "cohorts": int(patients["cohort"].nunique()),
        "printed_numbers_met": len(constraints.targets),
        "impossible": [
            {
                "id": item.target.id,
                "printed": item.target.printed.text,
                "certificate": item.finding.id,
                "claim": item.finding.claim,
                "by_hand": item.finding.by_hand,
            }
            for item in constraints.impossible
        ],
        "not_covered": search.what_is_not_covered(),
        "spread": spread(patients, list(constraints.mean_rows)),
    }


def _name(index: int) -> str:
    return f"{index:06d}.parquet"


def _whole(path: Path) -> bool:
    try:
        return path.exists() and len(load_cohort(path)) > 0
    except CohortError:
        return False


def _numbered(patients: pd.DataFrame, index: int) -> pd.DataFrame:
    patients = patients.reset_index(drop=True)
    marks = pd.DataFrame({"cohort": index, "patient": range(len(patients)), COLUMN: True})
    marks = marks.astype({"cohort": "int32", "patient": "int32", COLUMN: "bool"})
    return pd.concat([marks, patients], axis=1)


def _one(constraints: Constraints, seed: int, index: int) -> tuple[int, pd.DataFrame | str]:
    from threadpoolctl import threadpool_limits

    # the arrays are small: threads would only wait for each other, and may round differently
    with threadpool_limits(limits=1):
        try:
            return index, search.find(constraints, seed, index).patients
        except search.SearchError as error:
            return index, str(error)


def _found(
    constraints: Constraints, seed: int, missing: list[int], jobs: int, scheduler: str | None
) -> Generator[tuple[int, pd.DataFrame], None, None]:
    arguments = ((constraints, seed, index) for index in missing)
    with closing(side_by_side(_one, arguments, jobs, scheduler)) as results:
        for index, found in results:
            if isinstance(found, str):
                raise EnsembleError(f"cohort {index}: {found}")
            yield index, found
