"""A floor uses only the floors below it (ARCHITECTURE.md)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "analysis"

# one room, two storeys: the proofs stand under the checks, the search for cohorts on them
PROOFS, COHORTS = "analysis.compatible (proofs)", "analysis.compatible (cohorts)"
PROOF_MODULES = {
    "links",
    "certificate",
    "programme",
    "coherence",
    "bounds",
    "largest",
    "solver",
    "whole",
    "exhaust",
    "lattice",
}

# what each floor may import from this project; a floor may always use itself
FLOORS = {
    "analysis.printed": set(),
    # a YAML file in, a tree or one sentence out
    "analysis.record": {"analysis.printed"},
    # a paper in, its tables as CSV out
    "analysis.write_sheets": {"analysis.paper", "analysis.files", "analysis.sheets"},
    # an empty folder in, a record to fill in out
    "analysis.new_paper": {
        "analysis.paper",
        "analysis.schema",
        "analysis.files",
        "analysis.write_sheets",
    },
    # what a cell may look like, and the parts of a record
    "analysis.cells": {"analysis.printed"},
    "analysis.schema": {"analysis.cells"},
    # a CSV or XLSX file in, text cells or one sentence out
    "analysis.spreadsheet": {"analysis.printed", "analysis.files"},
    "analysis.sheets": {"analysis.printed", "analysis.record", "analysis.spreadsheet"},
    # formulas in a file: refused or evaluated
    "analysis.formula": {"analysis.printed", "analysis.record"},
    "analysis.paper": {
        "analysis.printed",
        "analysis.record",
        "analysis.formula",
        "analysis.schema",
        "analysis.sheets",
    },
    "analysis.findings": {"analysis.printed"},
    # plain numbers in, proofs out: knows neither papers nor findings
    PROOFS: {"analysis.printed"},
    "analysis.checks": {
        "analysis.printed",
        "analysis.paper",
        "analysis.findings",
        "analysis.formula",
        PROOFS,
    },
    # a checklist, a paper and its findings in; answers with their grounds out
    "analysis.checklists": {
        "analysis.printed",
        "analysis.record",
        "analysis.paper",
        "analysis.findings",
    },
    # the questions of an appraisal, a paper and its findings in; answers with grounds out
    "analysis.appraisal_form": {
        "analysis.printed",
        "analysis.record",
        "analysis.paper",
        "analysis.findings",
        "analysis.checklists",
        "analysis.shipped",
    },
    # patient-level data: knows neither papers nor how the patients were made
    "analysis.cohort": {"analysis.files"},
    # a description in, real patients out: never the mark of simulated ones
    "analysis.real": {"analysis.cohort", "analysis.record"},
    # what a file of patients means, and the patients in it
    "analysis.study": {"analysis.printed", "analysis.record", "analysis.formula"},
    "analysis.sheet_file": {"analysis.printed", "analysis.cohort"},
    "analysis.patients_file": {
        "analysis.printed",
        "analysis.formula",
        "analysis.cohort",
        "analysis.study",
        "analysis.sheet_file",
    },
    "analysis.study_example": {"analysis.cohort"},
    # checked patients in, every estimate of a study out: knows no paper
    "analysis.study_table": {"analysis.study", "analysis.estimate", "analysis.study_results"},
    "analysis.study_times": {"analysis.study", "analysis.estimate", "analysis.study_results"},
    "analysis.study_results": {
        "analysis.study",
        "analysis.patients_file",
        "analysis.estimate",
        "analysis.study_table",
        "analysis.study_times",
    },
    # a paper and its own patients in, each printed number beside the recomputed one out
    "analysis.replication": {
        "analysis.printed",
        "analysis.paper",
        "analysis.checks",
        COHORTS,
        "analysis.audit",
        "analysis.study",
        "analysis.patients_file",
        "analysis.estimate",
        "analysis.study_table",
        "analysis.replication_models",
    },
    "analysis.replication_models": {
        "analysis.paper",
        COHORTS,
        "analysis.study",
        "analysis.estimate",
        "analysis.replication",
    },
    "analysis.study_command": {
        "analysis.paper",
        "analysis.files",
        "analysis.study",
        "analysis.sheet_file",
        "analysis.patients_file",
        "analysis.study_example",
        "analysis.study_results",
        "analysis.replication",
        "analysis.estimate",
        "analysis.show",
    },
    # papers made up or taken from a record, errors planted in them, answers marked
    "analysis.exam": {
        "analysis.printed",
        "analysis.record",
        "analysis.spreadsheet",
        "analysis.sheets",
        "analysis.files",
        "analysis.paper",
        "analysis.findings",
        "analysis.audit",
        "analysis.estimate",
    },
    "analysis.exam_command": {
        "analysis.exam",
        "analysis.files",
        "analysis.paper",
        "analysis.parallel",
        "analysis.shipped",
        "analysis.show",
    },
    # patients in, estimates out: knows no paper
    "analysis.estimate": {"analysis.cohort"},
    # a paper in, patients out
    COHORTS: {
        "analysis.printed",
        "analysis.paper",
        "analysis.findings",
        "analysis.checks",
        "analysis.cohort",
        "analysis.files",
        "analysis.formula",
        "analysis.parallel",
    },
    # where the data are that came with the library
    "analysis.shipped": set(),
    # writing a file whole, for whoever writes
    "analysis.files": set(),
    # many pieces of work side by side, whatever the work is
    "analysis.parallel": set(),
    "analysis.certify": {
        "analysis.printed",
        "analysis.paper",
        "analysis.files",
        PROOFS,
        "analysis.checks",
    },
    "analysis.witnesses": {
        "analysis.printed",
        "analysis.paper",
        "analysis.files",
        PROOFS,
        "analysis.checks",
        "analysis.certify",
    },
    "analysis.two_tables": {
        "analysis.printed",
        "analysis.paper",
        "analysis.files",
        PROOFS,
        "analysis.checks",
        "analysis.certify",
    },
    "analysis.audit": {"analysis.paper", "analysis.findings", "analysis.checks"},
    "analysis.show": {
        "analysis.printed",
        "analysis.paper",
        "analysis.findings",
        "analysis.checks",
        PROOFS,
        COHORTS,
        "analysis.cohort",
        "analysis.real",
        "analysis.estimate",
        "analysis.certify",
        "analysis.audit",
        "analysis.checklists",
        "analysis.appraisal_form",
        "analysis.witnesses",
        "analysis.two_tables",
        "analysis.files",
        "analysis.shipped",
        "analysis.study",
        "analysis.study_example",
        "analysis.patients_file",
        "analysis.study_results",
        "analysis.study_table",
        "analysis.study_times",
        "analysis.replication",
        "analysis.exam",
    },
    "analysis.__main__": {
        "analysis.printed",
        "analysis.new_paper",
        "analysis.study_command",
        "analysis.exam_command",
        "analysis.paper",
        "analysis.findings",
        "analysis.audit",
        "analysis.certify",
        "analysis.witnesses",
        "analysis.two_tables",
        "analysis.appraisal_form",
        "analysis.checklists",
        "analysis.files",
        "analysis.parallel",
        "analysis.show",
        PROOFS,
        COHORTS,
    },
    "analysis.__init__": set(),
}
DRAWING = {"matplotlib", "seaborn", "great_tables", "jinja2", "markupsafe", "IPython", "myst_nb"}

MODULES = sorted(LIBRARY.rglob("*.py"))


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def floor_of(module: str) -> str:
    floor, inner = ".".join(module.split(".")[:2]), module.split(".")[2:3]
    if floor != "analysis.compatible":
        return floor
    # the package itself imports nothing: whoever names it alone names a proof
    return COHORTS if inner and inner[0] not in PROOF_MODULES | {"__init__"} else PROOFS


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            rooms = ("analysis", "analysis.compatible")
            found |= inner if node.module in rooms else {node.module}
    return found


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_a_floor_uses_only_the_floors_below(file: Path):
    floor = floor_of(name_of(file))
    ours = {floor_of(name) for name in imports(file) if name.startswith("analysis.")}
    assert ours - {floor} <= FLOORS[floor]


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_nothing_but_show_draws_and_nothing_knows_the_book(file: Path):
    tops = {name.partition(".")[0] for name in imports(file)}
    assert not tops & {"book", "workshop", "benchmarks", "tests"}
    if floor_of(name_of(file)) != "analysis.show":
        assert not tops & DRAWING


def test_nothing_about_one_paper_stands_in_the_library():
    words = re.compile(
        r"\byu\b|yu2023|\bsii\b|lymphocyte|platelet|recurrence|\b272\b", re.IGNORECASE
    )
    found = []
    for file in MODULES:
        # an example in a docstring or a comment may name a cell of any paper
        code = re.sub(r'"""[\s\S]*?"""|#.*', "", file.read_text(encoding="utf-8"))
        found += [f"{name_of(file)}: {match[0]}" for match in words.finditer(code)]
    assert found == []
