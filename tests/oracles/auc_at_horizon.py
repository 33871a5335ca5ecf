"""Answers of scikit-survival for the cumulative/dynamic area, weighted for censoring.

Run, in an environment that has it: python tests/oracles/auc_at_horizon.py > tests/oracles/auc_at_horizon.json
Simulated patients; no two times are equal, and nobody is censored at a horizon: scikit-survival
takes the censoring curve at the time of an event and not just before it, which then is the same.
"""

import json

import numpy as np
import sksurv
from sksurv.metrics import cumulative_dynamic_auc
from sksurv.util import Surv

cases = []
for seed, n, leaving in ((1, 60, 12.0), (2, 150, 6.0), (3, 40, 40.0)):
    rng = np.random.default_rng(seed)
    marker = rng.integers(0, 12, n) / 4
    hazard = 0.08 * np.exp(0.5 * (marker - 1.5))
    t, c = rng.exponential(1 / hazard), rng.exponential(leaving, n)
    time, event = np.round(np.minimum(t, c), 9), (t <= c).astype(int)
    assert len(set(time)) == n
    data = Surv.from_arrays(event.astype(bool), time)
    horizons = [float(h) for h in np.quantile(time, [0.3, 0.6, 0.8])]
    auc, _ = cumulative_dynamic_auc(data, data, marker, horizons)
    cases.append({
        "id": f"simulated_{seed}", "time": time.tolist(), "event": event.tolist(),
        "marker": marker.tolist(), "horizons": horizons, "auc": auc.tolist(),
    })  # fmt: skip
print(json.dumps({"scikit_survival": sksurv.__version__, "script": "tests/oracles/auc_at_horizon.py",
                  "cases": cases}))  # fmt: skip
