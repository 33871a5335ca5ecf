"""Answers of dcurves for net benefit.

Run, in an environment that has it: python tests/oracles/decision_curve.py > tests/oracles/decision_curve.json
Simulated patients; dcurves moves a threshold of zero by 1e-8, so none is asked for.
"""

import json
from importlib.metadata import version

import numpy as np
import pandas as pd
from dcurves import dca

cases = []
for seed, n, prevalence in ((1, 80, None), (2, 300, None), (3, 120, 0.15)):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    risk = np.round(1 / (1 + np.exp(1 - x)), 2)
    state = (rng.uniform(size=n) < 1 / (1 + np.exp(0.7 - 1.2 * x))).astype(int)
    thresholds = [0.05, 0.1, 0.2, 0.25, 0.4, 0.5, 0.75, 0.9, 0.97]
    table = dca(data=pd.DataFrame({"state": state, "risk": risk}), outcome="state",
                modelnames=["risk"], thresholds=thresholds, prevalence=prevalence)  # fmt: skip
    curve = {
        f"net_benefit_{name}": table[table["model"] == name]["net_benefit"].tolist()
        for name in ("risk", "all")
    }
    cases.append({
        "id": f"simulated_{seed}", "state": state.tolist(), "risk": risk.tolist(),
        "prevalence": prevalence, "thresholds": thresholds, **curve,
    })  # fmt: skip
at_horizon = []
for seed, n, leaving in ((4, 150, 8.0), (5, 80, 30.0)):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    t, c = rng.exponential(8 * np.exp(-x)), rng.exponential(leaving, n)
    time, event = np.round(np.minimum(t, c), 3), (t <= c).astype(int)
    risk = np.round(1 / (1 + np.exp(0.5 - x)), 2)
    horizon, thresholds = 2.5, [0.2, 0.35, 0.5, 0.6]
    table = dca(data=pd.DataFrame({"event": event, "time": time, "risk": risk}), outcome="event",
                modelnames=["risk"], thresholds=thresholds, time=horizon,
                time_to_outcome_col="time")  # fmt: skip
    at_horizon.append({
        "id": f"simulated_{seed}", "time": time.tolist(), "event": event.tolist(),
        "risk": risk.tolist(), "horizon": horizon, "thresholds": thresholds,
        "net_benefit_risk": table[table["model"] == "risk"]["net_benefit"].tolist(),
    })  # fmt: skip
print(json.dumps({"dcurves": version("dcurves"), "script": "tests/oracles/decision_curve.py",
                  "cases": cases, "at_horizon": at_horizon}))  # fmt: skip
