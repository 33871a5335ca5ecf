"""Answers of pmsampsize for a model of a yes-or-no event.

Run, in an environment that has it: python tests/oracles/prediction_sample_size.py > tests/oracles/prediction_sample_size.json
From an area it simulates a million patients.  Version 0.1.0 asks for Python 3.12 and pandas 2; the
stored answers come from its source, run with Python 3.11 and pandas 3.
"""

import json
from importlib.metadata import version

from pmsampsize.pmsampsize import cstat2rsq, pmsampsize

cases = []
for parameters, prevalence, r2, shrinkage in (
    (24, 0.174, 0.288, 0.9), (30, 0.05, 0.05, 0.9), (1, 0.5, 0.1, 0.9), (8, 0.41, 0.12, 0.9),
    (8, 0.41, 0.12, 0.8), (15, 0.9, 0.2, 0.95), (40, 0.02, 0.03, 0.9), (12, 0.3, 0.6, 0.9),
):  # fmt: skip
    found = pmsampsize(type="b", csrsquared=r2, parameters=parameters, prevalence=prevalence,
                       shrinkage=shrinkage, noprint=True)  # fmt: skip
    rows = [row for row in found["results_table"] if len(row) > 1]
    cases.append({
        "parameters": parameters, "prevalence": prevalence, "cox_snell": r2, "shrinkage": shrinkage,
        "patients": [row[1] for row in rows[:3]], "largest": found["max_r2a"],
        "total": found["sample_size"], "events_per_parameter": found["EPP"],
    })  # fmt: skip
areas = [
    {
        "auc": auc,
        "prevalence": p,
        "cox_snell": float(cstat2rsq(auc, p, 123456, True)["R2_coxsnell"]),
    }
    for auc, p in ((0.6, 0.5), (0.7, 0.41), (0.8, 0.1), (0.89, 0.174), (0.95, 0.3))
]
print(json.dumps({"pmsampsize": version("pmsampsize"), "script": "tests/oracles/prediction_sample_size.py",
                  "cases": cases, "areas": areas}))  # fmt: skip
