"""Small and degenerate files of patients: results or one sentence, in every output."""

import re

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
        assert "study.csv" in results_csv(shown, found)
        whole += 1
    assert whole > 0
    assert all("\n" not in text and text.endswith(".") for text in sentences)


PLAIN = """
[study]
resamples = 100
confidence = 0.9
[outcome]
column = "state"
event = 1
[time]
column = "time"
unit = "days"
[marker]
direction = "higher"
column = "marker"
"""


def pages(folder, marker, time, config=PLAIN):
    state = [0, 1, 1, 0, 1, 0, 0, 1, 1, 0] * 6
    rows = list(zip(state, marker, time, strict=True))
    found = analyse(load_patients(*_study(folder, rows, config)))
    shown = parts(found)
    add_figures(shown, found)
    return results_page(shown, found), results_text(shown, found)


def _study(folder, rows, config):
    file, study = write(folder, rows, config, ("state", "marker", "time"))
    return file, read_study(study)


UP, DAYS = [float((7 * i) % 23) for i in range(60)], [1 + (5 * i) % 31 for i in range(60)]


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(
    ("marker", "time", "config"),
    [
        ([5] * 60, DAYS, PLAIN),
        (UP, [0] * 60, PLAIN),
        (UP, [7] * 60, PLAIN),
        (UP, DAYS, PLAIN + "per = 1e30\n"),
        ([f"{x + 1}e58" for x in UP], DAYS, PLAIN),
        ([f"{x + 1}e-60" for x in UP], DAYS, PLAIN),
    ],
    ids=["one value", "no time", "one time", "ratios without end", "huge", "tiny"],
)
def test_what_hardly_varies_or_is_huge_is_shown(tmp_path, marker, time, config):
    html, text = pages(tmp_path, marker, time, config)
    for shown in (html, text):
        assert "The marker alone: ROC curve" in shown
        assert "nan" not in shown.split()


def test_every_interval_has_the_confidence_of_the_study(tmp_path):
    html, text = pages(tmp_path, UP, DAYS)
    for shown in (html, text):
        assert "90%" in shown
        assert "95%" not in shown


def test_a_formula_of_one_name(tmp_path):
    config = PLAIN.replace('column = "marker"', 'formula = "m"')
    config += '[[variables]]\nid = "m"\ncolumn = "marker"\nkind = "continuous"\n'
    rows = list(zip([0, 1] * 30, UP, DAYS, strict=True))
    found = load_patients(*_study(tmp_path, rows, config))
    assert found.values("marker").tolist() == UP


def test_one_sign_is_the_minus_of_every_table(tmp_path):
    # the mean of those with the event lies under that of the others
    config = PLAIN + '[[variables]]\nid = "m"\ncolumn = "marker"\nkind = "continuous"\n'
    state = [0, 1, 1, 0, 1, 0, 0, 1, 1, 0] * 6
    rows = list(zip(state, [x - 9 * y for x, y in zip(UP, state, strict=True)], DAYS, strict=True))
    found = analyse(load_patients(*_study(tmp_path, rows, config)))
    text = results_text(parts(found), found)
    assert re.search(r"SMD:\s+−\d", text)
    assert not re.search(r":\s+-\d", text)
    assert re.search(r",-\d\.\d", results_csv(parts(found), found)["table1.csv"])


@pytest.mark.parametrize(("label", "shown"), [("Centre", "centre"), ("TNM stage", "TNM stage")])
def test_an_abbreviation_keeps_its_letters(tmp_path, label, shown):
    config = PLAIN + f'[groups]\ncolumn = "state"\nlabel = "{label}"\nlevels = [0, 1]\n'
    rows = list(zip([0, 1] * 30, UP, DAYS, strict=True))
    found = analyse(load_patients(*_study(tmp_path, rows, config)))
    assert f"Patients by {shown}\n" in results_text(parts(found), found)
