"""Stored proofs across tables: complete, of today's record, and refused when touched."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import regression_papers
from analysis import certify
from analysis.checks.across_tables import joined, proofs_of
from analysis.compatible import coherence
from analysis.compatible.certificate import CertificateError
from analysis.compatible.links import LINKS
from analysis.paper import load_paper
from tests.analysis.ledgers import PAPER, ROOT
from tests.analysis.test_main import ENVIRONMENT, refused


@pytest.fixture(scope="module")
def paper():
    return load_paper(PAPER)


@pytest.fixture(scope="module")
def stored(paper):
    (found,) = certify.load(paper)
    return found


@pytest.fixture
def copied(tmp_path):
    """A folder with the record, its results and its certificates."""
    return Path(shutil.copytree(PAPER.parent, tmp_path / "yu")) / PAPER.name


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "analysis", "certify", *map(str, arguments)],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


# --- what is stored ----------------------------------------------------------------------


def test_every_stored_certificate_proves_its_claim(paper):
    files = list((PAPER.parent / certify.FOLDER).glob("*.json"))
    count = sum(len(json.loads(f.read_text())["certificates"]) for f in files)
    assert certify.check(paper) == f"{count} certificates verified."
    assert count > 100


def test_every_refuted_reading_has_a_certificate_and_no_other(stored, paper):
    proofs = proofs_of(paper).all
    for reading in stored.readings:
        assert (reading.certificate is not None) == (reading.outcome == certify.REFUTED)
    named = {r.certificate for r in stored.readings if r.certificate}
    named |= {id for w in stored.windows for *_, id in w.refuted}
    named |= {e.certificate for e in stored.errors} | {stored.least_certificate}
    sets = {f"table4.logit.set-{i + 1}" for i in range(len(stored.sets))}
    assert set(proofs) == {id for id in named if id} | sets


def test_every_reading_is_counted_once(stored):
    for kind in certify.KINDS:
        for link in LINKS:
            counts = stored.outcomes(kind, link)
            assert min(counts.values()) >= 0
            assert sum(counts.values()) == stored.codings(kind)
            assert len(stored.fitting(kind, link)) == counts[certify.FITS]


def test_the_proofs_are_of_the_numbers_in_the_record(stored, paper):
    """The problem of a certificate is built anew from the record and must be the same."""
    found, proofs = joined(paper, paper.table("table4")), proofs_of(paper)
    free = {r.link: r for r in stored.readings if r.kind == certify.FREE}
    assert set(free) == set(LINKS)
    for link, reading in free.items():
        kept = proofs.stored(f"table4.{link}", found.under(link))
        assert (kept is not None) == (reading.outcome == certify.REFUTED)
        if kept is None:
            assert coherence.decide(found.under(link)).point is not None


def test_what_fits_can_be_found_again(stored, paper):
    """The few readings of a constant as printed that fit, from the record."""
    found = joined(paper, paper.table("table4"))
    constant = paper.table("table4").constant.b.interval
    fits = [r for r in stored.readings if r.kind == certify.PRINTED and r.outcome == certify.FITS]
    assert fits
    for reading in fits:
        name = reading.name.removeprefix("all ")
        low, high = map(int, name.split("/"))
        asked = coherence.coded(
            found.under(reading.link), constant, [(low, high)] * found.problem.k
        )
        assert coherence.decide(asked).point is not None


# --- what is refused ---------------------------------------------------------------------


def test_a_changed_record_is_noticed(copied):
    text = copied.read_text()
    copied.write_text(text.replace('b: "1.152"', 'b: "1.153"'))
    with pytest.raises(certify.StudyError, match=r"was made with table4\.sii\.b = 1\.152"):
        certify.load(load_paper(copied))


def test_missing_and_damaged_results_are_one_sentence(copied):
    file = copied.parent / certify.STUDY_FILE
    file.write_text(file.read_text()[:-20])
    with pytest.raises(certify.StudyError, match="cannot be used"):
        certify.load(load_paper(copied))
    file.unlink()
    with pytest.raises(certify.StudyError, match="there is no such file"):
        certify.load(load_paper(copied))


def only_one(copied):
    """One file of certificates is enough to be refused: the others would be verified first."""
    for file in (copied.parent / certify.FOLDER).iterdir():
        if file.name != "table4.logit.readings.json":
            file.unlink()


def test_a_certificate_that_proves_nothing_is_refused(copied):
    only_one(copied)
    file = copied.parent / certify.FOLDER / "table4.logit.readings.json"
    data = json.loads(file.read_text())
    first = data["certificates"][0]
    first["tree"] = [
        [piece[0], *([0] * len(part) for part in piece[1:])] if piece[0] == "leaf" else piece
        for piece in first["tree"]
    ]
    file.write_text(json.dumps(data))
    with pytest.raises(CertificateError, match=first["id"]):
        certify.check(load_paper(copied))
    assert refused(run(copied, "--check"), first["id"])


def test_a_certificate_that_is_missing_is_missed(copied):
    (copied.parent / certify.FOLDER / "table4.log.readings.json").unlink()
    with pytest.raises(certify.StudyError, match=r"the certificate table4\.log\S* is missing"):
        certify.check(load_paper(copied))


def test_a_certificate_of_other_numbers_is_passed_over(copied):
    text = copied.read_text()
    copied.write_text(text.replace('b: "1.152"', 'b: "1.153"'))
    other = load_paper(copied)
    found = joined(other, other.table("table4"))
    assert proofs_of(other).stored("table4.logit", found.problem) is None


# --- the command -------------------------------------------------------------------------


def test_the_command_verifies():
    result = run(PAPER, "--check")
    assert (result.returncode, result.stderr) == (0, "")
    assert "certificates verified" in result.stdout


def test_the_command_refuses_in_one_sentence(tmp_path, copied):
    assert refused(run(tmp_path / "no.yaml"), "no.yaml")
    assert refused(run(copied, "--jobs", "0"), "--jobs")
    (copied.parent / certify.STUDY_FILE).unlink()
    assert refused(run(copied, "--check"), certify.STUDY_FILE, "certify")


def test_nothing_to_join_is_said(tmp_path):
    case = regression_papers.simulated_case(np.random.default_rng(3), n=150, k=3)
    record = regression_papers.print_regression(case)
    assert record.tree["tables"].pop()["kind"] == "regression"
    paper = record.load(tmp_path / "paper.yaml")
    with pytest.raises(certify.StudyError, match="nothing is written"):
        certify.write(paper, *certify.study(paper))
    assert [f.name for f in tmp_path.iterdir()] == ["paper.yaml"]


@pytest.mark.thorough
def test_a_study_of_an_honest_table(tmp_path):
    """Two processes write the bytes of one, the truth fits, and its coding is recovered."""
    case = regression_papers.simulated_case(np.random.default_rng(3), n=150, k=3)
    record = regression_papers.print_regression(case, coding="1/2", margins="counts")
    paper = record.load(tmp_path / "paper.yaml")
    one, two = (certify.study(paper, jobs) for jobs in (1, 2))
    assert certify.files_of(*one) == certify.files_of(*two)
    certify.write(paper, *one)
    assert "verified" in certify.check(paper)
    (study,) = certify.load(paper)
    assert study == one[0][0]
    assert study.fitting(certify.FREE, "logit") != []
    assert study.fitting(certify.PRINTED, "logit") == ["all 1/2"]
    assert (study.proved, study.sets) == (0, ())
    assert all(w.fits for w in study.windows if w.link == "logit")
    for error in study.errors:
        if error.link == "logit" and error.codes in ("", "all 1/2"):
            assert error.proved <= float(error.printed) + 0.0005
