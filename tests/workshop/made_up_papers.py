"""Made-up records of papers of different shape, from one table to nearly everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HOSTILE = "<b>=cmd</b> {glue:text}`x` $\\frac{1}{2}$ [a](b) `c` *d* | & <script>alert(1)</script>"


def one_table() -> dict[str, Any]:
    """Counts of two groups, no event, no test named; every label tries to be more than text."""
    return {
        "schema": "1",
        "paper": {"key": "made_up_one", "label": f"One table {HOSTILE}"},
        "groups": [
            {"id": "a", "label": f"A {HOSTILE}", "n": "40"},
            {"id": "b", "label": "B", "n": "60"},
        ],
        "variables": [{"id": "smoker", "label": f"Smoker {HOSTILE}"}],
        "tables": [
            {
                "id": "table1", "kind": "two_group", "title": f"Two groups {HOSTILE}",
                "rows": [
                    {
                        "id": "smoker", "variable": "smoker", "summary": "n_pct",
                        "values": {"a": "10 (25.0%)", "b": "20 (33.4%)"}, "p": "0.373",
                    }
                ],
            }
        ],
    }  # fmt: skip


def three_groups() -> dict[str, Any]:
    """Three groups, all patients beside them, values missing in one row, medians, levels."""
    groups = {"low": ("Low", 30), "middle": ("Middle", 40), "high": ("High", 30)}
    return {
        "schema": "1",
        "paper": {"key": "made_up_three", "label": "Three groups"},
        "groups": [{"id": i, "label": name, "n": str(n)} for i, (name, n) in groups.items()],
        "everyone": {"id": "all", "label": "All", "n": "100"},
        "variables": [{"id": "age", "label": "Age", "unit": "years"}, {"id": "grade", "label": "Grade"},
                      {"id": "stay", "label": "Stay", "unit": "days"}],
        "tables": [
            {
                "id": "table2", "kind": "two_group", "label": "Table II", "title": "By tertile",
                "rows": [
                    {"id": "age", "variable": "age", "summary": "mean_sd", "p": "0.020",
                     "values": {"low": "51.2 ± 8.1", "middle": "53.0 ± 9.0", "high": "57.4 ± 8.8",
                                "all": "53.8 ± 9.0"}},
                    {"id": "stay", "variable": "stay", "summary": "median_iqr",
                     "n": {"low": "28", "middle": "40", "high": "29"},
                     "values": {"low": "5 (4–8)", "middle": "6 (4–9)", "high": "7 (5–9)"}},
                    {"id": "grade", "variable": "grade", "summary": "levels", "p": "0.412",
                     "levels": [
                         {"id": "one", "label": "I", "values": {"low": "10 (33.3%)", "middle": "15 (37.5%)", "high": "8 (26.7%)"}},
                         {"id": "two", "label": "II", "values": {"low": "12 (40.0%)", "middle": "15 (37.5%)", "high": "10 (33.3%)"}},
                         {"id": "three", "label": "III", "values": {"low": "8 (26.7%)", "middle": "10 (25.0%)", "high": "12 (40.0%)"}},
                     ]},
                ],
            }
        ],
    }  # fmt: skip


def nearly_everything() -> dict[str, Any]:
    """Groups with an event, means, counts, a ROC table, two regressions, text, a picture."""
    return {
        "schema": "1",
        "paper": {"key": "made_up_all", "label": "Nearly everything", "doi": "10.1/x<y>_z",
                  "tests": {"continuous": "t test", "categorical": "chi-square test",
                            "model": "logistic regression"}},
        "groups": [
            {"id": "dead", "label": "Died", "n": "50", "event": True},
            {"id": "alive", "label": "Survived", "n": "100"},
        ],
        "significance": "methods.level",
        "variables": [
            {"id": "marker", "label": "Marker", "unit": "U/L"},
            {"id": "age", "label": "Age", "unit": "years"},
            {"id": "fever", "label": "Fever"}, {"id": "sex", "label": "Sex"},
        ],
        "tables": [
            {
                "id": "table1", "kind": "two_group", "title": "Died and survived",
                "rows": [
                    {"id": "marker", "variable": "marker", "summary": "mean_sd",
                     "values": {"dead": "12.1 ± 3.0", "alive": "9.8 ± 2.9"},
                     "statistic": "4.52", "p": "<0.001"},
                    {"id": "age", "variable": "age", "summary": "mean_sd",
                     "values": {"dead": "61.0 ± 9.1", "alive": "60.2 ± 9.4"},
                     "statistic": "0.50", "p": "0.619"},
                    {"id": "fever", "variable": "fever", "summary": "n_pct",
                     "values": {"dead": "20 (40.0%)", "alive": "22 (22.0%)"},
                     "statistic": "5.357", "p": "0.021"},
                    {"id": "sex", "variable": "sex", "summary": "levels",
                     "statistic": "0.483", "p": "0.487", "levels": [
                         {"id": "male", "label": "male", "values": {"dead": "30 (60.0%)", "alive": "54 (54.0%)"}},
                         {"id": "female", "label": "female", "values": {"dead": "20 (40.0%)", "alive": "46 (46.0%)"}}]},
                ],
            },
            {
                "id": "table2", "kind": "roc", "title": "The marker", "positive": "dead",
                "rows": [{"id": "marker", "variable": "marker", "auc": "0.712",
                          "ci": "0.625–0.799", "p": "<0.001", "threshold": "10.5",
                          "sensitivity": "0.700", "specificity": "0.650", "youden": "0.350"},
                         {"id": "age", "variable": "age", "auc": "0.530"}],
            },
            {
                "id": "table3", "kind": "regression", "title": "Several features",
                "model": "logistic", "event": "dead", "effect_label": "OR",
                "rows": [
                    {"id": "marker", "label": "Marker over 10.5", "cut": "table2.marker",
                     "b": "1.400", "se": "0.370", "wald": "14.317", "p": "<0.001",
                     "ratio": "4.055", "ci": "1.964–8.374"},
                    {"id": "fever", "label": "Fever", "margin": "table1.fever",
                     "b": "0.800", "se": "0.390", "wald": "4.208", "p": "0.040",
                     "ratio": "2.226", "ci": "1.036–4.780"},
                ],
                "constant": {"b": "-1.700", "se": "0.300", "p": "<0.001"},
            },
            {
                "id": "table4", "kind": "regression", "title": "One at a time", "model": "cox",
                "analysis": "univariable", "event": "dead", "effect_label": "HR",
                "rows": [{"id": "fever", "label": "Fever", "margin": "table1.fever",
                          "p": "0.012", "ratio": "1.98", "ci": "1.16–3.38"}],
            },
        ],
        "text": [
            {"section": "methods", "place": "Methods", "statements": [
                {"id": "patients", "kind": "whole", "printed": "150", "about": "patients"},
                {"id": "level", "kind": "p", "printed": "<0.05", "about": "what is called significant",
                 "role": "significance level"},
                {"id": "first", "kind": "date", "printed": "January 2016", "about": "first admission"},
                {"id": "last", "kind": "date", "printed": "December 2017", "about": "last admission"}]},
            {"section": "abstract", "place": "Abstract", "statements": [
                {"id": "auc", "kind": "share", "printed": "0.72", "about": "area", "repeats": "table2.marker.auc"}]},
            {"section": "follow_up", "place": "Follow-up", "statements": [
                {"id": "months", "kind": "number", "printed": "24", "about": "median follow-up", "role": "duration"}]},
        ],
        "relations": [{"id": "methods.total", "claim": "the groups make the total", "equation": "n = a + b",
                       "where": {"n": "methods.patients", "a": "groups.dead", "b": "groups.alive"}}],
        "timelines": [{"id": "methods.order", "claim": "the admissions are in order",
                       "order": ["methods.first", "methods.last"]}],
        "pictures": [{"id": "figure1", "shows": "ROC curves", "numbers": "the points of the curves"}],
        "flow": [{"id": "all", "label": "All patients", "count": "methods.patients"}],
        "elsewhere": [{"section": "introduction", "printed": "30%", "about": "deaths elsewhere"}],
    }  # fmt: skip


SHAPES = {
    "one_table": one_table,
    "three_groups": three_groups,
    "nearly_everything": nearly_everything,
}


def record(folder: Path, tree: dict[str, Any]) -> Path:
    """The record as a file ``paper.yaml`` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "paper.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), "utf-8")
    return file
