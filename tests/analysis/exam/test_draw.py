"""Exams keep their promise: every error is found, and no sound paper is accused."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from analysis.audit import audit
from analysis.exam import draw as drawing
from analysis.exam.draw import MARK, ExamError, draw, of_record, paper_of, record_text
from analysis.exam.key import key_of, key_text
from analysis.exam.levels import Level, easiest
from analysis.findings import Verdict
from analysis.paper import load_paper
from paper_writer import load as write_and_load
from paper_writer import mean_row, paper
from tests.analysis.ledgers import PAPER, ROOT

EXAMPLES = sorted((ROOT / "data" / "examples").glob("*/paper.yaml"))


def impossible(paper):
    return {f.id: f for f in audit(paper) if f.verdict is Verdict.IMPOSSIBLE}


def holds(exam, folder):
    """Whether the papers, read again from what a class gets, are as the key says."""
    told = json.loads(key_text(exam))
    for key, own in zip(told["papers"], exam.papers, strict=True):
        file = folder / "paper.yaml"
        file.write_text(record_text(own.tree), encoding="utf-8")
        read = load_paper(file)
        assert key["numbers"] == list(read.numbers)
        found = impossible(read)
        # everything that is impossible is in the key, and nothing else
        assert set(found) == {f["id"] for e in key["errors"] for f in e["findings"]}
        honest = json.loads(json.dumps(own.tree))
        seen = set()
        for error in key["errors"]:
            shown = [found[f["id"]] for f in error["findings"]]
            assert easiest(shown) is Level(error["level"]) is exam.level
            changed = {id for c in error["changed"] for id in c["numbers"]}
            assert changed
            assert any(changed & set(f.numbers) for f in shown)
            assert changed <= set(error["accepted"])
            assert not seen & set(error["accepted"])
            assert all(f["by_hand"] for f in error["findings"])
            seen |= set(error["accepted"])
            for c in error["changed"]:
                assert c["from"] != c["to"]
                put_back(honest, read, c)
        assert not seen & set(key["neutral"])
        # with the old texts put back nothing is impossible: the errors alone made it so
        assert not impossible(paper_of(honest))
    return True


def put_back(tree, paper, change):
    """Write the text before the change into the cell that it names."""
    hits = [
        place
        for place in [*drawing.planting.cells(tree), *texts(tree)]
        if drawing.planting.cell(tree, place) == change["to"]
        and set(change["numbers"]) <= set(drawing._ids_of(tree, place, paper))
    ]
    assert len(hits) == 1
    drawing.planting.cell(tree, hits[0][:-1])[hits[0][-1]] = change["from"]


def texts(tree):
    for s, section in enumerate(tree.get("text", [])):
        for i in range(len(section["statements"])):
            yield ("text", s, "statements", i, "printed")


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_error_is_found_and_nothing_else(seed, level, tmp_path):
    exam = draw(seed, level, 2, 1)
    assert [len(p.errors) for p in exam.papers] == [2]
    assert holds(exam, tmp_path)


@pytest.mark.thorough
@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("seed", range(100, 130))
def test_thirty_seeds_of_every_level(seed, level, tmp_path):
    assert holds(draw(seed, level, 1 + seed % 3, 1), tmp_path)


def test_clean_papers_are_among_many(tmp_path):
    exam = draw(5, Level.EASY, 1, 4)
    clean = [p for p in exam.papers if not p.errors]
    assert 1 <= len(clean) <= 2
    assert holds(exam, tmp_path)


def test_papers_without_errors(tmp_path):
    exam = draw(5, Level.MEDIUM, 0, 2)
    assert not any(p.errors for p in exam.papers)
    assert holds(exam, tmp_path)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_any_process():
    code = (
        "from analysis.exam.draw import draw, record_text; from analysis.exam.key import key_text;"
        "from analysis.exam.levels import Level; e = draw(2, Level.EASY, 1, 2);"
        "print(key_text(e), *(record_text(p.tree) for p in e.papers))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert told[0] == told[1]
    assert key_text(draw(4, Level.EASY, 0, 1)) != key_text(draw(3, Level.EASY, 0, 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    "level",
    [pytest.param(v, marks=[pytest.mark.thorough] if v is Level.MEDIUM else []) for v in Level],
)
def test_a_shipped_paper(level, tmp_path):
    exam = draw(2, level, 2, 1, PAPER)
    assert holds(exam, tmp_path)
    own = exam.papers[0]
    real = load_paper(PAPER)
    # nobody who reads this record can take it for the real one
    assert own.paper.paper.key not in (real.paper.key, "")
    assert own.paper.paper.doi is None
    assert "may be changed" in own.paper.paper.label
    assert own.paper.paper.notice.startswith(MARK)
    assert real.paper.label in own.paper.paper.notice
    different = {id for id, n in own.paper.numbers.items() if n.text != real.numbers[id].text}
    assert different == {id for e in own.errors for c in e.changed for id in c.numbers}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.parent.name)
def test_every_shipped_example(file, tmp_path):
    exam = draw(1, Level.EASY, 1, 1, file)
    assert holds(exam, tmp_path)
    # rows that cannot stand as they were printed are left out: they would accuse the real paper
    accused = {".".join(id.split(".")[:2]) for id in impossible(load_paper(file))}
    assert exam.papers[0].left_out == len(accused)
    rows = {f"{t.id}.{row.id}" for t in exam.papers[0].paper.tables for row in t.rows}
    assert not rows & accused


def test_a_record_with_nothing_sound_is_refused(tmp_path):
    file = tmp_path / "paper.yaml"
    write_and_load(
        file,
        paper((40, 60), [mean_row("x", ("5.1 ± 1.2", "5.3 ± 1.1"), statistic="9.99", p="0.9")]),
    )
    with pytest.raises(ExamError, match=r"of its findings impossible.*nothing is left"):
        of_record(file)


def test_a_record_without_room_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "TRIES", 5)
    file = tmp_path / "paper.yaml"
    write_and_load(file, paper((40, 60), [mean_row("x", ("5.1 ± 1.2", "5.3 ± 1.1"))]))
    with pytest.raises(ExamError, match="room for 3 errors that can be found at level hard"):
        draw(1, Level.HARD, 3, 1, file)


def test_slips_of_a_record_are_made_from_its_numbers(tmp_path):
    row = mean_row("x", ("5.10 ± 1.20", "6.30 ± 1.10"))
    tree = paper((36, 49), [row])
    found = drawing._slips(tree)
    place = ("tables", 0, "rows", 0, "values")
    assert found["means_swapped"] == [
        [((*place, "g0"), "6.30 ± 1.20"), ((*place, "g1"), "5.10 ± 1.10")]
    ]
    # 1.20 / √36 and 1.10 / √49
    assert [c for [(_, c)] in found["se_for_sd_once"]] == ["5.10 ± 0.20", "6.30 ± 0.16"]
    assert found["groups_swapped"] == [[(("groups", 0, "n"), "49"), (("groups", 1, "n"), "36")]]


def test_the_mark_is_in_every_record_and_in_the_key():
    exam = draw(6, Level.EASY, 1, 1)
    text = record_text(exam.papers[0].tree)
    assert text.startswith("# For an exam: numbers were changed on purpose")
    assert MARK in " ".join(exam.papers[0].tree["paper"]["notice"].split())
    assert key_of(exam)["mark"] == MARK


def test_a_made_up_paper_names_no_ids_where_words_belong():
    rng = np.random.default_rng(1)
    own = drawing.made_up(rng, 1, Level.EASY).paper
    assert all(v.label.startswith(("Marker ", "Factor ")) for v in own.variables)
