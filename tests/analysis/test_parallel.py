"""Pieces of work side by side: all of them come, however many processes there are."""

from __future__ import annotations

import os
import signal
from contextlib import closing

import pytest

from analysis.parallel import ClusterError, StoppedError, one_stop, side_by_side


def square(x, more=0):
    return x * x + more


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_piece_comes_once(jobs):
    arguments = [(i, 1) for i in range(9)]
    assert sorted(side_by_side(square, arguments, jobs)) == [i * i + 1 for i in range(9)]


def test_nothing_to_do_is_no_error():
    assert list(side_by_side(square, [], 2, "nowhere")) == []


def test_pieces_are_made_only_as_they_are_asked_for():
    made = []
    with closing(side_by_side(made.append, [(i,) for i in range(50)])) as results:
        next(results)
    assert len(made) < 50


@pytest.mark.parametrize(
    ("address", "words"),
    [("somewhere", "tcp://host:8786 is needed"), ("tcp://127.0.0.1:1", "no scheduler answers")],
)
def test_a_cluster_that_cannot_be_used_is_told(address, words):
    with pytest.raises(ClusterError, match=words):
        list(side_by_side(square, [(1,)], scheduler=address))


@pytest.mark.slow
def test_a_cluster_gives_the_same():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        found = side_by_side(square, [(i,) for i in range(5)], scheduler=cluster.scheduler_address)
        assert sorted(found) == [0, 1, 4, 9, 16]


def test_a_signal_stops_once_and_the_handlers_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(StoppedError) as stopped, one_stop():
        os.kill(os.getpid(), signal.SIGTERM)
    assert stopped.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before
