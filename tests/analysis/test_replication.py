"""A paper's numbers held against patients: its own, and others."""

import numpy as np
import pytest
import yaml

from analysis.cohort import load_cohort
from analysis.compatible.constraints import constraints
from analysis.paper import load_paper
from analysis.patients_file import load_patients
from analysis.replication import DIFFERS, NOT, OTHER, SAME, replicate
from analysis.show.replication import replication_parts
from analysis.study import read_study
from tests.analysis.ledgers import PAPER, ROOT
from tests.analysis.studies import write_columns

CONFIG = """
[outcome]
column = "group"
event = "recurrence"
[marker]
id = "sii"
column = "sii"
direction = "higher"
"""
NUMBERS = ("age", "bmi", "size", "afp", "albumin", "neutrophils", "lymphocytes", "platelets")


def config_of(table, numbers):
    text = CONFIG
    for name in numbers:
        text += f'[[variables]]\nid = "{name}"\nkind = "continuous"\n'
    for name in table.columns:
        if table[name].dtype.kind not in "fib" and name != "group":
            levels = [str(x) for x in sorted(table[name].unique())]
            text += f'[[variables]]\nid = "{name}"\nkind = "categorical"\nlevels = {levels}\n'
    return text


@pytest.fixture(scope="module")
def paper():
    return load_paper(PAPER)


@pytest.fixture(scope="module")
def cohort():
    whole = load_cohort(ROOT / "data" / "yu2023" / "cohorts.parquet")
    return whole[whole["cohort"] == 3].drop(columns=["cohort", "patient"])


def lines_of(folder, cohort, paper, config=None):
    config = config or config_of(cohort, NUMBERS)
    columns = {c: cohort[c].tolist() for c in cohort}
    patients, study = write_columns(folder, columns, config)
    return replicate(load_patients(patients, read_study(study)), paper)


@pytest.fixture(scope="module")
def lines(cohort, paper, tmp_path_factory):
    return lines_of(tmp_path_factory.mktemp("own"), cohort, paper)


def test_a_cohort_that_prints_the_tables_agrees_in_every_number_it_claims(lines, paper):
    claimed = constraints(paper).targets
    by_id = {line.id: line for line in lines}
    assert set(claimed) <= set(by_id)
    assert len(claimed) > 100
    wrong = [str(by_id[id]) for id in claimed if by_id[id].verdict != SAME]
    assert wrong == []


def test_the_conventions_are_those_that_the_audit_found(lines):
    by_id = {line.id: line for line in lines}
    assert by_id["table1.age.statistic"].convention.startswith("Student")
    assert by_id["table1.gender.statistic"].convention == "Pearson's chi-square"
    assert by_id["table2.sii.ci.low"].convention.startswith("area − z·SE")


def test_a_table_that_the_cohort_does_not_claim_differs(lines):
    model = [line for line in lines if line.table == "table4"]
    assert sum(line.verdict == DIFFERS for line in model) > 20
    assert all(line.why.startswith("differs by") for line in model if line.verdict == DIFFERS)


def test_one_changed_patient_is_seen(cohort, paper, tmp_path):
    changed = cohort.copy()
    changed.loc[changed.index[0], "age"] += 30
    changed.loc[changed.index[0], "gender"] = "female"
    found = {line.id: line for line in lines_of(tmp_path, changed, paper)}
    assert found["table1.age.recurrence.mean"].verdict == DIFFERS
    assert found["table1.gender.male.recurrence.count"].difference == -1
    assert found["table1.bmi.recurrence.mean"].verdict == SAME


def test_what_is_not_there_says_what_is_missing(cohort, paper, tmp_path):
    less = cohort.drop(columns=["bmi", "capsule"])
    config = config_of(less, [n for n in NUMBERS if n != "bmi"])
    found = {line.id: line for line in lines_of(tmp_path, less, paper, config)}
    for id, name in (("table1.bmi.p", "bmi"), ("table1.capsule.present.control.count", "capsule")):
        assert found[id].verdict == NOT
        assert f'no variable "{name}"' in found[id].why
        assert found[id].value is None


def test_other_names_are_told_by_the_study(cohort, paper, tmp_path):
    renamed = cohort.rename(columns={"bmi": "mass"}).replace(
        {"gender": {"male": "M", "female": "F"}}
    )
    numbers = ["mass" if n == "bmi" else n for n in NUMBERS]
    config = config_of(renamed, numbers) + (
        '[against.variables]\nbmi = "mass"\n'
        '[against.levels]\n"gender.male" = "M"\n"gender.female" = "F"\n'
    )
    found = {line.id: line for line in lines_of(tmp_path, renamed, paper, config)}
    assert found["table1.bmi.control.sd"].verdict == SAME
    assert found["table1.gender.male.control.percent"].verdict == SAME


