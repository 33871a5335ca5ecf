"""The book's own Sphinx extension: fresh caches, numbered tables, offline mathematics."""

from __future__ import annotations

from sphinx.application import Sphinx

from workshop.extension import (
    computed_table,
    downloads,
    exercises,
    explorers,
    foldable_cells,
    fresh_cache,
    head,
    landmarks,
    launch,
    letters,
    look,
    mathml,
    offline,
    policy,
    provenance,
    search,
    weight,
)


def setup(app: Sphinx) -> dict[str, bool]:
    for part in (
        fresh_cache,
        offline,
        mathml,
        computed_table,
        downloads,
        foldable_cells,
        provenance,
        exercises,
        explorers,
        look,
        landmarks,
        head,
        launch,
        letters,
        search,
        policy,
        weight,
    ):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
