"""Many cohorts: the same bytes however they are made, interrupted or spread over machines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from analysis.__main__ import main
from analysis.cohort import load_cohort
from analysis.compatible import ensemble, search
from tests.analysis.ledgers import PAPER, ROOT

COUNT = 5


def command(file, out, *more):
    return ["cohorts", str(file), "--count", str(COUNT), "--seed", "3", "--out", str(out), *more]


@pytest.fixture(scope="module")
def alone(quick_file, tmp_path_factory):
    """The file of one uninterrupted process, and what stands beside it."""
    out = tmp_path_factory.mktemp("alone") / "a.parquet"
    assert main(command(quick_file, out)) == 0
    return out


def same(one, two):
    assert one.read_bytes() == two.read_bytes()
    assert ensemble.beside_of(one).read_bytes() == ensemble.beside_of(two).read_bytes()
    assert sorted(p.name for p in one.parent.iterdir()) == [f"{one.stem}.json", one.name]


def test_the_file_says_what_it_is(alone, quick):
    told = json.loads(ensemble.beside_of(alone).read_text())
    assert told["note"] == "simulated: no patients"
    assert told["printed_numbers_met"] == len(quick.targets)
    assert load_cohort(alone).groupby("cohort").size().tolist() == [quick.paper.total] * COUNT


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_goes_on_to_the_same_bytes(
    number, code, quick_file, alone, tmp_path, monkeypatch, capsys
):
    out, real, made = tmp_path / "a.parquet", search.find, []
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]

    def find(constraints, seed, index):
        made.append(index)
        if len(made) == 3:
            os.kill(os.getpid(), number)
        return real(constraints, seed, index)

    monkeypatch.setattr(search, "find", find)
    assert main(command(quick_file, out)) == code
    assert "stopped: 2 finished cohorts wait in" in capsys.readouterr().err
    assert not out.exists()
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert main(command(quick_file, out)) == 0
    assert made == [0, 1, 2, 2, 3, 4]
    same(out, alone)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "whole_group", "code"),
    [
        (signal.SIGINT, True, 130),  # as a terminal does it
        pytest.param(signal.SIGINT, False, 130, marks=pytest.mark.thorough),
        (signal.SIGTERM, False, 143),
        (signal.SIGKILL, False, -9),
    ],
)
def test_a_signal_leaves_no_worker_and_the_same_command_goes_on(
    number, whole_group, code, quick_file, alone, tmp_path
):
    out = tmp_path / "a.parquet"
    line = [sys.executable, "-m", "analysis", *command(quick_file, out, "--jobs", "2")]
    run = subprocess.Popen(
        line, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_for(lambda: list(tmp_path.glob("a.parquet.work/*/*.parquet")))
    family = psutil.Process(run.pid).children(recursive=True)
    assert len(family) >= 2
    (os.killpg if whole_group else os.kill)(run.pid, number)
    told = run.communicate(timeout=30)[1]
    assert run.returncode == code
    if code > 0:
        assert told.startswith("stopped: ")
        assert told.count("\n") == 1
    wait_for(lambda: not any(map(lives, family)))
    assert not out.exists()
    subprocess.run(line, cwd=ROOT, check=True, capture_output=True, timeout=120)
    same(out, alone)


def wait_for(happened, seconds=60.0):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def lives(process):
    """Whether a process is there and no zombie that nobody has asked about."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
def test_two_processes_give_the_same_bytes(quick_file, alone, tmp_path):
    assert main(command(quick_file, tmp_path / "a.parquet", "--jobs", "2")) == 0
    same(tmp_path / "a.parquet", alone)


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_even_if_a_worker_dies(quick, alone, tmp_path):
    distributed = pytest.importorskip("distributed")
    out, killed = tmp_path / "a.parquet", []
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:

        def kill(done, count):
            if done == 1 and not killed:
                killed.append(psutil.Process(next(iter(cluster.workers.values())).pid))
                killed[0].kill()

        ensemble.make(
            quick, COUNT, 3, out, scheduler=cluster.scheduler_address, progress=kill
        )  # fmt: skip
    assert not killed[0].is_running()
    same(out, alone)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--count", "0"], "--count"),
        (["--out", "cohorts.csv"], ".parquet"),
        (["--out", "no/such/folder/a.parquet"], "does not exist"),
        (["--scheduler", "somewhere"], "tcp://host:8786"),
        (["--scheduler", "tcp://127.0.0.1:1"], "tcp://127.0.0.1:1"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(arguments, words, tmp_path):
    out = [] if "--out" in arguments else ["--out", str(tmp_path / "a.parquet")]
    command = [sys.executable, "-m", "analysis", "cohorts", str(PAPER), *out, *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
    assert list(tmp_path.iterdir()) == []
