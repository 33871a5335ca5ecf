"""The book's own Sphinx extension: fresh caches, numbered tables, offline mathematics."""

from __future__ import annotations

from sphinx.application import Sphinx

from workshop.extension import (
    appraisal_form,
    computed_table,
    course,
    downloads,
    exercises,
    explorers,
    first_uses,
    foldable_cells,
    fresh_cache,
    head,
    kept_together,
    landmarks,
    launch,
    letters,
    look,
    mathml,
    offline,
    opening,
    policy,
    provenance,
    quiz,
    search,
    weight,
)


def setup(app: Sphinx) -> dict[str, bool]:
    for part in (
        fresh_cache,
        offline,
        mathml,
        computed_table,
        course,
        downloads,
        appraisal_form,
        foldable_cells,
        provenance,
        opening,
        first_uses,
        quiz,
        exercises,
        explorers,
        kept_together,
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
