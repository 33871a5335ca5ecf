"""Many independent pieces of work side by side: processes, or a Dask cluster; one way to stop.

What each piece gives must depend on its arguments alone, so that neither the number of
processes nor an interruption changes the whole.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_ANSWER, _WORKERS = 5, 30  # seconds to wait for a scheduler, and for its first worker


class ClusterError(RuntimeError):
    """The Dask cluster cannot be used; the message is one sentence and names its address."""


class StoppedError(KeyboardInterrupt):
    """A signal ends the work; `code` is the exit code that tells which."""

    def __init__(self, number: int):
        super().__init__()
        self.code = 128 + number


@contextmanager
def one_stop() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the work in order, once: a second one would cut short the ending
    of the processes that share the work."""
    ends = (signal.SIGINT, signal.SIGTERM)

    def stop(number: int, frame: object) -> None:
        for end in ends:
            signal.signal(end, signal.SIG_IGN)
        raise StoppedError(number)

    before = [signal.signal(end, stop) for end in ends]
    try:
        yield
    finally:
        for end, handler in zip(ends, before, strict=True):
            signal.signal(end, handler)


def side_by_side(
    function: Callable[..., Any],
    arguments: Iterable[tuple],
    jobs: int = 1,
    scheduler: str | None = None,
) -> Generator[Any, None, None]:
    """`function` of each of the `arguments`, as they are done, in any order.

    `scheduler` is the address of a Dask cluster (``tcp://host:8786``), otherwise `jobs`
    processes are used.  Raises :class:`ClusterError` if the cluster cannot be used; close the
    generator to end the workers.
    """
    import joblib

    tasks = [joblib.delayed(function)(*one) for one in arguments]
    if not tasks:
        return
    if scheduler is not None:
        yield from _from_cluster(scheduler, tasks)
        return
    with joblib.parallel_config("loky", initializer=_follow, initargs=(os.getpid(),)):
        parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
    yield from _closed(parallel(tasks))


def _follow(parent: int) -> None:
    """In a worker: leave Ctrl-C to the process that started it, and end when that one is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=watch, daemon=True).start()


def _from_cluster(scheduler: str, tasks: list) -> Generator[Any, None, None]:
    import joblib

    try:
        from dask.distributed import Client
    except ImportError:
        raise ClusterError(
            'dask and distributed, the optional extra "cluster", are missing.'
        ) from None
    if not re.fullmatch(r"(tcp|tls)://[^\s/]+:\d+", scheduler):
        raise ClusterError(f'found "{scheduler}", an address such as tcp://host:8786 is needed.')
    # one sentence is said here; the client's own log tells the same in tracebacks
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL + 1)
    logging.getLogger("distributed.utils").setLevel(logging.CRITICAL + 1)
    try:
        client = Client(scheduler, timeout=_ANSWER, set_as_default=False)
    except (OSError, ValueError):  # a timeout is an OSError
        raise ClusterError(f"no scheduler answers at {scheduler}.") from None
    try:
        with client, joblib.parallel_config(
            "dask", client=client, wait_for_workers_timeout=_WORKERS
        ):  # fmt: skip
            yield from _closed(joblib.Parallel(return_as="generator_unordered")(tasks))
    except TimeoutError:
        raise ClusterError(f"no worker came to {scheduler} in {_WORKERS} seconds.") from None
    except Exception as error:  # a library missing on a worker, a scheduler that goes away, …
        told = " ".join(str(error).split())[:300] or type(error).__name__
        raise ClusterError(f"the cluster at {scheduler} failed ({told}).") from error


def _closed(results: Generator[Any, None, None]) -> Generator[Any, None, None]:
    # that not all of the work was done is no news to whoever stopped it; a filter for good,
    # because a signal may end `results` from inside, at any of its lines
    warnings.filterwarnings("ignore", r"\s*\d+ tasks (which were|have been) ", UserWarning)
    try:
        yield from results
    finally:
        # closed by name: workers end with this call, not whenever the generator is collected
        results.close()
