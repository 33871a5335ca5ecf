"""The checks across tables as a diagnostic test: simulated papers, honest and with one error.

Paper `i` comes from seed `i` alone: its patients (:func:`regression_papers.simulated_case`),
link, codes and the way its margins are printed.  Honest, it must never be refuted under the
link and the codes that made it: a refutation there is a false certificate.  Then one error is
planted, and the same questions are asked again.

    python -m tests.trials.across_tables --count 2000 --jobs 2

writes ``data/trials/across_tables.json``, which the book shows; the tests repeat its first
papers.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

PLACE = Path(__file__).resolve()
sys.path[:0] = [str(PLACE.parents[1] / "analysis")]

import numpy as np  # noqa: E402

import regression_papers as rp  # noqa: E402
from analysis.checks.across_tables import Joined, joined, standard_errors  # noqa: E402
from analysis.compatible import coherence, largest  # noqa: E402
from analysis.files import write_whole  # noqa: E402
from analysis.findings import Verdict  # noqa: E402
from analysis.printed import Interval  # noqa: E402

RESULT = PLACE.parents[2] / "data" / "trials" / "across_tables.json"
PIECES = 60  # as many as the audit takes
CODINGS = ("0/1", "1/2", "-1/1")
MARGINS = rp.MARGINS[:3]  # a predictor without any counts keeps the tables apart
WHOLE_STUDY = 50  # of so many papers one is asked everything


def paper_of(seed: int) -> tuple[rp.Record, np.random.Generator]:
    """An honest paper from a seed, and the generator for what follows."""
    rng = np.random.default_rng([20230314, seed])
    while True:
        case = rp.simulated_case(rng)
        k = len(case.predictors)
        coding = rp.random_coding(rng, k, CODINGS if rng.random() < 0.3 else CODINGS[:2])
        if rng.random() < 0.5:
            coding = coding[:1] * k
        try:
            record = rp.print_regression(
                case, coding=coding, link=str(rng.choice(rp.LINKS, p=(0.5, 0.2, 0.06, 0.12, 0.12))),
                margins=str(rng.choice(MARGINS)), decimals=int(rng.integers(2, 5)),
                rounding=str(rng.choice(["half_up", "half_even"])), named=True,
            )  # fmt: skip
        except rp.NoFitError:
            continue
        return record, rng


def read(record: rp.Record, folder: Path):
    paper = record.load(folder / "paper.yaml")
    found = joined(paper, paper.tables_of("regression")[0])
    return paper, found


def codes_of(record: rp.Record) -> list[tuple[int, int]]:
    return record.style.codes(len(record.case.predictors))


def asked(found: Joined, record: rp.Record):
    """The problem under the true link and codes, with a free and with the printed constant."""
    link, codes = record.style.link, codes_of(record)
    slopes = tuple(
        s * Interval.point(high - low)
        for s, (low, high) in zip(found.problem.slopes, codes, strict=True)
    )
    free = replace(found.problem, link=link, slopes=slopes)
    constant = found.table.constant.b.interval
    return free, coherence.coded(replace(found.problem, link=link), constant, codes)


def outcome(problem) -> str:
    found = coherence.decide(problem, most=PIECES)
    return "refuted" if found.tree is not None else "open" if found.point is None else "fits"


def errors_refuted(paper, record: rp.Record) -> bool:
    """Whether a printed standard error is below the bound of its two-by-two table."""
    link, codes = (
        record.style.link,
        dict(zip(record.case.predictors, codes_of(record), strict=True)),
    )
    return any(
        f.values["refuted"].get(link, False)
        for f in standard_errors(paper)
        # the bound is that of codes one step apart, and its finding says so
        if np.ptp(codes[f.id.split(".")[1]]) == 1
    )


def one(seed: int) -> dict[str, Any]:
    """What happens to one paper, honest and with its error."""
    record, rng = paper_of(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paper, found = read(record, folder)
        told: dict[str, Any] = {"link": record.style.link, "margins": record.style.margins}
        if isinstance(found, str):
            return told | {"free": "not joined"}
        free, printed = asked(found, record)
        told |= {
            "free": outcome(free),
            "constant": outcome(printed),
            "errors": errors_refuted(paper, record),
            "accused": any(f.verdict is Verdict.IMPOSSIBLE for f in standard_errors(paper)),
        }
        if seed % WHOLE_STUDY == 0:
            told |= whole(record, found, free, printed)
        kinds = rp.kinds_for(record)
        kind = kinds[seed % len(kinds)]
        wrong, planted = rp.plant(record, kind, rng)
        paper, found = read(wrong, folder)
        free, printed = asked(found, wrong)
        told |= {
            "kind": kind,
            "by": "errors" if errors_refuted(paper, wrong)
            else "free" if outcome(free) == "refuted"
            else "constant" if outcome(printed) == "refuted"
            else "",
            "size": round(float(planted.by), 4),
        }  # fmt: skip
    return told


def whole(record: rp.Record, found: Joined, free, printed) -> dict[str, Any]:
    """The further claims of a study, each against the unrounded truth: how many are false."""
    false = Counter()
    truth = [b for b, _ in record.numbers.coefficients.values()]
    errors = [record.numbers.constant[1], *(se for _, se in record.numbers.coefficients.values())]
    codes = codes_of(record)
    steps = [high - low for low, high in codes]
    lows = tuple(low for low, _ in codes)
    for j, b in enumerate(truth):
        repaired = coherence.repair(free, ("slopes", j))
        false["window"] += any(
            piece.interval.low <= b * steps[j] <= piece.interval.high for piece in repaired.beyond
        )
        false["gap"] += repaired.gap is not None
    false["least"] += coherence.least_violation(free).proved > 0
    if set(steps) == {1}:
        for column, se in enumerate(errors):
            smallest = coherence.smallest_error(free, column, lows)
            false["floor"] += (
                smallest is not None and smallest.proved is not None and float(smallest.proved) > se
            )
        if record.style.link == "log" and (bounds := largest.largest_errors(printed, lows)):
            # the printed constant and B may stand at the edge of their rounding
            false["ceiling"] += any(
                se > bound * (1 + 1e-9) for se, bound in zip(errors, bounds, strict=True)
            )
    told: dict[str, Any] = {"false": sum(false.values())}
    if set(record.style.coding) <= set(CODINGS[:2]):
        constant = found.table.constant.b.interval
        bare = replace(found.problem, link=record.style.link)
        left = [
            other for other in product(((0, 1), (1, 2)), repeat=len(codes))
            if outcome(coherence.coded(bare, constant, other)) != "refuted"
        ]  # fmt: skip
        told |= {"true_coding_left": tuple(codes) in left, "codings_left": len(left)}
    return told


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts over papers: honest ones by outcome, planted errors by kind and what caught them."""
    studied = [r for r in rows if "false" in r]
    coded = [r for r in studied if "codings_left" in r]
    planted: dict[str, Counter] = {}
    for r in rows:
        if "kind" in r:
            planted.setdefault(r["kind"], Counter())[r["by"] or "missed"] += 1
    return {
        "papers": len(rows),
        "free": dict(sorted(Counter(r["free"] for r in rows).items())),
        "constant": dict(sorted(Counter(r.get("constant", "not joined") for r in rows).items())),
        "errors_refuted": sum(r.get("errors", False) for r in rows),
        "accused": sum(r.get("accused", False) for r in rows),
        "studied": len(studied),
        "false_claims_of_studies": sum(r["false"] for r in studied),
        "codings_asked": len(coded),
        "true_coding_left": sum(r["true_coding_left"] for r in coded),
        "only_true_coding_left": sum(r["codings_left"] == 1 for r in coded),
        "planted": {kind: dict(sorted(planted[kind].items())) for kind in sorted(planted)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULT)
    chosen = parser.parse_args()
    from joblib import Parallel, delayed

    rows = []
    for row in Parallel(n_jobs=chosen.jobs, return_as="generator", batch_size=4)(
        delayed(one)(seed) for seed in range(chosen.count)
    ):
        rows.append(row)
        if len(rows) % 100 == 0 or len(rows) == chosen.count:
            told = {"summary": summary(rows), "first": rows[:40]}
            write_whole(chosen.out, json.dumps(told, indent=1) + "\n")
            print(f"{len(rows)} of {chosen.count}", file=sys.stderr)
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
