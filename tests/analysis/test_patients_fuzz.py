"""Broken files of patients and broken studies: read, or refused with one sentence."""

import numpy as np
import pandas as pd
import pytest

from analysis.patients_file import load_patients
from analysis.sheet_file import PatientsError
from analysis.study import StudyError, read_study
from tests.analysis.studies import BASIC, HEAD, rows, write

PIECES = (
    b"", b"\x00", b"\n\n\n", b'"', b",,,", b";", b"\t", b"\xff\xfe", b"\xef\xbb\xbf", b"1e999", b"-inf",
    b"9" * 400, b"=1+1", b"<b>", "１２".encode(), "‮".encode(), b"\r", b"a" * 70_000, b"NaN", b"[", b"}",
    b"'''", b"\\u0000", b"1e-400", b"0x1F", b"--", b"id,id",
)  # fmt: skip


def mutated(text: bytes, rng: np.random.Generator) -> bytes:
    """One to four places cut out, doubled, flipped or filled with something hostile."""
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, len(text) + 1))
        width = int(rng.integers(0, 30))
        how = rng.integers(0, 4)
        if how == 0:
            text = text[:at] + text[at + width :]
        elif how == 1:
            text = text[:at] + text[at : at + width] * 3 + text[at + width :]
        elif how == 2:
            text = text[:at] + PIECES[int(rng.integers(len(PIECES)))] + text[at:]
        elif at < len(text):
            text = text[:at] + bytes([text[at] ^ (1 << int(rng.integers(8)))]) + text[at + 1 :]
    return text


def one_sentence(error: Exception, file) -> None:
    text = str(error)
    assert text.startswith(str(file))
    assert text.endswith(".")
    assert text.isprintable()
    assert len(text) < 1200


@pytest.mark.parametrize("seed", range(4))
def test_files_of_patients(tmp_path, seed):
    whole, study = write(tmp_path, rows())
    study = read_study(study)
    frame = pd.DataFrame(rows(), columns=HEAD)
    frame.to_parquet(tmp_path / "patients.parquet")
    rng = np.random.default_rng(seed)
    read = 0
    for name, count in (("patients.csv", 40), ("patients.parquet", 20)):
        honest = (tmp_path / name).read_bytes()
        file = tmp_path / f"broken{(tmp_path / name).suffix}"
        for _ in range(count):
            file.write_bytes(mutated(honest, rng))
            try:
                found = load_patients(file, study)
            except PatientsError as error:
                one_sentence(error, file)
            else:
                read += 1
                assert found.size + found.table.isna().sum().sum() > 0
    assert read > 0
    assert {f.name.partition(".")[0] for f in tmp_path.iterdir()} == {"patients", "broken", "study"}
    assert whole.exists()


@pytest.mark.parametrize("seed", range(3))
def test_studies(tmp_path, seed):
    rng = np.random.default_rng(seed)
    file = tmp_path / "study.toml"
    for _ in range(150):
        file.write_bytes(mutated(BASIC.encode(), rng))
        try:
            read_study(file)
        except StudyError as error:
            one_sentence(error, file)


def test_broken_workbooks(tmp_path):
    pytest.importorskip("openpyxl")
    _, study = write(tmp_path, rows())
    study = read_study(study)
    pd.DataFrame(rows(), columns=HEAD).to_excel(tmp_path / "patients.xlsx", index=False)
    honest = (tmp_path / "patients.xlsx").read_bytes()
    rng = np.random.default_rng(9)
    file = tmp_path / "broken.xlsx"
    for _ in range(40):
        file.write_bytes(mutated(honest, rng))
        try:
            load_patients(file, study)
        except PatientsError as error:
            one_sentence(error, file)
