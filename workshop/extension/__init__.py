"""The book's own Sphinx extension: fresh caches, numbered tables, offline mathematics."""

from __future__ import annotations

from sphinx.application import Sphinx

from workshop.extension import (
    computed_table,
    explorers,
    foldable_cells,
    fresh_cache,
    landmarks,
    look,
    mathml,
    offline,
    provenance,
)


def setup(app: Sphinx) -> dict[str, bool]:
    for part in (
        fresh_cache,
        offline,
        mathml,
        computed_table,
        foldable_cells,
        provenance,
        explorers,
        look,
        landmarks,
    ):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
