"""The audit as a diagnostic test: honest papers from real patients, and errors in them.

Paper `i` of a seed comes from the two numbers alone: patients of a real data set or simulated
ones (:mod:`tests.trials.patients`), the tables that a program prints of them
(:mod:`analysis.exam.printing`), the record of the paper, the audit.  Honest, nothing in it may
be called impossible: that is a false alarm.  In every other paper one error is planted
(:mod:`analysis.exam.planting`) and the audit asked again, beside the single tests that readers
use (:mod:`tests.trials.peers`).

    python -m tests.trials.round_trip --count 10000 --jobs 2

writes ``data/trials/round_trip.json``, which the book shows; the tests repeat its first
papers.  Ctrl-C keeps the finished papers; the same command goes on.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

PLACE = Path(__file__).resolve()
sys.path[:0] = [str(PLACE.parents[1] / "analysis")]

import numpy as np  # noqa: E402

from analysis.audit import audit  # noqa: E402
from analysis.exam import planting, printing  # noqa: E402
from analysis.files import write_whole  # noqa: E402
from analysis.findings import Ledger, Verdict  # noqa: E402
from analysis.paper import Paper, PaperError  # noqa: E402
from analysis.parallel import ClusterError, StoppedError, one_stop, side_by_side  # noqa: E402
from analysis.show.progress import progress_of  # noqa: E402
from paper_writer import load  # noqa: E402
from tests.trials import patients, peers  # noqa: E402

ROOT = PLACE.parents[2]
RESULT = ROOT / "data" / "trials" / "round_trip.json"
FIRST = 40  # papers whose whole row is stored, for the tests to repeat
# kinds that few papers have room for are drawn more often, and so are slips of a digit
WEIGHTS = {"digit": 3, "transposed": 3, "sign": 4, "coefficient": 2, "row_of_other_model": 2}
GRIM = ".whole_numbers"  # the end of the ids of its findings
# honest papers that the assumptions of the findings rule out: every number rounded to one more
# digit first, or cut off; patients without a value, or a rank test, that nothing tells
CARELESS = ("twice", "cut", "missing_unsaid", "ranks_unsaid")
EVERY = 10  # one of so many papers is also printed carelessly
PLANTED = 2  # in one of so many papers an error is planted


def honest(
    seed: int, index: int, careless: str = ""
) -> tuple[printing.Printed, np.random.Generator]:
    """An honest paper, and the generator for what follows."""
    rng = np.random.default_rng([seed, index])
    while True:
        if (found := printing.paper(patients.study(rng), rng, careless)) is not None:
            return found, rng


def careless(
    printed: printing.Printed, seed: int, index: int
) -> tuple[str, dict[str, Any]]:  # fmt: skip
    """A kind of carelessness, and the same honest paper printed with it."""
    for kind, key in (("missing_unsaid", "n"), ("ranks_unsaid", "by_ranks")):
        tree = copy.deepcopy(printed.tree)
        rows = [r for t in tree["tables"] if t["kind"] == "two_group" for r in t["rows"]]
        if any(key in row for row in rows):
            for row in rows:
                row.pop(key, None)
            if kind == "ranks_unsaid":
                words = "t test or Mann-Whitney U test, as appropriate"
                tree["paper"]["tests"]["continuous"] = words
            return kind, tree
    kind = ("twice", "cut")[index // EVERY % 2]
    return kind, honest(seed, index, kind)[0].tree


def module_of(paper: Paper, finding_id: str) -> str:
    """The check module that a finding comes from, by the part of the paper in its id."""
    part = finding_id.partition(".")[0]
    if part == "coherence":
        return "across_tables"
    return next((t.kind for t in paper.tables if t.id == part), "text")


def _with(ledger: Ledger, verdict: Verdict) -> dict[str, str]:
    return {f.id: f.check for f in ledger if f.verdict is verdict}


def one(seed: int, index: int) -> dict[str, Any]:
    """What happens to one paper, honest and with its error."""
    from threadpoolctl import threadpool_limits

    # the arrays are small: threads would only wait for each other, and may round differently
    with threadpool_limits(limits=1), tempfile.TemporaryDirectory() as name:
        return _one(seed, index, Path(name) / "paper.yaml")


def _one(seed: int, index: int, file: Path) -> dict[str, Any]:
    printed, rng = honest(seed, index)
    paper = load(file, printed.tree)
    ledger = audit(paper)
    alarms, doubts = _with(ledger, Verdict.IMPOSSIBLE), _with(ledger, Verdict.DEPENDS)
    told: dict[str, Any] = {
        "index": index,
        "source": printed.source,
        "program": printed.style.program or "not named",
        "tables": [table.kind for table in paper.tables],
        "patients": printed.patients,
        "numbers": len(paper.numbers),
        "alarms": sorted(alarms),
        "depends": len(doubts),
        "peers": {"honest": peers.answers(printed.tree)},
    }
    if index % EVERY == 0:
        kind, tree = careless(printed, seed, index)
        found = _with(audit(load(file, tree)), Verdict.IMPOSSIBLE)
        told["careless"] = {"kind": kind, "checks": sorted(set(found.values()))}
    if index % PLANTED:
        return told
    weights = np.array([WEIGHTS.get(kind, 1) for kind in planting.KINDS], dtype=float)
    order = rng.choice(
        list(planting.KINDS), len(weights), replace=False, p=weights / weights.sum()
    )  # fmt: skip
    for kind in map(str, order):
        if (planted := planting.plant(printed, kind, rng)) is not None:
            break
    else:
        return told
    told |= {
        "kind": kind,
        "where": planted.where,
        "column": planted.column,
        "changes": [list(c) for c in planted.changes],
    }
    told["peers"]["planted"] = peers.answers(planted.tree)
    try:
        paper = load(file, planted.tree)
    except PaperError:
        return told | {"refused": True}
    ledger = audit(paper)
    # a paper that was accused while honest says nothing about what an error adds
    found = {i: c for i, c in _with(ledger, Verdict.IMPOSSIBLE).items() if i not in alarms}
    return told | {
        "refused": False,
        "modules": sorted({module_of(paper, id) for id in found}),
        "checks": sorted(set(found.values())),
        "new_depends": len(_with(ledger, Verdict.DEPENDS).keys() - doubts.keys()),
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts over papers: false alarms, and planted errors by kind and by what noticed them."""
    planted = [r for r in rows if "kind" in r]
    sources = Counter(r["source"] for r in rows)
    kinds = {kind: [r for r in planted if r["kind"] == kind] for kind in planting.KINDS}
    places = sorted({r["where"] for r in planted})
    slips = [r for r in planted if r["kind"] in ("digit", "transposed")]
    columns = sorted({(r["where"], r["column"]) for r in slips})
    return {
        "papers": len(rows),
        "numbers": sum(r["numbers"] for r in rows),
        "simulated": sources["simulated"],
        "data_sets": len(set(sources) - {"simulated"}),
        "smallest_study": min((r["patients"] for r in rows), default=0),
        "largest_study": max((r["patients"] for r in rows), default=0),
        "programs": dict(sorted(Counter(r["program"] for r in rows).items())),
        "tables": dict(sorted(Counter(t for r in rows for t in r["tables"]).items())),
        "false_alarms": [[r["index"], *r["alarms"]] for r in rows if r["alarms"]],
        "false_alarms_grim": sum(any(a.endswith(GRIM) for a in r["alarms"]) for r in rows),
        "with_depends": sum(r["depends"] > 0 for r in rows),
        "careless": {
            kind: {
                "papers": sum(r["careless"]["kind"] == kind for r in rows if "careless" in r),
                "impossible": sum(
                    r["careless"]["kind"] == kind and bool(r["careless"]["checks"])
                    for r in rows
                    if "careless" in r
                ),
            }
            for kind in CARELESS
        },
        "planted": {kind: _counted(found) for kind, found in kinds.items() if found},
        "places": {
            place: _counted([r for r in planted if r["where"] == place]) for place in places
        },
        "slips": {
            f"{where}.{column}": _counted(
                [r for r in slips if (r["where"], r["column"]) == (where, column)]
            )
            for where, column in columns
        },
        "peers_honest": _peers(rows, "honest"),
    }


