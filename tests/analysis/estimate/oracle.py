"""Answers of R that are stored in tests/oracles."""

from __future__ import annotations

import json
from typing import Any

from tests.analysis.ledgers import ROOT


def read(name: str) -> Any:
    return json.loads((ROOT / "tests" / "oracles" / f"{name}.json").read_text(encoding="utf-8"))
