"""The running text against tables, arithmetic and dates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.audit import audit
from analysis.findings import Verdict
from analysis.paper import in_unit, load_paper
from analysis.shipped import DATA
from paper_writer import audit_tree, count_row, mean_row, paper

V = Verdict
ROWS = [
    mean_row("x", ("39.69 ± 6.17", "41.69 ± 6.82"), p="<0.001", statistic="2.474"),
    count_row("z", ("7 (35.00%)", "6 (24.00)")),
]


def section(*statements):
    return [{"section": "results", "place": "Results", "statements": list(statements)}]


def statement(kind, printed, repeats=None, **more):
    found = {"id": more.pop("id", "s"), "kind": kind, "printed": printed, "about": "it"} | more
    return found | ({"repeats": repeats} if repeats else {})


def repeat(scratch, kind, printed, repeats, **more):
    tree = paper((20, 25), ROWS, text=section(statement(kind, printed, repeats, **more)))
    return audit_tree(scratch, tree)["results.s.repeats"]


@pytest.mark.parametrize(
    ("kind", "printed", "repeats", "expected"),
    [
        ("p", "<0.001", "table1.x.p", V.REPRODUCED),
        ("p", "< 0.001", "table1.x.p", V.REPRODUCED),
        ("p", "0.000", "table1.x.p", V.CONSISTENT),
        ("p", "<0.05", "table1.x.p", V.CONSISTENT),
        ("p", "0.002", "table1.x.p", V.IMPOSSIBLE),
        ("percent", "35.01%", "table1.z.g0.percent", V.DEPENDS),  # a tie, rounded both ways
        ("percent", "34.98%", "table1.z.g0.percent", V.IMPOSSIBLE),
        ("p", ">0.05", "table1.x.p", V.IMPOSSIBLE),
        ("number", "2.474", "table1.x.statistic", V.REPRODUCED),
        ("number", "2.47", "table1.x.statistic", V.CONSISTENT),
        ("number", "2.48", "table1.x.statistic", V.IMPOSSIBLE),
        ("number", "2.475", "table1.x.statistic", V.DEPENDS),
        ("mean_sd", "39.69 ± 6.17", "table1.x.g0", V.REPRODUCED),
        ("mean_sd", "39.7 ± 6.2", "table1.x.g0", V.CONSISTENT),
        ("mean_sd", "39.69 ± 6.71", "table1.x.g0", V.IMPOSSIBLE),
        ("percent", "35%", "table1.z.g0.percent", V.CONSISTENT),
        ("percent", "35.00%", "table1.z.g0.percent", V.REPRODUCED),
        ("percent", "24.00%", "table1.z.g1.percent", V.REPRODUCED),
        ("percent", "53.00%", "table1.z.g0.percent", V.IMPOSSIBLE),
        ("share", "0.3500", "table1.z.g0.percent", V.REPRODUCED),
        ("share", "0.35", "table1.z.g0.percent", V.CONSISTENT),
        ("share", "0.24", "table1.z.g0.percent", V.IMPOSSIBLE),
        ("whole", "20", "groups.g0", V.REPRODUCED),
        ("whole", "21", "groups.g0", V.IMPOSSIBLE),
    ],
)
def test_repeats(scratch, kind, printed, repeats, expected):
    assert repeat(scratch, kind, printed, repeats).verdict is expected


def test_a_unit_that_both_places_have_is_told():
    ledger = {f.id: f for f in audit(load_paper(DATA / "yu2023" / "paper.yaml"))}
    follow_up, share = (ledger[f"abstract.{x}.repeats"] for x in ("follow_up", "sii_control"))
    assert (follow_up.printed, follow_up.attainable) == ("5 years", "5 years")
    assert follow_up.by_hand == "Text 5 years; there 5 years."
    assert share.printed == share.attainable  # only the table says in which unit
    assert ledger["methods.assumed_rate_years.not_checkable"].printed == "5 years"


def test_a_unit_is_told_once():
    assert in_unit("5", "years") == "5 years"
    assert in_unit("5 years", "years") == in_unit("5 years", None) == "5 years"
    assert in_unit("5 and 7", "d") == "5 and 7 d"
    assert in_unit("76.8", "%") == in_unit("76.8%", "%") == "76.8%"


def test_a_percentage_in_the_text_and_a_proportion_in_the_table(scratch):
    original = statement("share", "0.768", id="first")
    for printed, expected in (
        ("76.8%", V.REPRODUCED),
        ("77%", V.CONSISTENT),
        ("78.6%", V.IMPOSSIBLE),
    ):
        again = statement("percent", printed, "results.first")
        found = audit_tree(scratch, paper((20, 25), ROWS, text=section(original, again)))
        assert found["results.s.repeats"].verdict is expected


def test_a_sign_before_a_threshold(scratch):
    original = statement("number", ">12.50", id="first", role="threshold")
    again = statement("number", "12.5", "results.first", role="threshold")
    found = audit_tree(scratch, paper((20, 25), ROWS, text=section(original, again)))
    assert found["results.s.repeats"].verdict is V.REPRODUCED


def test_dates_and_labels(scratch):
    first = statement("date", "December 2017", id="first")
    label = statement("label", "26.0", id="label")
    for kind, printed, of, expected in (
        ("date", "Dec 2017", "first", V.REPRODUCED),
        ("date", "2017", "first", V.CONSISTENT),
        ("date", "January 2017", "first", V.IMPOSSIBLE),
        ("label", "26.0", "label", V.REPRODUCED),
        ("label", "25.0", "label", V.IMPOSSIBLE),
    ):
        text = section(first, label, statement(kind, printed, f"results.{of}"))
        found = audit_tree(scratch, paper((20, 25), ROWS, text=text))
        assert found["results.s.repeats"].verdict is expected, (kind, printed)


def test_statements_called_mean_and_low_are_not_parts_of_one(scratch):
    """A statement may have any id; only a mean ± SD or an interval has parts."""
    text = section(
        statement("whole", "20", "groups.g0", id="low"),
        statement("whole", "25", "groups.g1", id="high"),
        statement("whole", "24", "groups.g1", id="mean"),
    )
    found = audit_tree(scratch, paper((20, 25), ROWS, text=text))
    verdicts = [found[f"results.{name}.repeats"].verdict for name in ("low", "high", "mean")]
    assert verdicts == [V.REPRODUCED, V.REPRODUCED, V.IMPOSSIBLE]


# --- arithmetic ---------------------------------------------------------------------------------


def relation(scratch, equation, **values):
    kinds = {"printed": "number"}
    statements = [
        statement(
            kinds["printed"], printed, id=name, **({"role": "rule"} if "." not in printed else {})
        )
        for name, printed in values.items()
    ]
    relations = [{
        "id": "results.relation", "claim": "it fits", "equation": equation,
        "where": {name: f"results.{name}" for name in values},
    }]  # fmt: skip
    tree = paper((20, 25), ROWS, text=section(*statements), relations=relations)
    return audit_tree(scratch, tree)["results.relation"]


@pytest.mark.parametrize(
    ("equation", "values", "expected"),
    [
        ("t = a + b", {"t": "5", "a": "2", "b": "3"}, V.REPRODUCED),
        ("t=a+b", {"t": "5", "a": "2", "b": "3"}, V.REPRODUCED),
        ("t == a + b", {"t": "5", "a": "2", "b": "3"}, V.REPRODUCED),
        ("t = a + b", {"t": "6", "a": "2", "b": "3"}, V.IMPOSSIBLE),
        ("r = a / b * 100", {"r": "66.7", "a": "2", "b": "3"}, V.REPRODUCED),
        ("r = a / b * 100", {"r": "66.6", "a": "2", "b": "3"}, V.IMPOSSIBLE),
        ("d = a - b", {"d": "0.2", "a": "1.3", "b": "1.0"}, V.CONSISTENT),
        ("d = -a", {"d": "-1.5", "a": "1.5"}, V.REPRODUCED),
        ("a < b", {"a": "2", "b": "3"}, V.REPRODUCED),
        ("a < b", {"a": "3", "b": "3"}, V.IMPOSSIBLE),
        ("a <= b", {"a": "3", "b": "3"}, V.REPRODUCED),
        ("a > b", {"a": "1.04", "b": "1.0"}, V.CONSISTENT),
        ("a >= b", {"a": "1", "b": "3"}, V.IMPOSSIBLE),
        ("a / b > c", {"a": "1", "b": "0", "c": "3"}, V.CONSISTENT),
        ("a / b = c / b", {"a": "1", "b": "0", "c": "3"}, V.CONSISTENT),
    ],
)
def test_relations(scratch, equation, values, expected):
    finding = relation(scratch, equation, **values)
    assert finding.verdict is expected
    assert finding.by_hand


@given(
    st.integers(0, 4),
    st.integers(0, 4),
    st.fractions(-9, 9, max_denominator=999),
    st.fractions(-9, 9, max_denominator=999),
)
def test_honest_sums_are_never_impossible(scratch, d1, d2, a, b):
    from paper_writer import show

    values = {"s": show(a + b, d1), "x": show(a, d2), "y": show(b, d2)}
    values = {name: text if "." in text else text + ".0" for name, text in values.items()}
    if d1 and d2:
        assert relation(scratch, "s = x + y", **values).verdict is not V.IMPOSSIBLE


# --- dates ----------------------------------------------------------------------------------------


def timeline(scratch, **keys):
    text = section(
        statement("date", "December 2017", id="last"),
        statement("date", "Jan 05, 2023", id="submitted"),
        statement("date", "2023", id="year"),
        statement("date", "Feb 29, 2016", id="leap"),
        statement("number", keys.pop("printed_years", "5"), id="years"),
    )
    line = {"id": "results.line", "claim": "it fits"} | {
        k: [f"results.{x}" for x in v] if isinstance(v, list) else f"results.{v}"
        for k, v in keys.items()
    }
    return audit_tree(scratch, paper((20, 25), ROWS, text=text, timelines=[line]))["results.line"]


def test_follow_up(scratch):
    keys = {"from": "last", "until": "submitted", "years": "years"}
    found = timeline(scratch, **keys)
    assert (found.verdict, found.values["slack_low"], found.values["slack_high"]) == (
        V.REPRODUCED,
        5,
        35,
    )
    assert timeline(scratch, printed_years="6", **keys).verdict is V.IMPOSSIBLE
    assert timeline(scratch, printed_years="5.5", **keys).verdict is V.IMPOSSIBLE
    assert timeline(scratch, printed_years="4.5", **keys).verdict is V.REPRODUCED
    assert (
        timeline(scratch, **{"from": "last", "until": "year", "years": "years"}).verdict
        is V.REPRODUCED
    )
    assert timeline(scratch, **{"from": "submitted", "until": "year"}).verdict is V.CONSISTENT
    assert (
        timeline(scratch, **{"from": "leap", "until": "submitted", "years": "years"}).verdict
        is V.REPRODUCED
    )
    for years in ("0", "200"):
        timeline(scratch, printed_years=years, **keys)


def test_order(scratch):
    assert timeline(scratch, order=["leap", "last", "submitted"]).verdict is V.REPRODUCED
    assert timeline(scratch, order=["submitted", "year"]).verdict is V.CONSISTENT
    assert timeline(scratch, order=["submitted", "last"]).verdict is V.IMPOSSIBLE
    # each neighbour fits, the three together do not
    assert timeline(scratch, order=["submitted", "year", "last"]).verdict is V.IMPOSSIBLE