def _counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of papers with an error: how many were called impossible, only `depends`, or missed."""
    impossible = [r for r in rows if not r["refused"] and r["checks"]]
    quiet = [r for r in rows if not r["refused"] and not r["checks"]]
    return {
        "papers": len(rows),
        "refused": sum(r["refused"] for r in rows),
        "impossible": len(impossible),
        "depends": sum(r["new_depends"] > 0 for r in quiet),
        "missed": sum(r["new_depends"] == 0 for r in quiet),
        "modules": dict(sorted(Counter(m for r in impossible for m in r["modules"]).items())),
        "checks": dict(sorted(Counter(c for r in impossible for c in r["checks"]).items())),
        "peers": _peers(rows, "planted"),
    }


def _peers(rows: list[dict[str, Any]], when: str) -> dict[str, dict[str, int]]:
    """For each single test: how many papers it could be asked about, and how many it called
    wrong; with an error planted, only those that it had not called wrong before."""
    found: dict[str, dict[str, int]] = {}
    for name in next((r["peers"]["honest"] for r in rows), {}):
        asked = [r for r in rows if r["peers"].get(when, {}).get(name) is not None]
        wrong = [
            r for r in asked
            if r["peers"][when][name] and (when == "honest" or not r["peers"]["honest"][name])
        ]  # fmt: skip
        found[name] = {"asked": len(asked), "wrong": len(wrong)}
    return found


# --- a long run ------------------------------------------------------------------------


def work_file(seed: int, out: Path) -> Path:
    """Where the finished papers of a seed wait, beside `out`: another state of the audit, the
    printers or the planted errors has another file."""
    sources = [
        f for f in sorted((ROOT / "analysis").rglob("*.py")) if "show" not in f.relative_to(ROOT).parts
    ]  # fmt: skip
    sources += [*sorted(PLACE.parent.glob("*.py")), ROOT / "tests/analysis/paper_writer.py"]
    told = "".join(f.read_text(encoding="utf-8") for f in sources) + repr(
        (seed, sorted(peers.versions().items()))
    )
    key = hashlib.sha256(told.encode()).hexdigest()[:16]
    return out.with_name(f"{out.name}.work") / f"{key}.jsonl"


def finished(file: Path) -> dict[int, dict[str, Any]]:
    """The papers that wait in a work file; a last line cut short by a kill is dropped."""
    rows: dict[int, dict[str, Any]] = {}
    if file.exists():
        whole, _, rest = file.read_bytes().rpartition(b"\n")
        if rest:
            write_whole(file, whole + b"\n" if whole else b"")
        for line in whole.splitlines():
            row = json.loads(line)
            rows[row["index"]] = row
    return rows


def make(
    count: int,
    seed: int,
    out: Path,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] = lambda done, count: None,
) -> dict[str, Any]:
    """Try `count` papers and write what became of them to `out`; returns the summary.

    Each finished paper is kept at once, so that a run that is stopped in any way goes on.
    Raises ClusterError if the cluster cannot be used, OSError if the disk refuses.
    """
    work = work_file(seed, out)
    work.parent.mkdir(parents=True, exist_ok=True)
    rows = finished(work)
    missing = [(seed, i) for i in range(count) if i not in rows]
    progress(count - len(missing), count)
    with (
        work.open("a", encoding="utf-8") as kept,
        closing(side_by_side(one, missing, jobs, scheduler)) as results,
    ):
        for row in results:
            rows[row["index"]] = row
            kept.write(json.dumps(row) + "\n")
            kept.flush()
            progress(sum(i < count for i in rows), count)
    ordered = [rows[i] for i in range(count)]
    told = {
        "seed": seed,
        "summary": summary(ordered) | {"peer_versions": peers.versions()},
        "first": ordered[:FIRST],
    }
    write_whole(out, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    shutil.rmtree(work.parent)
    return told["summary"]


def _at_least(least: int):
    def read(text: str) -> int:
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(
                f'found "{text}", a whole number from {least} is needed'
            )
        return int(text)

    return read


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.trials.round_trip",
        description=__doc__.splitlines()[0],
        epilog="Ctrl-C keeps the finished papers; the same command goes on.",
    )
    parser.add_argument("--count", type=_at_least(1), default=10_000, help="papers (10000)")
    parser.add_argument("--jobs", type=_at_least(1), default=1, help="processes (1)")
    parser.add_argument("--seed", type=_at_least(0), default=1, help="seed of the papers (1)")
    parser.add_argument("--scheduler", help="address of a Dask cluster, tcp://host:8786")
    parser.add_argument("--out", type=Path, default=RESULT, help="the JSON file to write")
    chosen = parser.parse_args(arguments)
    if not chosen.out.parent.is_dir():
        print(
            f"error: {chosen.out}: the folder {chosen.out.parent} does not exist.", file=sys.stderr
        )
        return 2
    for name, version in peers.versions().items():
        if version is None:
            print(f"note: {name} is not installed and is not asked.", file=sys.stderr)
    try:
        with one_stop(), progress_of("Printed papers", chosen.count) as progress:
            told = make(
                chosen.count, chosen.seed, chosen.out, chosen.jobs, chosen.scheduler, progress
            )
    except ClusterError as error:
        print(f"error: --scheduler: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"error: {chosen.out}: the file cannot be written ({error.strerror}).", file=sys.stderr
        )
        return 2
    except StoppedError as stopped:
        work = work_file(chosen.seed, chosen.out)
        print(
            f"stopped: {len(finished(work))} finished papers wait in {work}; "
            "the same command goes on.",
            file=sys.stderr,
        )
        return stopped.code
    wrong = len(told["false_alarms"])
    noticed = sum(k["impossible"] + k["refused"] for k in told["planted"].values())
    errors = sum(k["papers"] for k in told["planted"].values())
    print(
        f"{told['papers']} honest papers, {wrong} with a false alarm; "
        f"{noticed} of {errors} planted errors were called impossible."
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code) if code > 128 else sys.exit(code)
