"""What the chapter on confounding shows, against counts and formulas worked out here."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from analysis.paper import load_paper
from analysis.show.book import chapter, paper_file
from analysis.show.confounding import IN, OUT, THROUGH, Confounding, _low
from tests.analysis.show.pages import ids, read


@pytest.fixture(scope="module")
def found():
    return chapter("confounding").confounding("table4.sii")


def changed(tmp_path: Path, *pairs: tuple[str, str]) -> Confounding:
    text = paper_file().read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "paper.yaml"
    file.write_text(text, encoding="utf-8")
    return Confounding(load_paper(file), "table4.sii")


def test_where_each_feature_stands(found):
    by_place = {
        place: {v for v, where in found.places.items() if where == place}
        for place in (IN, THROUGH, OUT)
    }
    assert by_place[IN] == {"lesions", "invasion", "albumin", "sii"}
    assert by_place[THROUGH] == {"neutrophils", "lymphocytes", "platelets"}
    assert len(by_place[OUT]) == 9
    told = found.told()
    assert (told["different"], told["different_in"], told["different_through"]) == ("7", "4", "3")
    assert told["different_out"] == "0"  # the chapter says none


def test_a_feature_that_differs_and_is_left_out_is_counted(tmp_path):
    made = changed(
        tmp_path, ('        statistic: "1.699"\n        p: "0.090"', '        p: "0.009"')
    )
    assert made.told()["different_out"] == "1"


def test_counts_are_those_of_the_cut(found):
    assert found.counts == (86, 138, 26, 134)
    assert found.told()["crude_hand"] == "(86 / 138) / (26 / 134) = 3.21"


def test_e_values_by_formula(found):
    def e(r: float) -> str:
        return f"{r + math.sqrt(r * (r - 1)):.2f}"

    told = found.told()
    assert (told["risk.e"], told["risk.e_low"]) == (e(3.164), e(1.878))
    assert (told["odds.e"], told["odds.e_low"]) == (e(math.sqrt(3.164)), e(math.sqrt(1.878)))
    assert told["crude_root"] == f"{math.sqrt(86 * 108 / (26 * 52)):.2f}"
    assert float(told["crude_root"]) < float(told["crude.ratio"])  # the chapter calls it cautious
    assert told["root"] == f"{math.sqrt(3.164):.3f}"
    for key in ("risk.hand", "odds.hand", "odds.hand_low"):
        r, *_, value = (float(x) for x in re.findall(r"\d+\.\d+", told[key]))
        assert f"{value:.2f}" == e(r)


def test_features_leave_what_statsmodels_says_at_the_worst_arrangement(found):
    assert [f.own.value for f in found.features] == sorted(
        (f.own.value for f in found.features), reverse=True
    )
    assert all(f.own.value >= 1 for f in found.features)
    rng = np.random.default_rng(3)
    for f in found.features:
        for a, b in (f.left.at_low, *_some(f, rng)):
            c, d = f.with_event - a, f.without - b
            tables = np.array([[[a, 86 - a], [b, 52 - b]], [[c, 26 - c], [d, 108 - d]]], float)
            value = StratifiedTable(tables).riskratio_pooled
            assert f.left.low - 1e-9 <= value <= f.left.high + 1e-9
            if (a, b) == f.left.at_low:
                assert value == pytest.approx(f.left.low)
    told = found.told()
    assert told["explaining"] == "none"
    assert float(told["worst_left"]) <= min(f.left.low for f in found.features)


def _some(f, rng):
    """Arrangements at random in which every stratum has all four kinds of patients."""
    for _ in range(20):
        a = rng.integers(max(1, f.with_event - 25), min(85, f.with_event - 1) + 1)
        b = rng.integers(max(1, f.without - 107), min(51, f.without - 1) + 1)
        yield int(a), int(b)


def test_a_strong_feature_is_said_to_explain(tmp_path):
    # a feature in step with the event can lie so that nothing is left of the index
    made = changed(
        tmp_path,
        ('{recurrence: "10 (8.93%)", control: "7 (4.38%)"}',
         '{recurrence: "100 (89.29%)", control: "20 (12.50%)"}'),
    )  # fmt: skip
    assert made.strongest.variable == "thrombus"
    assert made.strongest.left.low < 1
    assert made.told()["explaining"] == "1"


def test_beside_the_strongest_feature(found):
    told, v = found.told(), found.strongest.own.value
    assert v == pytest.approx(22 / 35 / (90 / 237))
    assert told["strong"] == "two or more lesions"
    assert told["risk.beside"] == told["odds.beside"] == told["risk.beside_low"] == "no strength"
    r = math.sqrt(1.878)
    u = float(told["odds.beside_low"])
    assert u * v / (u + v - 1) == pytest.approx(r, abs=2e-3)


def test_the_invented_confounder(found):
    told = found.example(2, 60, 30)
    made = 1.6 / 1.3
    assert told["example.makes"] == f"{made:.2f}"
    assert told["example.risk"].startswith(f"{3.164 / made:.2f} ({1.878 / made:.2f} to ")
    assert told["example.hand"] == "(0.6 × (2 − 1) + 1) / (0.3 × (2 − 1) + 1) = 1.23"
    page = read(found.array_sheet((1.5, 5), ((40, 20), (80, 20))).html)
    cells = [td.text.strip() for td in page.all("td")]
    assert cells == [f"{(p * (g - 1) + 1) / (q * (g - 1) + 1):.2f}"
                     for g in (1.5, 5) for p, q in ((0.4, 0.2), (0.8, 0.2))]  # fmt: skip


def test_drawings_say_what_they_show(found):
    curves = found.curves("curves")
    told = found.told()
    assert all(f"{told[key]} each" in curves.alt for key in ("risk.e", "odds.e", "odds.e_low"))
    for row in curves.data:
        if row["Needed with the event"] == "no strength":
            continue
        u, v = float(row["With the factor"]), float(row["Needed with the event"])
        name = "risk" if "a risk ratio" in row["Explains away"] else "odds"
        r = found.readings[name].ratio
        wanted = r.low if "limit" in row["Explains away"] else r.value
        assert u * v / (u + v - 1) == pytest.approx(wanted, rel=0.01)
    arrows = found.diagrams("arrows", "a", "b", "c", "d")
    assert "arrows from c to a, c to b and a to b (in question)" in arrows.alt
    assert "arrows from a to d, d to b and a to b (in question)" in arrows.alt
    for plot in (curves, arrows):
        names = ids(read(plot.svg))
        assert len(set(names)) == len(names)


def test_rows_without_ratio_or_counts_are_refused(found, tmp_path):
    for name in ("table4.nobody", "table2.sii", "table1.sii"):
        with pytest.raises(ValueError, match="no row with a ratio"):
            Confounding(found.paper, name)
    with pytest.raises(ValueError, match="not exact"):
        Confounding(found.paper, "table4.albumin")


def test_labels_inside_a_sentence():
    assert [_low(t) for t in ("Hepatitis B", "Child-Pugh grade", "AFP", "Age")] == [
        "hepatitis B", "Child-Pugh grade", "AFP", "age",
    ]  # fmt: skip