RECORD = """
schema: 1
paper: {key: made2020, label: Made 2020}
groups:
  - {id: event, label: With, n: "GE", event: true}
  - {id: free, label: Without, n: "GF"}
variables:
  - {id: x, label: X}
  - {id: y, label: "Y"}
tables:
  - id: table1
    kind: two_group
    title: Made up
    percent_of: row
    rows:
      - {id: x, variable: x, summary: median_iqr, values: {event: "XE", free: "XF"}, statistic: "Z", p: "PX"}
      - {id: "y", variable: "y", summary: n_pct, values: {event: "CE", free: "CF"}, p: "PY"}
  - id: table2
    kind: regression
    model: logistic
    analysis: univariable
    title: Made up
    event: event
    effect_label: OR
    rows:
      - {id: "y", label: "Y", margin: table1.y, b: "BY", ratio: "RY", ci: "LY–HY", p: "WY"}
"""


def test_medians_ranks_row_percentages_and_single_models(tmp_path):
    """Numbers printed from data by scipy and statsmodels come out again, by whichever convention."""
    import statsmodels.api as sm
    from scipy import stats

    rng = np.random.default_rng(8)
    n = 140
    state = rng.integers(0, 2, n)
    x = np.round(rng.gamma(3, 2, n) + state, 1)
    y = (rng.random(n) < 0.3 + 0.12 * state).astype(int)
    groups = {"E": state == 1, "F": state == 0}
    filled = {}
    for g, inside in groups.items():
        filled[f"G{g}"] = str(inside.sum())
        q = np.quantile(x[inside], (0.5, 0.25, 0.75), method="weibull")
        filled[f"X{g}"] = "{:.2f} ({:.2f}–{:.2f})".format(*q)
        filled[f"C{g}"] = f"{y[inside].sum()} ({100 * y[inside].sum() / y.sum():.1f})"
    rank = stats.mannwhitneyu(
        x[state == 1], x[state == 0], use_continuity=False, method="asymptotic"
    )
    filled |= {"PX": f"{rank.pvalue:.4f}", "Z": f"-{stats.norm.isf(rank.pvalue / 2):.3f}"}
    table = np.array([[((y == a) & (state == b)).sum() for b in (1, 0)] for a in (1, 0)])
    filled["PY"] = f"{stats.fisher_exact(table).pvalue:.4f}"
    fit = sm.Logit(state, sm.add_constant(y.astype(float))).fit(disp=0)
    b, (low, high) = fit.params[1], fit.conf_int()[1]
    filled |= {
        "BY": f"{b:.3f}", "RY": f"{np.exp(b):.3f}", "LY": f"{np.exp(low):.3f}",
        "HY": f"{np.exp(high):.3f}", "WY": f"{fit.pvalues[1]:.4f}",
    }  # fmt: skip
    text = RECORD
    for name in sorted(filled, key=len, reverse=True):
        text = text.replace(f'"{name}"', f'"{filled[name]}"').replace(
            "LY–HY", f"{filled['LY']}–{filled['HY']}"
        )
    (tmp_path / "paper.yaml").write_text(text, encoding="utf-8")
    assert yaml.safe_load(text)
    made = load_paper(tmp_path / "paper.yaml")
    config = (
        '[outcome]\ncolumn = "state"\nevent = 1\n[marker]\nid = "x"\ncolumn = "x"\n'
        'direction = "higher"\n[[variables]]\nid = "y"\nkind = "categorical"\nlevels = [0, 1]\n'
    )
    columns = {"state": state.tolist(), "x": x.tolist(), "y": y.tolist()}
    patients, study = write_columns(tmp_path, columns, config)
    found = {line.id: line for line in replicate(load_patients(patients, read_study(study)), made)}
    assert {line.verdict for line in found.values()} <= {SAME, OTHER}, [
        str(line) for line in found.values() if line.verdict not in (SAME, OTHER)
    ]
    assert found["table1.x.event.q1"].convention in ("type 6, SPSS", "R's type 7")
    assert found["table1.y.event.percent"].convention == "of the row"
    assert "Mann–Whitney" in found["table1.x.statistic"].convention
    assert found["table1.y.p"].convention == "Fisher's exact test"
    shown = replication_parts(list(found.values()), made)
    assert sum(int(row["Numbers"]) for row in shown[0].rows) == len(found)
