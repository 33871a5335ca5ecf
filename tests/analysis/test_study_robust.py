"""Small and degenerate files of patients: results or one sentence, in every output."""

import numpy as np
import pytest

from analysis.estimate.roc import EstimateError
from analysis.patients_file import load_patients
from analysis.sheet_file import PatientsError
from analysis.show.study_figures import add_figures
from analysis.show.study_report import results_csv, results_page, results_text
from analysis.show.study_tables import parts
from analysis.study import read_study
from analysis.study_results import analyse
from tests.analysis.studies import write

CONFIG = """
[study]
resamples = 100
[outcome]
column = "state"
event = 1
no_event = 0
[time]
column = "time"
unit = "days"
[marker]
column = "marker"
direction = "{direction}"
{cut}
[[variables]]
id = "age"
kind = "continuous"
cuts = [50]
[[variables]]
id = "grade"
kind = "{kind}"
levels = [1, 2, 3]
[groups]
column = "arm"
levels = ["a", "b", "c"]
"""
HEAD = ("state", "time", "marker", "age", "grade", "arm")


def random_file(folder, rng):
    n = int(rng.choice([2, 3, 5, 9, 20, 60]))
    state = (rng.random(n) < rng.choice([0.1, 0.5, 0.9])).astype(int)
    marker = rng.normal(0, 1, n).round(int(rng.integers(0, 3))) * rng.choice([0, 1, 1e-6, 1e6])
    if rng.random() < 0.3:
        marker = marker + 100.0 * state
    columns = [
        state, rng.exponential(5, n).round(int(rng.integers(0, 2))), marker,
        rng.normal(50, 9, n).round(), rng.integers(1, rng.integers(2, 5), n), rng.choice(["a", "b", "c"], n),
    ]  # fmt: skip
    lost = rng.choice([0, 0.1, 0.6])
    table = [["" if rng.random() < lost else x for x in row] for row in zip(*columns, strict=True)]
    config = CONFIG.format(
        direction=rng.choice(["higher", "lower"]), kind=rng.choice(["categorical", "ordinal"]),
        cut=rng.choice(["", "cut = 0.5"]),
    )  # fmt: skip
    return write(folder, table, config, HEAD)


@pytest.mark.parametrize("block", range(2))
def test_results_or_one_sentence(tmp_path, block):
    rng = np.random.default_rng(block)
    whole, sentences = 0, []
    for _ in range(5):
        patients, study = random_file(tmp_path, rng)
        try:
            found = analyse(load_patients(patients, read_study(study)))
        except (PatientsError, EstimateError) as error:
            sentences.append(str(error))
            continue
        shown = parts(found)
        add_figures(shown, found)
        html = results_page(shown, found)
        assert ">nan<" not in html
        assert ">inf<" not in html
        text = results_text(shown, found)
        assert max(len(line) for line in text.splitlines()) <= 80
        assert "patients.csv" in results_csv(shown, found)
        whole += 1
    assert whole > 0
    assert all("\n" not in text and text.endswith(".") for text in sentences)
