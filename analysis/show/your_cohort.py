"""The command ``cohort`` at work in a chapter: the example that it writes, and a replication."""

from __future__ import annotations

import tempfile
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.cohort import load_cohort
from analysis.paper import Paper
from analysis.patients_file import Patients, load_patients
from analysis.replication import DIFFERS, NOT, OTHER, SAME, Line, replicate
from analysis.show.figures import Figure
from analysis.show.html import Html
from analysis.show.study_figures import add_figures
from analysis.show.study_tables import Part, parts
from analysis.show.tables import paper_rows
from analysis.study import read_study
from analysis.study_example import CONFIG, PATIENTS, STUDY, patients_csv
from analysis.study_results import Results, analyse

MARK = "Simulated: no patients."


class YourCohort:
    """The example of the command, and the simulated cohorts of `paper` held against it."""

    def __init__(self, paper: Paper):
        self._paper = paper

    @cached_property
    def _found(self) -> Results:
        return analyse(_loaded(STUDY, patients_csv()))

    @cached_property
    def _parts(self) -> dict[str, Part]:
        made = parts(self._found)
        add_figures(made, self._found)
        return {part.key: part for part in made}

    def sheet(self, key: str) -> Html:
        """One part of the results of the example."""
        part = self._parts[key]
        return paper_rows(part.rows, label=f"{part.title} ({MARK.lower()[:-1]})")

    def figure(self, key: str) -> Figure:
        """The figure of one part."""
        return self._parts[key].figures[0]

    def remark(self, key: str, starting: str) -> str:
        """The remark under a part that starts like this.  ValueError if there is none."""
        for note in self._parts[key].notes:
            if note.startswith(starting):
                return note
        raise ValueError(f"no remark of {key} starts with {starting!r}")

    def told(self) -> dict[str, str]:
        """For the prose."""
        rows = {row["What"]: row["Found"] for row in self._parts["study"].rows}
        cut = self._parts["cut"].rows
        return {
            "mark": MARK,
            "patients": rows["Patients in the file"],
            "apparent": f"{float(cut[0]['Sensitivity'].split(' ')[0]):.0%}",
            "honest": f"{float(cut[-1]['Sensitivity'].split(' ')[0]):.0%}",
            "incomplete": str(
                sum(row["Without a value"] != "0" for row in self._parts["missing"].rows)
            ),
        }

    @cached_property
    def _lines(self) -> list[Line]:
        file = (self._paper.folder or Path()) / "cohorts.parquet"
        whole = load_cohort(file)
        first = whole[whole["cohort"] == whole["cohort"].iloc[0]]
        columns = first.drop(columns=["cohort", "patient"])
        return replicate(_loaded(_study_of(columns, self._paper), _as_csv(columns)), self._paper)

    def replication(self) -> Html:
        """The printed numbers of each table that come out of the first simulated cohort."""
        rows: list[dict[str, Any]] = []
        for table in dict.fromkeys(line.table for line in self._lines):
            counts = Counter(line.verdict for line in self._lines if line.table == table)
            label = "Group sizes" if table == "groups" else self._paper.label_of_table(table)
            rows.append(
                {
                    "Part": label,
                    "Printed numbers": sum(counts.values()),
                    "Same digits": counts[SAME],
                    "Same by another convention": counts[OTHER],
                    "Differ": counts[DIFFERS],
                    "Not recomputable": counts[NOT],
                }
            )
        return paper_rows(rows, label="Printed numbers recomputed from the first simulated cohort")


def _loaded(study: str, patients: str) -> Patients:
    with tempfile.TemporaryDirectory() as folder:
        config, file = Path(folder) / CONFIG, Path(folder) / PATIENTS
        config.write_text(study, encoding="utf-8")
        file.write_text(patients, encoding="utf-8")
        return load_patients(file, read_study(config))


def _as_csv(table) -> str:
    return table.to_csv(index=False)


def _study_of(table, paper: Paper) -> str:
    """What the columns of a simulated cohort mean, as the text of a study.toml."""
    roc = next(t for t in paper.tables_of("roc") if t.positive == paper.event_group.id)
    marker = roc.rows[0]
    lines = [
        "[outcome]", 'column = "group"', f'event = "{paper.event_group.id}"',
        "[marker]", f'id = "{marker.variable}"', f'column = "{marker.variable}"',
        f'direction = "{marker.direction}"',
    ]  # fmt: skip
    for name in table.columns.drop(["group", marker.variable, "simulated"], errors="ignore"):
        lines += ["[[variables]]", f'id = "{name}"']
        if table[name].dtype.kind in "fiu":
            lines.append('kind = "continuous"')
        else:
            lines += ['kind = "categorical"', f"levels = {sorted(map(str, table[name].unique()))}"]
    return "\n".join(lines) + "\n"
