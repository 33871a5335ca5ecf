"""Execute chapters, two at a time, into a cache that forgets when the code or data change."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from workshop import ChapterFailed, chapters
from workshop.places import CACHES, ROOT, notebook_cache

AT_A_TIME = 2
SECONDS_PER_CELL = 300
CACHES_KEPT = 3

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Executed:
    chapter: Path
    notebook: NotebookNode
    seconds: float


def _kernel_environment() -> dict[str, str]:
    # First on the path: the `analysis` beside the book, not one installed elsewhere.
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return os.environ | {"PYTHONPATH": path}


def _explain(chapter: Path, notebook: NotebookNode, error: CellExecutionError) -> str:
    number, cell = next(
        (i, c)
        for i, c in enumerate(chapters.code_cells(notebook), start=1)
        if any(o.output_type == "error" for o in c.outputs)
    )
    line = notebook.metadata["source_map"][notebook.cells.index(cell)] + 1
    traceback = _COLOURS.sub("", error.traceback).strip().splitlines()[-12:]
    return "\n".join(
        [
            f"{chapter.relative_to(ROOT)}:{line}: code cell {number} fails",
            *(f"    {text}" for text in cell.source.splitlines()),
            "  because",
            *(f"    {text}" for text in traceback),
        ]
    )


def execute(chapter: Path) -> Executed:
    """Run one chapter in a kernel of its own."""
    notebook = chapters.as_published(chapter)
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        record_timing=False,  # times in the notebook would differ on every run
        # Above warnings: each kernel would warn that it talks to this machine unencrypted.
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(chapter.parent)}},
    )
    started = time.perf_counter()
    try:
        client.execute(env=_kernel_environment())
    except CellExecutionError as error:
        raise ChapterFailed(_explain(chapter, notebook, error)) from None
    faults = chapters.output_faults(notebook)
    if faults:
        raise ChapterFailed("\n".join(f"{chapter.relative_to(ROOT)}: {fault}" for fault in faults))
    return Executed(chapter, notebook, time.perf_counter() - started)


def execute_all(wanted: Iterable[Path]) -> list[Executed]:
    """Run chapters two at a time; report every failure, not only the first."""
    failures = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        futures = [pool.submit(execute, chapter) for chapter in wanted]
        for future in as_completed(futures):
            try:
                result = future.result()
            except ChapterFailed as failure:
                failures.append(str(failure))
            else:
                print(f"  {chapters.name_of(result.chapter)}: {result.seconds:.1f} s", flush=True)
    if failures:
        raise ChapterFailed("\n\n".join(sorted(failures)))
    return [future.result() for future in futures]


def keep(cache: JupyterCacheAbstract, result: Executed) -> None:
    bundle = CacheBundleIn(result.notebook, str(result.chapter), data={})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def _is_cached(cache: JupyterCacheAbstract, chapter: Path) -> bool:
    try:
        cache.match_cache_notebook(chapters.as_published(chapter))
    except KeyError:
        return False
    return True


def executed(chapter: Path) -> NotebookNode:
    """A chapter as it was executed for the book.  Raises KeyError if the cache does not know it."""
    cache = get_cache(notebook_cache())
    record = cache.match_cache_notebook(chapters.as_published(chapter))
    return cache.get_cache_bundle(record.pk).nb


def fill_cache(again: bool = False, wanted: list[Path] | None = None) -> list[Executed]:
    """Execute the chapters that the cache does not know, or all of them; `wanted` are those of
    another book."""
    path = notebook_cache()
    path.mkdir(parents=True, exist_ok=True)
    cache = get_cache(path)
    os.utime(path)  # so that the caches in use are the last to be pruned
    known = chapters.notebooks() if wanted is None else wanted
    wanted = [c for c in known if again or not _is_cached(cache, c)]
    if wanted:
        print(f"Executing {len(wanted)} chapters, {AT_A_TIME} at a time", flush=True)
    results = execute_all(wanted)
    for result in results:
        keep(cache, result)
    if path.parent == CACHES:
        prune_caches(path)
    return results


def prune_caches(current: Path) -> None:
    """Keep the caches used last: going back to an earlier state stays quick."""
    old = sorted(
        (path for path in CACHES.iterdir() if path.is_dir() and path != current),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in old[CACHES_KEPT - 1 :]:
        shutil.rmtree(path)
