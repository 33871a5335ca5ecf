"""Broken files are refused in one sentence, or load and are audited: see `fuzz`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from analysis.paper import PaperError, load_paper
from tests.analysis import fuzz
from tests.analysis.ledgers import ROOT

SHARE = 30  # inputs of one test
needs_limits = pytest.mark.skipif(
    not hasattr(os, "mkfifo") or not hasattr(fuzz.signal, "setitimer"), reason="needs POSIX"
)


def test_the_good_files_are_good(tmp_path):
    for i, files in enumerate(fuzz.good_files()):
        (tmp_path / str(i)).mkdir()
        assert fuzz.hold(fuzz.write(files, tmp_path / str(i))) == "loads"


@needs_limits
@pytest.mark.parametrize(
    "start",
    [
        pytest.param(start, marks=[pytest.mark.thorough] if start >= 150 else [])
        for start in range(0, 300, SHARE)
    ],
)
def test_300_broken_inputs(tmp_path, start):
    outcomes = [fuzz.run(seed, tmp_path) == "loads" for seed in range(start, start + SHARE)]
    assert any(outcomes)
    assert not all(outcomes)


@needs_limits
@pytest.mark.parametrize("start", range(0, 60, 20))
def test_60_broken_studies_of_patients(tmp_path, start):
    outcomes = [
        fuzz.run(seed, tmp_path, study=True) == "loads" for seed in range(start, start + 20)
    ]
    assert any(outcomes)
    assert not all(outcomes)


@needs_limits
@pytest.mark.parametrize("seed", [1028, 1071])
def test_a_damaged_workbook_is_one_sentence_and_no_warning(tmp_path, seed):
    """Inputs that were found by `make fuzz`: openpyxl warned beside the sentence."""
    assert "patients.xlsx" in fuzz.run(seed, tmp_path, study=True)


@needs_limits
def test_what_is_no_plain_file(tmp_path):
    for file in fuzz.special(tmp_path):
        assert fuzz.hold(file) != "loads", file


@pytest.mark.thorough
def test_500_broken_inputs():
    """In a process of its own, whose memory is limited; ``make fuzz`` runs 10,000."""
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests/analysis")))
    result = subprocess.run(
        [sys.executable, "-m", "tests.analysis.fuzz", "--count", "500"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-4000:]


def test_the_same_seed_makes_the_same_input():
    assert fuzz.broken(12) == fuzz.broken(12)
    assert len({str(fuzz.broken(seed)) for seed in range(40)}) == 40


# --- the fuzzer itself can fail ---------------------------------------------------------------


def _refusing(sentence):
    def load(file):
        raise PaperError(file, None, sentence)

    return load


@pytest.mark.parametrize("sentence", ["no full stop", "two\nlines.", "x" * 800 + ".", "Traceback."])
def test_a_bad_sentence_is_seen(tmp_path, monkeypatch, sentence):
    monkeypatch.setattr(fuzz, "load_paper", _refusing(sentence))
    with pytest.raises(fuzz.Failed):
        fuzz.run(1, tmp_path)


def test_a_traceback_is_seen(tmp_path, monkeypatch):
    def load(file):
        return 1 / 0

    monkeypatch.setattr(fuzz, "load_paper", load)
    with pytest.raises(ZeroDivisionError):
        fuzz.run(1, tmp_path)


@needs_limits
def test_a_hang_is_seen():
    with pytest.raises(fuzz.TooLongError), fuzz.limits(cpu=0.05):
        sum(1 for _ in iter(int, 1))  # without end


def test_a_file_that_is_written_is_seen(tmp_path, monkeypatch):
    def load(file):
        (file.parent / "beside.txt").write_text("x")
        return load_paper(file)

    monkeypatch.setattr(fuzz, "load_paper", load)
    shutil.copy(fuzz.TEMPLATE, tmp_path / "paper.yaml")
    with pytest.raises(fuzz.Failed, match="touched"):
        fuzz.hold(tmp_path / "paper.yaml")


def test_a_file_read_elsewhere_is_seen(tmp_path, monkeypatch):
    (tmp_path / "secret.csv").write_text("x")
    (tmp_path / "study").mkdir()

    def load(file):
        (file.parents[1] / "secret.csv").read_text()
        return load_paper(file)

    monkeypatch.setattr(fuzz, "load_paper", load)
    shutil.copy(fuzz.TEMPLATE, tmp_path / "study/paper.yaml")
    with pytest.raises(fuzz.Failed, match=r"touched.*secret"):
        fuzz.hold(tmp_path / "study/paper.yaml")
