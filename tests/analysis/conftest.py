"""Makes `paper_writer` importable and gives every test a scratch file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import settings

TESTS = Path(__file__).resolve().parents[1]

# the same examples in every run, and no clock: a slow machine must not fail a test
settings.register_profile("stable", derandomize=True, deadline=None, database=None)
settings.load_profile("stable")


@pytest.fixture(scope="session")
def root() -> Path:
    return TESTS.parent


@pytest.fixture(scope="session")
def r_answers() -> dict:
    """What R answers (tests/oracles/two_samples.R)."""
    return json.loads((TESTS / "oracles" / "two_samples.json").read_text())


@pytest.fixture(scope="session")
def cases() -> dict[str, dict]:
    """The external validation cases by their id."""
    text = (TESTS / "oracles" / "validation_cases.yaml").read_text()
    return {case["id"]: case for case in yaml.safe_load(text)["cases"]}


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file that tests may overwrite."""
    return tmp_path_factory.mktemp("papers") / "paper.yaml"
